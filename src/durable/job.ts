import type { PipelineMetadata } from "../base/metadata_types.ts";
import type { RunOptions } from "../base/options.ts";
import type { TransactionalStore } from "./checkpoint_store.ts";
import type { PositionedSource } from "./positioned_source.ts";

/**
 * Where a job goes on from, as its store has it: what `migrate` changes.
 *
 * @typeParam TPosition The positions of its source.
 * @category Durable runs
 */
export interface SavedJob<TPosition = unknown> {
  /** The version of the job that has saved it. */
  readonly version: number;
  /** After the last item that is done; `undefined` where none is. */
  readonly position: TPosition | undefined;
  /** What each stage keeps, by its key. */
  readonly stages: Readonly<Record<string, SavedStage>>;
}

/**
 * What is saved of a stage.
 *
 * @category Durable runs
 */
export interface SavedStage {
  /** The operator that made it, followed by the options that `state` depends on, as JSON. */
  readonly operator: string;
  /** How many items had entered, come out, been dropped by its rule, failed and been given up. */
  readonly counts: readonly [
    entered: number,
    emitted: number,
    dropped: number,
    failed: number,
    abandoned: number,
  ];
  /** The form of `state`; absent where the stage keeps nothing. */
  readonly version?: number | undefined;
  /** What it keeps, in a form of its own. */
  readonly state?: unknown;
}

/**
 * What takes the items that come out of a job: a function, whose promise is waited for before the
 * next item comes, a `WritableStream`, or what `transactional` has made.
 *
 * @typeParam T The items.
 * @category Durable runs
 */
export type JobSink<T> =
  | ((item: T) => unknown)
  | WritableStream<T>
  | TransactionalSink<T>;

/**
 * A sink whose items are written in the transaction that saves the checkpoint; `transactional` makes
 * it.
 *
 * @typeParam T The items.
 * @category Durable runs
 */
export interface TransactionalSink<in T> {
  /** The store of the job. */
  readonly store: TransactionalStore<never>;
  /** Writes what has come out since the last commit, in order. */
  readonly write: (items: readonly T[], transaction: never) => void | Promise<void>;
}

/**
 * Options of one run of a job: those of any run but `stop`, in whose place is `job.stop()`.
 *
 * @category Durable runs
 */
export type JobRunOptions = Pick<
  RunOptions,
  "signal" | "closeTimeoutMs" | "errorsTo" | "observer"
>;

/**
 * The result of a run of a job.
 *
 * @typeParam TPosition The positions of its source.
 * @category Durable runs
 */
export interface JobResult<TPosition = unknown> {
  /**
   * `ended`: the source has ended. `complete`: the pipeline wanted no more, as with `take`; the job
   * reads nothing ever after, or reads on in the mode `acks`. `stopped`: by `job.stop()`; the next
   * run goes on.
   */
  readonly status: "ended" | "complete" | "stopped";
  /** How many items of the source are done and committed, in this run. */
  readonly acked: number;
  /** How many failed items went to `errorsTo`, in this run. */
  readonly deadLettered: number;
  /** Where the run has begun; `undefined` where that was the beginning. */
  readonly resumedFrom: TPosition | undefined;
  /** How many checkpoints it has committed. */
  readonly commits: number;
  /** How many items were left out because they have not changed; absent where none may be. */
  readonly unchanged?: number;
}

/**
 * How far a job is.
 *
 * @typeParam TPosition The positions of its source.
 * @category Durable runs
 */
export interface JobProgress<TPosition = unknown> {
  /** Where a run that began now would begin. */
  readonly committed: TPosition | undefined;
  /** Where the first item that is not done is in the source; absent in the mode `snapshots`. */
  readonly oldestUnacked?: TPosition;
  /** How many items were read and are not done, or in the mode `snapshots` not committed. */
  readonly unackedCount: number;
  /** How long ago the oldest of them was read, in milliseconds; 0 where there is none. */
  readonly oldestUnackedMs: number;
  /** How many are done before an earlier one is; 0 in the mode `snapshots`. */
  readonly sparseCount: number;
  /** How many checkpoints were committed. */
  readonly commits: number;
  /** When the last one was, in milliseconds since the Unix epoch; absent before the first. */
  readonly lastCommitAt?: number | undefined;
}

/**
 * What is known of the latest run of a job.
 *
 * @category Durable runs
 */
export interface JobMetadata extends PipelineMetadata {
  /** How far the job is. */
  readonly progress: JobProgress;
}

/**
 * A pipeline that goes on after a crash from its last checkpoint. `durable` makes it.
 *
 * @typeParam TInput The items of its source.
 * @typeParam TOutput The items that come out.
 * @category Durable runs
 */
export interface DurableJob<TInput, TOutput> {
  /**
   * Runs until the source has ended and all is committed, from where the last run stopped. One run
   * at a time.
   *
   * Rejects with what the run fails with, after everything is closed: a `StreamingError` of a stage,
   * what the sink or the store has thrown, a `DurableError`, the reason of `signal`, or a
   * `TimeoutError` where the store has not answered `closeTimeoutMs` after the end of a stop. What
   * was not committed comes again in the next run.
   */
  run<TPosition>(
    source: PositionedSource<TInput, TPosition>,
    sink: JobSink<TOutput>,
    options?: JobRunOptions,
  ): Promise<JobResult<TPosition>>;
  /**
   * Stops the run in good order: reads no more, lets what is in flight come out, and commits.
   * Resolves when the run is over; at once where there is none. What is not out after `deadlineMs`,
   * 5,000 by default, is given up, and comes again in the next run. A later call with an earlier
   * deadline shortens it.
   */
  stop(options?: { readonly deadlineMs?: number | undefined }): Promise<void>;
  /** The figures of this moment. */
  progress(): JobProgress;
  /**
   * The metadata of the pipeline's latest run in this job, with how far the job is. It resolves
   * when the run that is under way is over. In the mode `acks` the pipeline is run anew after each
   * failure of an item, and this is of the last time.
   *
   * Rejects where the job has not run its pipeline yet.
   */
  getMetadata(): Promise<JobMetadata>;
}
