/**
 * What the stages that gather items have in common.
 *
 * @module
 */

import type { FlowControl } from "../engine/stage.ts";

/** The answer of a stage that hands out several and has none to hand out. */
export const NOTHING_YET: readonly unknown[] = [];

/**
 * The answer for an item that is dropped, with what it has closed: it counts when the answer is read,
 * and is in flight before.
 */
export function* dropOne(
  { drop }: FlowControl,
  closed: readonly unknown[] = NOTHING_YET,
): Generator<unknown, void, undefined> {
  drop();
  yield* closed;
}

/** A failure must not take what was gathered before with it: that comes out first. */
export function* failAfter(
  gathered: readonly unknown[],
  error: unknown,
): Generator<unknown, void, undefined> {
  yield* gathered;
  throw error;
}
