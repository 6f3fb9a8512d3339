/**
 * The figures of a list, made of those of the run that worked on it.
 *
 * @module
 */

import type { Stage } from "../engine/stage.ts";
import type { StreamingError } from "../errors.ts";
import { toStepError } from "../internal/step_failure.ts";
import type { ItemFailure, ItemTimings, ListOperationMetadata, StepError } from "../step_types.ts";
import type { StreamingMetadata, StreamingTiming } from "../types.ts";
import { UNLIMITED } from "./list_options.ts";

/** What is known of a list besides the figures of its stage. */
export interface ListOutline {
  readonly totalItems: number;
  /** Whether it succeeds without the items that have failed. */
  readonly leavesOut: boolean;
  /** Whether it has ended before its last item. */
  readonly endedEarly?: boolean;
  /** The code of its failures, in place of that of what was thrown. */
  readonly failureCode?: string | undefined;
}

/** The figures of a list in `stage`. */
export function describeList(
  stage: Stage,
  { totalItems, leavesOut, endedEarly = false, failureCode }: ListOutline,
  { inputCount, passedCount, errorCount, droppedCount, errors, timing }: StreamingMetadata,
): ListOperationMetadata {
  const parallel = stage.kind === "item" ? stage.parallel : undefined;
  const itemTimings = toItemTimings(timing);
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

/** The failure of an item, as a step returns it. */
export function describeFailure(error: StreamingError, code: string | undefined): StepError {
  const described = toStepError(error);
  return code === undefined ? described : { ...described, code };
}

function listFailures(errors: readonly StreamingError[], code: string | undefined): ItemFailure[] {
  return errors
    .map((error) => ({ index: error.itemIndex!, error: describeFailure(error, code) }))
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
