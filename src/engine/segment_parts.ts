/**
 * What a loop is made of.
 *
 * @module
 */

import { type StreamingError, suppress } from "../errors.ts";
import type { Carrier, Feed } from "./feed.ts";
import type { Op, PlannedOp } from "./op.ts";
import type { RunScope } from "./scope.ts";
import type { StageRun } from "./stage_run.ts";

/** Makes the next value of what came before, an item and its position among those that came out. */
export type Fold = (value: unknown, item: unknown, index: number) => unknown;

/** How a `Segment` is made. */
export interface SegmentParts {
  readonly scope: RunScope;
  readonly feed: Feed;
  /** Where the feed's items go on the path. */
  readonly slot: number;
  readonly ops: readonly PlannedOp[];
  /** The feed, where its items bring their own path; absent for the source of the run. */
  readonly carrier?: Carrier | undefined;
  /** Whether the feed's items are answers of the first op, which was called elsewhere. */
  readonly answered: boolean;
  readonly path: unknown[];
  /** The stage of the feed. */
  readonly owner: StageRun;
  /** Who an error of `fold` is put down to. */
  readonly reader?: StageRun | undefined;
}

/** Where a loop has failed: at -1 it is the feed, behind the last op it is `fold`. */
interface FailurePlace {
  readonly position: number;
  readonly op: Op | undefined;
  readonly item: unknown;
}

/** The error for what was thrown at a place of a loop; a carrier names its own stage. */
export function nameFailure(
  { owner, carrier, answered, reader }: SegmentParts,
  { position, op, item }: FailurePlace,
  thrown: unknown,
): unknown {
  if (position < 0) return carrier === undefined ? owner.createError(thrown) : thrown;
  if (op === undefined) return reader!.createError(thrown, item);
  const index = position === 0 && answered ? carrier!.index : op.entered - 1;
  return op.run.createError(thrown, item, index);
}

/**
 * Resolves when `work`, which was aborted for `reason`, is settled. What it fails with goes with
 * that, unless it is the same.
 */
export function settleAborted(
  parts: SegmentParts,
  place: FailurePlace,
  work: Promise<unknown>,
  reason: unknown,
): Promise<void> {
  return work.then(() => {}, (thrown) => {
    const failure = nameFailure(parts, place, thrown) as StreamingError;
    if (failure.cause !== reason) suppress(reason, failure);
  });
}
