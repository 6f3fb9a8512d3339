/**
 * An item that is timed on its way down through the ops of a loop.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { isPromiseLike } from "../internal/promises.ts";
import type { Op } from "./op.ts";
import { DROP, EXPAND } from "./stage.ts";

/** In place of the moment of a call that was made elsewhere, or earlier: its item is timed from now on. */
export const NOT_CALLED = 0;

/** What is left to the loop that the ops belong to. */
export interface Descent {
  readonly path: unknown[];
  /** What replaces the item; `DROP` if nothing does, or the answer must be waited for. */
  conclude(position: number, item: unknown, answer: unknown, startedAt?: number): unknown;
  fail(position: number, error: unknown, item: unknown): void;
}

/** Calls the ops from `start` on, as the loop itself does, and reads the clock before and after. */
export function descendTimed(
  loop: Descent,
  ops: readonly Op[],
  start: number,
  from: unknown,
): unknown {
  let position = start;
  let item = from;
  let startedAt = clock.now();
  try {
    for (; position < ops.length && item !== DROP; position++) {
      const op = ops[position]!;
      const { call } = op;
      const calledAt = startedAt;
      const answer = call(item, op.entered++, op.context);
      // What an iterable holds is work as well: it is timed when that is read.
      if (op.stage.outcome !== EXPAND && !isPromiseLike(answer)) {
        // One look at the clock ends a call and begins the next.
        startedAt = clock.now();
        op.run.time(startedAt - calledAt);
      }
      item = loop.conclude(position, item, answer, calledAt);
    }
    return item;
  } catch (error) {
    ops[position]!.failClock(startedAt);
    loop.fail(position, error, item);
    return DROP;
  }
}
