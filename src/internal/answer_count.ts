/**
 * Checks what a function over arrays has answered.
 *
 * @module
 */

import { describeKind } from "./validation.ts";

/** Throws unless `answers` is an array of `count`. */
export function requireAnswers<T>(answers: readonly T[], count: number): readonly T[] {
  if (!Array.isArray(answers)) {
    const rule = "A function over batches must return an array, with an answer for each item";
    throw new TypeError(`${rule}, got ${describeKind(answers)}`);
  }
  if (answers.length === count) return answers;
  throw new CountError(
    `A batch of ${count} items must have as many answers, got ${answers.length}`,
  );
}

/** There are more or fewer answers than items. */
export class CountError extends RangeError {
  /** Says which error it is. */
  readonly code: string = "WRONG_COUNT";
}
