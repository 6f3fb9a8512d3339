/**
 * What is wrong, as {@linkcode DurableError.code} says.
 *
 * - `FENCED`: the job has been acquired by another owner since, or given back.
 * - `VERSION_MISMATCH`: the checkpoint is that of another version of the job.
 * - `CHECKPOINT_UNREADABLE`: the checkpoint is cut, changed, or has another format.
 * - `NOT_SERIALIZABLE`: a value that should be saved has no form as text.
 * - `NEVER_ACKED`: 10,000 items are done, and a stage keeps an earlier one for ever.
 *
 * @category Durable runs
 */
export type DurableErrorCode =
  | "FENCED"
  | "VERSION_MISMATCH"
  | "CHECKPOINT_UNREADABLE"
  | "NOT_SERIALIZABLE"
  | "NEVER_ACKED";

/**
 * What a {@linkcode DurableError} is made from.
 *
 * @category Durable runs
 */
export interface DurableErrorDetails {
  /** See {@linkcode DurableError.code}. */
  readonly code: DurableErrorCode;
  /** See {@linkcode DurableError.id}. */
  readonly id: string;
  /** What it follows from, if anything. */
  readonly cause?: unknown;
}

/**
 * A job cannot go on from its checkpoint, or cannot save it.
 *
 * @category Durable runs
 *
 * @example Telling that another process has taken the job over
 * ```ts
 * import { DurableError } from "@headrace/pipeline/durable";
 * import { assertEquals } from "@std/assert";
 *
 * const error: unknown = new DurableError("Another owner has it", { code: "FENCED", id: "ingest" });
 *
 * assertEquals(error instanceof DurableError && error.code === "FENCED", true);
 * ```
 */
export class DurableError extends Error {
  /** `DurableError`. */
  override readonly name: string = "DurableError";
  /** What is wrong. */
  readonly code: DurableErrorCode;
  /** The id of the job. */
  readonly id: string;

  /** Makes the error. */
  constructor(message: string, { code, id, cause }: DurableErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.id = id;
  }
}
