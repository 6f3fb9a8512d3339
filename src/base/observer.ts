/**
 * How a run is observed while it lives.
 *
 * @module
 */

import type { StreamingError } from "./errors.ts";
import type { PipelineMetadata } from "./metadata_types.ts";

/**
 * A run, for what observes it; `PipelineRun` is one.
 *
 * @category Observing
 */
export interface ObservedRun {
  /** The run's trace id: 16 bytes in lower-case hex (W3C Trace Context). */
  readonly traceId: string;
  /** How many items its source has, where that is known: the length of an array. */
  readonly sourceCount?: number | undefined;
  /** Whether it goes on from what a job has saved: its counts begin with those of the runs before. */
  readonly isResumed?: boolean | undefined;
  /** Resolves with the final metadata when the run is over, however it ends; never rejects. */
  readonly ended: Promise<PipelineMetadata>;
  /** The figures of this moment. */
  metadata(): PipelineMetadata;
}

/**
 * Observes a run: called once, when its first item is asked for and before a stage is opened. It may
 * return hooks for the work of the stages. What it throws fails the run.
 *
 * @category Observing
 */
export type RunObserver = (run: ObservedRun) => RunHooks | void;

/**
 * What an observer adds to a run.
 *
 * @category Observing
 */
export interface RunHooks {
  /** The trace that the run is part of, in place of one of its own; ignored where that was read before. */
  readonly traceId?: string | undefined;
  /** Called when a stage is opened, in order; may return hooks for its work. */
  readonly stage?: ((stage: ObservedStage) => StageHooks | void) | undefined;
}

/**
 * A stage of an observed run.
 *
 * @category Observing
 */
export interface ObservedStage {
  /** The stage's key. */
  readonly key: string;
  /** The name of the step; the key where the stage runs a plain function. */
  readonly stepName: string;
  /** The operator that made it. */
  readonly operator: string;
  /**
   * What its work answers with: `one` value for an item, `many` in an iterable for an item, or a
   * `stream` of items for all of them.
   */
  readonly gives: "one" | "many" | "stream";
}

/**
 * What an observer adds to a stage.
 *
 * @category Observing
 */
export interface StageHooks {
  /** The stage's span id, in place of one of its own: 8 bytes in lower-case hex. */
  readonly spanId?: string | undefined;
  /**
   * Stands around the work on each item, with all its attempts: it calls `work` once and returns its
   * answer, or the promise of it. An iterable may be returned in another that yields the same items.
   *
   * @param work Does the work; throws or rejects where it fails.
   * @param index The index of the item, from 0; of a `stream`, always 0.
   */
  readonly call?: ((work: () => unknown, index: number) => unknown) | undefined;
  /**
   * An attempt has failed, and another begins.
   *
   * @param error What the attempt failed with.
   * @param attempt The number of the attempt that begins: 2 or more.
   * @param index The index of the item, from 0.
   */
  readonly retried?: ((error: unknown, attempt: number, index: number) => void) | undefined;
  /** An item has failed for good, whatever becomes of the run. */
  readonly failed?: ((error: StreamingError) => void) | undefined;
  /** Observes the runs inside the stage: of groups and branches, and of the lists of a batch pipeline. */
  readonly inner?: RunObserver | undefined;
}
