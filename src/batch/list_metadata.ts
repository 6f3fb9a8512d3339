/**
 * The counts of a list, from the metadata of the run over it.
 *
 * @module
 */

import type { Stage } from "../core/stage.ts";
import type { StreamingError } from "../base/errors.ts";
import { toStepError } from "../internal/step_failure.ts";
import type { ItemFailure, ItemTimings, ListOperationMetadata } from "../base/step_types.ts";
import type { StreamingMetadata, StreamingTiming } from "../base/metadata_types.ts";
import { UNLIMITED } from "./list_options.ts";

/** The facts of a list that are not in the metadata of its stage. */
export interface ListOutline {
  /** Its length when it was left: a step may have made it shorter. */
  readonly length: number;
  /** Whether failed items are left out of a list that succeeds. */
  readonly leavesOut: boolean;
  /** Whether the run has ended before the last item. */
  readonly endedEarly?: boolean;
  /** The code of all its failures; that of what was thrown where absent. */
  readonly failureCode?: string | undefined;
}

/** The counts and durations of a list in `stage`. */
export function describeList(
  stage: Stage,
  { length, leavesOut, endedEarly = false, failureCode }: ListOutline,
  { inputCount, passedCount, errorCount, droppedCount, errors, timing }: StreamingMetadata,
): ListOperationMetadata {
  const parallel = stage.kind === "item" ? stage.parallel : undefined;
  const itemTimings = toItemTimings(timing);
  const totalItems = Math.max(length, inputCount);
  const notBegun = endedEarly ? totalItems - inputCount : 0;
  return {
    totalItems,
    successCount: passedCount,
    failureCount: errorCount,
    skippedCount: droppedCount + notBegun + (leavesOut ? errorCount : 0),
    ...(errors && { failures: listFailures(errors, failureCode) }),
    ...(itemTimings && { itemTimings }),
    executionStrategy: parallel === undefined ? "sequential" : "parallel",
    ...(parallel && { concurrencyLimit: asGiven(parallel.concurrencyLimit) }),
  };
}

function listFailures(errors: readonly StreamingError[], code: string | undefined): ItemFailure[] {
  return errors
    .map((error) => ({ index: error.itemIndex!, error: toStepError(error, code) }))
    .sort((one, other) => one.index - other.index);
}

function asGiven(concurrencyLimit: number): number {
  return concurrencyLimit === UNLIMITED ? Infinity : concurrencyLimit;
}

function toItemTimings(timing: StreamingTiming): ItemTimings | undefined {
  if (timing.sampledCount === 0) return undefined;
  return {
    min: timing.minDurationMs!,
    max: timing.maxDurationMs!,
    avg: timing.avgDurationMs,
    p50: timing.p50DurationMs!,
    p95: timing.p95DurationMs!,
    p99: timing.p99DurationMs!,
  };
}
