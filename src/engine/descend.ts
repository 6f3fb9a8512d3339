/**
 * The hot path: an item on its way down through the ops of a loop.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { isPromiseLike } from "../internal/promises.ts";
import type { Op } from "./op.ts";
import { DROP, EXPAND, KEEP_IF, REPLACE } from "./stage.ts";

/** What is left to the loop that the ops belong to. */
export interface Descent {
  readonly path: unknown[];
  /** What goes on in the item's place; `DROP` if nothing does, or the answer must be waited for. */
  conclude(position: number, item: unknown, answer: unknown, startedAt?: number): unknown;
  fail(position: number, error: unknown, item: unknown): void;
}

/**
 * Calls the ops from `start` on, each with what the one before made of the item; returns what comes
 * out, or `DROP`.
 *
 * The same few lines stand here four times on purpose. A just-in-time compiler remembers what was
 * called per place in the code: with one place for all stages it finds a different function each
 * time and inlines none. With a place per position it inlines all of a pipeline of up to four
 * stages, which halves the cost (2.8 times a hand-written loop, where one place costs 4).
 */
export function descend(loop: Descent, ops: readonly Op[], start: number, from: unknown): unknown {
  const path = loop.path;
  const end = ops.length;
  let position = start;
  let item = from;
  let op: Op;
  let call: Op["call"];
  let answer: unknown;
  try {
    for (;;) {
      if (position === end) return item;
      op = ops[position]!;
      call = op.call;
      answer = call(item, op.entered++, op.context);
      if (op.outcome === REPLACE && !isPromiseLike(answer)) path[op.slot] = item = answer;
      else if (op.outcome === KEEP_IF && (answer === true || answer === false)) {
        if (!answer) {
          op.run.dropped++;
          return DROP;
        }
      } else if ((item = loop.conclude(position, item, answer)) === DROP) return DROP;
      position++;

      if (position === end) return item;
      op = ops[position]!;
      call = op.call;
      answer = call(item, op.entered++, op.context);
      if (op.outcome === REPLACE && !isPromiseLike(answer)) path[op.slot] = item = answer;
      else if (op.outcome === KEEP_IF && (answer === true || answer === false)) {
        if (!answer) {
          op.run.dropped++;
          return DROP;
        }
      } else if ((item = loop.conclude(position, item, answer)) === DROP) return DROP;
      position++;

      if (position === end) return item;
      op = ops[position]!;
      call = op.call;
      answer = call(item, op.entered++, op.context);
      if (op.outcome === REPLACE && !isPromiseLike(answer)) path[op.slot] = item = answer;
      else if (op.outcome === KEEP_IF && (answer === true || answer === false)) {
        if (!answer) {
          op.run.dropped++;
          return DROP;
        }
      } else if ((item = loop.conclude(position, item, answer)) === DROP) return DROP;
      position++;

      if (position === end) return item;
      op = ops[position]!;
      call = op.call;
      answer = call(item, op.entered++, op.context);
      if (op.outcome === REPLACE && !isPromiseLike(answer)) path[op.slot] = item = answer;
      else if (op.outcome === KEEP_IF && (answer === true || answer === false)) {
        if (!answer) {
          op.run.dropped++;
          return DROP;
        }
      } else if ((item = loop.conclude(position, item, answer)) === DROP) return DROP;
      position++;
    }
  } catch (error) {
    loop.fail(position, error, item);
    return DROP;
  }
}

/** As {@linkcode descend}, for the items that are timed. */
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
      if (op.outcome !== EXPAND && !isPromiseLike(answer)) op.run.time(clock.now() - startedAt);
      item = loop.conclude(position, item, answer, startedAt);
    }
    return item;
  } catch (error) {
    ops[position]!.run.time(clock.now() - startedAt);
    loop.fail(position, error, item);
    return DROP;
  }
}
