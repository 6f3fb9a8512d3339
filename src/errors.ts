/**
 * The one class of error that a run throws.
 *
 * @module
 */

/** What {@linkcode StreamingError} is made from. */
export interface StreamingErrorDetails {
  /** See {@linkcode StreamingError.code}. */
  readonly code: string;
  /** See {@linkcode StreamingError.stepName}. */
  readonly stepName: string;
  /** See {@linkcode StreamingError.key}. */
  readonly key: string;
  /** See {@linkcode StreamingError.itemIndex}. */
  readonly itemIndex?: number | undefined;
  /** See {@linkcode StreamingError.item}. */
  readonly item?: unknown;
  /** See {@linkcode StreamingError.attempts}. */
  readonly attempts: number;
  /** See {@linkcode StreamingError.retryable}. */
  readonly retryable: boolean;
  /** See {@linkcode StreamingError.traceId}. */
  readonly traceId: string;
  /** See {@linkcode StreamingError.spanId}. */
  readonly spanId: string;
}

/**
 * A failure inside a run: which stage, which item, how often it was tried, and whether trying
 * again could help. What was thrown is in `cause`, untouched.
 *
 * The message never shows the item.
 *
 * @example Reading a failure
 * ```ts
 * import { StreamingError, StreamingPipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .map("parsed", (text) => JSON.parse(text) as unknown);
 * try {
 *   await pipeline.executeToArray(["1", "two"]);
 * } catch (error) {
 *   assert(error instanceof StreamingError);
 *   assertEquals([error.key, error.itemIndex, error.code], ["parsed", 1, "STEP_ERROR"]);
 *   assert(error.cause instanceof SyntaxError);
 * }
 * ```
 */
export class StreamingError extends Error {
  /** `StreamingError`. */
  override readonly name: string = "StreamingError";
  /**
   * What kind of failure: the cause's own `code`, the `name` of a DOM exception,
   * `HTTP_<status>`, or `STEP_ERROR`.
   */
  readonly code: string;
  /** The name of the step that failed; the key where the stage runs a plain function. */
  readonly stepName: string;
  /** The key of the stage that failed; `source` for the source of the run. */
  readonly key: string;
  /** The position of the item among those that entered the stage, from 0. */
  readonly itemIndex?: number | undefined;
  /** The item that the stage was working on. Not enumerable, so that it does not reach logs. */
  declare readonly item: unknown;
  /** How often the item was tried, at least 1. */
  readonly attempts: number;
  /** Whether another attempt could succeed: time-outs, lost connections, HTTP 408, 425, 429, 5xx. */
  readonly retryable: boolean;
  /** The run's trace id: 16 bytes in lower-case hex (W3C Trace Context). */
  readonly traceId: string;
  /** The stage's span id in this run: 8 bytes in lower-case hex (W3C Trace Context). */
  readonly spanId: string;

  /** Makes the error; `cause` is what was thrown. */
  constructor(message: string, cause: unknown, details: StreamingErrorDetails) {
    super(message, { cause });
    this.code = details.code;
    this.stepName = details.stepName;
    this.key = details.key;
    this.itemIndex = details.itemIndex;
    Object.defineProperty(this, "item", { value: details.item });
    this.attempts = details.attempts;
    this.retryable = details.retryable;
    this.traceId = details.traceId;
    this.spanId = details.spanId;
  }
}
