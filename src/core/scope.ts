/**
 * What all parts of one run share.
 *
 * @module
 */

import type { CheckpointMode } from "../base/options.ts";
import type { RunHooks } from "../base/observer.ts";
import type { FailedItem } from "../base/errors.ts";
import type { Lineage } from "./lineage.ts";
import type { RunSettings } from "./run_options.ts";

/** How much of a run is counted and timed; `MetadataOptions` with its defaults filled in. */
export interface MetadataSettings {
  /** One call in this many is timed; none where it is infinite. */
  readonly sampleEvery: number;
  /** How many asynchronous calls of a loop are all timed, before samples are taken. */
  readonly asyncBudget: number;
  /** How many errors of a stage are kept. */
  readonly maxErrors: number;
}

/** Where the failed items of a run go, for the run that has them. */
export interface ErrorsOfRun {
  /** Takes a failed item; if it returns a promise, the next item must wait for it. */
  push(failed: FailedItem): Promise<void> | undefined;
  /** No more failed items will come. */
  end(): void;
  /** Ends, and releases what is open; the caller waits for what it returns. */
  close(aborted: { readonly reason: unknown } | undefined): Promise<void> | undefined;
}

/** Opens the channel of a run; the stages that need it bring it, so that other bundles do not hold it. */
export type OpenErrors<TErrors extends ErrorsOfRun = ErrorsOfRun> = (
  options: RunSettings,
) => TErrors;

/** One run, as its parts see it. */
export interface RunScope {
  /** The run's trace id. */
  readonly traceId: string;
  /** How long the run waits for work in flight when it is closed. */
  readonly closeTimeoutMs: number;
  /** What an observer has added; absent where there is none. */
  readonly hooks: RunHooks | undefined;
  /** What the pipeline's context builder returned for this run. */
  readonly context: unknown;
  /** Whether nothing more is read: what runs inside has its time from then on, and none of its own. */
  readonly isClosed: boolean;
  /**
   * Resolves when `work`, which was aborted, is settled, or has had its `closeTimeoutMs`; what
   * is closed together has them together.
   */
  waitInTime(work: Promise<unknown>): Promise<void>;
  /** If all that was closed together is closed, the next closing has its own time. */
  endDeadline(): void;
  readonly metadata: MetadataSettings;
  /** Knows what items were made of; absent where the source items are not acknowledged. */
  readonly lineage: Lineage | undefined;
  /**
   * Where the failed items of `SPLIT_ERRORS` go: what `open` opens, which the run has once; a run
   * inside another has that of the outer one.
   */
  errorsBy<TErrors extends ErrorsOfRun>(open: OpenErrors<TErrors>): TErrors;
  /** Which stages can be read whole. */
  readonly checkpoints: CheckpointMode;
  /** Takes the error of a clean-up, which must not cost a result. */
  cleanupFailed(error: unknown): void;
  /** See `StageContext.perRun`; a run inside another has those of the outer one. */
  perRun<T>(open: () => T): T;
  /** Stops the run in good order, or the one around it; false where no item may be left out. */
  requestStop(): boolean;
  /**
   * Whether what comes out because of a failure is dropped: a job makes the whole of it in its next
   * run. It is not enough for a stage that wants no more then.
   */
  readonly isResumable: boolean | undefined;
}
