/**
 * What the stages that gather items have in common.
 *
 * @module
 */

import type { FlowControl, ItemPath } from "../core/context.ts";
import { FailureAfter } from "../internal/failure_after.ts";

/** Something to be emitted, and the path of the last item in it. */
export interface Gathered<T = unknown> {
  readonly value: T;
  readonly path: ItemPath;
}

/** The answer that emits what was gathered; `current` is the path of the current item. */
export function emit(
  gathered: readonly Gathered[],
  control: FlowControl,
  current: ItemPath = control.path(),
): Iterable<unknown> {
  if (gathered.every(({ path }) => path === current)) return gathered.map(({ value }) => value);
  return emitAlong(gathered, control, current);
}

/**
 * What the loop reads next belongs to the current item again. Where it is closed instead, as by a
 * `take` that is full, the item on its way down keeps its path.
 */
function* emitAlong(
  gathered: readonly Gathered[],
  control: FlowControl,
  current: ItemPath,
): Generator<unknown, void, undefined> {
  for (const { value, path } of gathered) {
    control.follow(path);
    yield value;
  }
  control.follow(current);
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
  yield* emit(closed, control);
}

/** A failure must not take what was gathered before with it: that comes out first. */
export function failAfter(
  gathered: readonly Gathered[],
  error: unknown,
  control: FlowControl,
): never {
  throw gathered.length === 0 ? error : new FailureAfter(emit(gathered, control), error);
}
