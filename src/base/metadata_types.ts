/**
 * What is counted and timed of a run.
 *
 * @module
 */

import type { StreamingError } from "./errors.ts";
import type { StagePolicyFigures } from "./policy.ts";

/**
 * How long the calls of a stage took: its own work, from call to settlement.
 *
 * @category Metadata
 */
export interface StreamingTiming {
  /** How many items have entered the stage. */
  readonly itemCount: number;
  /** How many calls were timed; the durations are of these. */
  readonly sampledCount: number;
  /** The mean, in milliseconds; 0 where nothing was timed. */
  readonly avgDurationMs: number;
  /** The shortest, in milliseconds; absent where nothing was timed. */
  readonly minDurationMs?: number;
  /** The longest, in milliseconds; absent where nothing was timed. */
  readonly maxDurationMs?: number;
  /** Half of the timed calls took no longer, within 1 %; absent where nothing was timed. */
  readonly p50DurationMs?: number;
  /** 95 % of the timed calls took no longer, within 1 %; absent where nothing was timed. */
  readonly p95DurationMs?: number;
  /** 99 % of the timed calls took no longer, within 1 %; absent where nothing was timed. */
  readonly p99DurationMs?: number;
}

/**
 * How a stage works on its items side by side; absent where they go through one at a time.
 *
 * @category Metadata
 */
export interface StagePaces {
  /** How many items are worked on at a time, at most; `policy.limit` where a policy says it. */
  readonly concurrencyLimit?: number;
  /** How many items it takes in while no read is pending. */
  readonly highWaterMark?: number;
  /** Whether results come out in the order of their items. */
  readonly ordered?: boolean;
  /** How many items one call is for, at most; absent where it is one. */
  readonly batchSize?: number;
}

/**
 * What is known of one stage of a run. At every moment
 * `inputCount = passedCount + droppedCount + errorCount + abandonedCount + inFlightCount`.
 *
 * @category Metadata
 */
export interface StreamingMetadata extends StagePaces {
  /** The name of the step; the key where the stage runs a plain function. */
  readonly stepName: string;
  /** The stage's key. */
  readonly key: string;
  /** How long its calls took. */
  readonly timing: StreamingTiming;
  /** How many items have entered. */
  readonly inputCount: number;
  /** How many items have come out. */
  readonly outputCount: number;
  /** How many of those that entered were taken on. */
  readonly passedCount: number;
  /** How many the stage's own rule has dropped, such as a filter's. */
  readonly droppedCount: number;
  /** How many are being worked on, or kept back, as by a batch that is not full; 0 at the end. */
  readonly inFlightCount: number;
  /** How many of those in flight are finished, or kept back, and wait to be asked for. */
  readonly waitingCount: number;
  /** How many were being worked on, or kept back, when their stage was aborted or closed. */
  readonly abandonedCount: number;
  /** How many have failed. */
  readonly errorCount: number;
  /**
   * How many attempts beyond the first there were of items that had failed, those that a policy refused
   * included.
   */
  readonly retryCount: number;
  /** What its policy has done; absent where it has none. */
  readonly policy?: StagePolicyFigures;
  /** What it waits for, as `StageMetrics` has it; absent while it works, and when the run is over. */
  readonly stalledOn?: "upstream" | "downstream";
  /** The errors that were kept, up to `maxErrors`; absent where there are none. */
  readonly errors?: readonly StreamingError[];
  /** The run's trace id. */
  readonly traceId: string;
  /** The stage's span id in this run. */
  readonly spanId: string;
  /** Whether items went through one at a time or side by side, or each is a whole batch. */
  readonly executionMode: "streaming" | "parallel-streaming" | "batch";
}

/**
 * How a run ended, or that it has not.
 *
 * @category Metadata
 */
export type RunStatus =
  | "pending"
  | "running"
  | "completed"
  | "failed"
  | "aborted"
  | "stopped"
  | "closed";

/**
 * What is known of a run as a whole.
 *
 * @category Metadata
 */
export interface PipelineMetadata {
  /** Always this. */
  readonly stepName: "pipeline_complete";
  /** The stages, in order. */
  readonly steps: readonly StreamingMetadata[];
  /** `closed`: its reader stopped before the end; `stopped`: it ended early, in good order. */
  readonly status: RunStatus;
  /** Milliseconds since the Unix epoch; absent before the first pull. */
  readonly startedAt?: number;
  /** Milliseconds from the first pull to now, or to the end. */
  readonly durationMs: number;
  /** Milliseconds from the first pull to the first item; absent before that. */
  readonly timeToFirstItemMs?: number;
  /** How many items have come out. */
  readonly outputCount: number;
  /** Why the run failed; absent where it has not. */
  readonly error?: unknown;
  /** What failed while the run was cleaned up. */
  readonly cleanupErrors: readonly unknown[];
  /** The run's trace id. */
  readonly traceId: string;
}

/**
 * One stage at one moment of a run.
 *
 * @category Metadata
 */
export interface StageMetrics {
  /** The stage's key. */
  readonly key: string;
  /** The name of the step; the key where the stage runs a plain function. */
  readonly stepName: string;
  /** How many items have entered. */
  readonly inputCount: number;
  /** How many items have come out. */
  readonly outputCount: number;
  /** How many the stage's own rule has dropped. */
  readonly droppedCount: number;
  /** How many have failed. */
  readonly errorCount: number;
  /** How many attempts beyond the first there were, those that a policy refused included. */
  readonly retryCount: number;
  /** How many have entered and are not concluded. */
  readonly inFlightCount: number;
  /** How many of those are finished, or kept back, and wait to be asked for. */
  readonly waitingCount: number;
  /** How many were in flight when their stage was aborted or closed. */
  readonly abandonedCount: number;
  /** Items that entered per second, since the snapshot before. */
  readonly inputPerSecond: number;
  /** Items that came out per second, since the snapshot before. */
  readonly outputPerSecond: number;
  /** What its policy has done so far; absent where it has none. */
  readonly policy?: StagePolicyFigures;
  /**
   * What the stage waits for: the stages before it, or those after it. Absent while it works: a
   * stage that works while those before it wait for those after is the bottleneck.
   */
  readonly stalledOn?: "upstream" | "downstream";
}

/**
 * All stages at one moment of a run.
 *
 * @category Metadata
 */
export interface RunMetrics {
  /** Milliseconds since the reader began to listen. */
  readonly elapsedMs: number;
  /** The stages, in order. */
  readonly steps: readonly StageMetrics[];
}
