/**
 * What a run throws, and what becomes of items that fail.
 *
 * @module
 */

import { DEFAULT_MAX_ERRORS } from "./defaults.ts";

/**
 * What becomes of the items on which a stage fails.
 *
 * - `FAIL_FAST`: the run fails, after the items before it have come out.
 * - `SKIP_FAILED`: the item is left out, and counted.
 * - `COLLECT_ERRORS`: as `SKIP_FAILED`, and the error is kept in the metadata, up to `maxErrors`.
 * - `SPLIT_ERRORS`: as `SKIP_FAILED`, and the item goes to `run.errors` or `errorsTo`.
 *
 * @category Errors
 *
 * @example Continuing without what fails
 * ```ts
 * import { StreamingErrorStrategy, StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .map("parsed", (text) => JSON.parse(text) as number, {
 *     errorStrategy: StreamingErrorStrategy.COLLECT_ERRORS,
 *   });
 *
 * assertEquals(await pipeline.executeToArray(["1", "two", "3"]), [1, 3]);
 * const [parsed] = (await pipeline.getMetadata()).steps;
 * assertEquals(parsed?.errors?.map(({ item }) => item), ["two"]);
 * ```
 */
export const StreamingErrorStrategy = {
  FAIL_FAST: "FAIL_FAST",
  SKIP_FAILED: "SKIP_FAILED",
  COLLECT_ERRORS: "COLLECT_ERRORS",
  SPLIT_ERRORS: "SPLIT_ERRORS",
} as const;

/** One of the four strategies of the object of the same name. */
export type StreamingErrorStrategy =
  typeof StreamingErrorStrategy[keyof typeof StreamingErrorStrategy];

/** Whether the run fails with the item; a stage without a strategy fails it. Not for users. */
export function failsFast(strategy: StreamingErrorStrategy | undefined): boolean {
  return strategy === undefined || strategy === StreamingErrorStrategy.FAIL_FAST;
}

/**
 * What becomes of a list when its items fail, in a batch pipeline.
 *
 * - `FAIL_FAST`: the list fails with the first failure, and the rest of the work is aborted.
 * - `COLLECT_ERRORS`: all items are worked on; if any has failed, the list fails with the code
 *   `LIST_PROCESSING_ERRORS` and the failures as `{ index, error }[]` in `cause`.
 * - `SKIP_FAILED`: failed items are left out, and counted.
 *
 * @category Batch pipelines
 */
export const ListErrorStrategy = {
  FAIL_FAST: "FAIL_FAST",
  COLLECT_ERRORS: "COLLECT_ERRORS",
  SKIP_FAILED: "SKIP_FAILED",
} as const;

/** One of the three strategies of the object of the same name. */
export type ListErrorStrategy = typeof ListErrorStrategy[keyof typeof ListErrorStrategy];

/**
 * An item on which a stage with `SPLIT_ERRORS` has failed.
 *
 * @category Errors
 */
export interface FailedItem {
  /** The item that entered the stage. */
  readonly item: unknown;
  /** Its position among those that entered the stage, from 0. */
  readonly itemIndex: number;
  /** The key of the stage. */
  readonly key: string;
  /** Why it failed. */
  readonly error: StreamingError;
}

/**
 * What {@linkcode StreamingError} is made from.
 *
 * @category Errors
 */
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
  /** See {@linkcode StreamingError.phase}. */
  readonly phase: "yield" | "pull";
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
 * @category Errors
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
  declare readonly code: string;
  /** The name of the step that failed; the key where the stage runs a plain function. */
  declare readonly stepName: string;
  /** The key of the stage that failed; `source` for the source of the run. */
  declare readonly key: string;
  /** The position of the item among those that entered the stage, from 0; none where it failed on none. */
  declare readonly itemIndex?: number | undefined;
  /** The item that the stage was working on. Not enumerable, so that it does not reach logs. */
  declare readonly item: unknown;
  /** How often the item was tried, at least 1. */
  declare readonly attempts: number;
  /** Whether another attempt could succeed: time-outs, lost connections, HTTP 408, 425, 429, 5xx. */
  declare readonly retryable: boolean;
  /**
   * `yield`: the stage itself threw, while it made an item. `pull`: the source threw, when an item
   * was pulled from it.
   */
  declare readonly phase: "yield" | "pull";
  /**
   * What failed after this, such as other items of a parallel stage or a clean-up; the first error
   * is the root. At most `maxErrors` of them; abort reasons are not among them.
   */
  declare readonly suppressed: readonly unknown[];
  /** How many failed after this, those that `suppressed` has no room for included. */
  declare readonly suppressedCount: number;
  /** The run's trace id: 16 bytes in lower-case hex (W3C Trace Context). */
  declare readonly traceId: string;
  /** The stage's span id in this run: 8 bytes in lower-case hex (W3C Trace Context). */
  declare readonly spanId: string;

  /** Makes the error; `cause` is what was thrown. */
  constructor(message: string, cause: unknown, details: StreamingErrorDetails) {
    super(message, { cause });
    streamingErrors.add(this);
    this.code = details.code;
    this.stepName = details.stepName;
    this.key = details.key;
    this.itemIndex = details.itemIndex;
    Object.defineProperty(this, "item", { value: details.item });
    this.attempts = details.attempts;
    this.retryable = details.retryable;
    this.phase = details.phase;
    this.suppressed = [];
    this.suppressedCount = 0;
    this.traceId = details.traceId;
    this.spanId = details.spanId;
  }
}

/**
 * `state.stream` or `state.materialize` was asked for what is not kept any more, or never was. Its
 * message says why, and what to do.
 *
 * @category State
 *
 * @example Asking too late, and in time
 * ```ts
 * import { StateNotRecordedError, StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const numbers = StreamingPipeline.start<number>().map("number", (number) => number);
 *
 * const tooLate = numbers.add("sums", async function* ({ input, state }) {
 *   for await (const number of input) {
 *     assertThrows(() => state.stream("number"), StateNotRecordedError);
 *     yield number;
 *   }
 * });
 * assertEquals(await tooLate.executeToArray([1, 2]), [1, 2]);
 *
 * const inTime = numbers.add("all", async function* ({ state }) {
 *   yield await state.materialize("number");
 * });
 * assertEquals(await inTime.executeToArray([1, 2]), [[1, 2]]);
 * ```
 */
export class StateNotRecordedError extends Error {
  /** `StateNotRecordedError`. */
  override readonly name: string = "StateNotRecordedError";
  /** Always this. */
  readonly code: string = "STATE_NOT_RECORDED";
  /** The key that was asked for. */
  readonly key: string;

  /** Makes the error; `reason` ends the sentence. */
  constructor(key: string, reason: string) {
    super(`Cannot read what stage "${key}" has made: ${reason}`);
    this.key = key;
  }
}

const streamingErrors: WeakSet<object> = new WeakSet();

/**
 * Whether a value is a {@linkcode StreamingError}, without looking into it: `instanceof` runs the
 * code of a proxy that was thrown. Not for users.
 */
export function isStreamingError(value: unknown): value is StreamingError {
  return streamingErrors.has(value as object);
}

/** Keeps `later` with the failure that came before it, as one of `limit` at most. Not for users. */
export function suppress(
  root: unknown,
  later: unknown,
  limit: number = DEFAULT_MAX_ERRORS,
): void {
  if (later === undefined || root === later || !isStreamingError(root)) return;
  (root as { suppressedCount: number }).suppressedCount++;
  if (root.suppressed.length < limit) (root.suppressed as unknown[]).push(later);
}
