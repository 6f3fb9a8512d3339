/**
 * Durable runs: what keeps the checkpoints from which a job goes on after a crash.
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
 *
 * @module
 */

export type { AckSource, Delivery } from "./ack_source.ts";
export { byCursor, type CursorPage, type CursorPosition } from "./by_cursor.ts";
export type { Acquired, CheckpointStore, TransactionalStore } from "./checkpoint_store.ts";
export { durable } from "./durable.ts";
export type { CommitOptions, DurableOptions } from "./durable_options.ts";
export { consume, type ConsumeOptions, type ConsumeResult } from "./consume.ts";
export { DurableError, type DurableErrorCode, type DurableErrorDetails } from "./durable_error.ts";
export { fileStore } from "./file_store.ts";
export type {
  DurableJob,
  JobMetadata,
  JobProgress,
  JobResult,
  JobRunOptions,
  JobSink,
  SavedJob,
  SavedStage,
  TransactionalSink,
} from "./job.ts";
export { memoryStore } from "./memory_store.ts";
export type { DeadLetter, PoisonOptions } from "./poison.ts";
export { type Countable, positioned } from "./positioned.ts";
export type { Positioned, PositionedSource } from "./positioned_source.ts";
export { transactional } from "./transactional.ts";
export type { HashStore, UnchangedOptions } from "./unchanged.ts";
