/**
 * What the stages that gather items have in common.
 *
 * @module
 */

import type { FlowControl, ItemPath } from "../core/context.ts";
import { FailureBehind } from "../internal/failure_behind.ts";

/** The answer of a stage that emits several items and has none to emit. */
export const NOTHING_YET: readonly unknown[] = [];

/** Something to be handed out, and the path of the last item in it. */
export interface Gathered<T = unknown> {
  readonly value: T;
  readonly path: ItemPath;
}

/** The answer that emits what was gathered; `atHand` is the path of the current item. */
export function handOut(
  gathered: readonly Gathered[],
  control: FlowControl,
  atHand: ItemPath = control.path(),
): Iterable<unknown> {
  if (gathered.length === 0) return NOTHING_YET;
  if (gathered.every(({ path }) => path === atHand)) return gathered.map(({ value }) => value);
  return handOutAlong(gathered, control, atHand);
}

/**
 * What the loop reads next belongs to the item at hand again. Where it is closed instead, as by a
 * `take` that is full, the item on its way down keeps its path.
 */
function* handOutAlong(
  gathered: readonly Gathered[],
  control: FlowControl,
  atHand: ItemPath,
): Generator<unknown, void, undefined> {
  for (const { value, path } of gathered) {
    control.follow(path);
    yield value;
  }
  control.follow(atHand);
}

/**
 * The answer for an item that is dropped, with what it has closed: it counts when the answer is read,
 * and is in flight before.
 */
export function* dropOne(
  control: FlowControl,
  closed: readonly Gathered[] = [],
): Generator<unknown, void, undefined> {
  control.drop();
  yield* handOut(closed, control);
}

/** A failure must not take what was gathered before with it: that comes out first. */
export function failAfter(
  gathered: readonly Gathered[],
  error: unknown,
  control: FlowControl,
): never {
  throw gathered.length === 0 ? error : new FailureBehind(handOut(gathered, control), error);
}
