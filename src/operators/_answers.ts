/**
 * Answers of a function over arrays, of which some may be promises.
 *
 * @module
 */

import type { ItemFunction } from "../core/context.ts";
import { andThen, isPromiseLike } from "../internal/promises.ts";

/** An answer that is a promise which was rejected: with an error, or with anything else. */
export class RejectedAnswer {
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/**
 * Calls `load` and waits for its answers as well, as a part of the call: its time-out counts for them,
 * and no rejection among them is unhandled.
 */
export function awaitingAnswers(load: ItemFunction): ItemFunction {
  return (items, number, context) => andThen(load(items, number, context), settleAnswers);
}

function settleAnswers(answers: unknown): unknown {
  if (!Array.isArray(answers) || !answers.some(isPromiseLike)) return answers;
  const refuse = (reason: unknown) => new RejectedAnswer(reason);
  return Promise.all(answers.map((answer) => andThen(answer, (value) => value, refuse)));
}
