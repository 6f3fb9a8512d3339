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
  let startedAt = 0;
  try {
    for (; position < ops.length && item !== DROP; position++) {
      const op = ops[position]!;
      startedAt = clock.now();
      const { call } = op;
      const answer = call(item, op.entered++, op.context);
      // What an iterable holds is work as well: it is timed when that is read.
      if (op.stage.outcome !== EXPAND && !isPromiseLike(answer)) {
        op.run.time(clock.now() - startedAt);
      }
      item = loop.conclude(position, item, answer, startedAt);
    }
    return item;
  } catch (error) {
    const op = ops[position]!;
    op.run.time(clock.now() - startedAt);
    op.owe();
    loop.fail(position, error, item);
    return DROP;
  }
}
