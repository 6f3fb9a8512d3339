/**
 * Keeps loops and sources that read one another from filling the stack.
 *
 * @module
 */

import { chain } from "./promises.ts";

/** How many levels may stand in one stack: each takes a dozen frames and more, and users add theirs. */
const MAX_LEVELS = 50;

let levels = 0;

/** Whether the next call would nest too deep, and must go through {@linkcode unwound}. */
export function isNestedDeep(): boolean {
  return levels >= MAX_LEVELS;
}

/** Begins a level, which ends within the same synchronous call, whatever is thrown. */
export function enterLevel(): void {
  levels++;
}

/** Ends a level. */
export function leaveLevel(): void {
  levels--;
}

/** Calls `work` one level deeper. */
export function nested<T>(work: () => T): T {
  enterLevel();
  try {
    return work();
  } finally {
    leaveLevel();
  }
}

/** Calls `work` from an empty stack. */
export function unwound<T>(work: () => T | PromiseLike<T>): Promise<Awaited<T>> {
  return chain(Promise.resolve(), work) as Promise<Awaited<T>>;
}
