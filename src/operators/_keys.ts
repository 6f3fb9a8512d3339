/**
 * Keys in what a stage saves.
 *
 * @module
 */

import { describe } from "../internal/validation.ts";

/** Throws where `key` would be another one when it is read again: an object, a function, a symbol. */
export function requireSavable(key: unknown): void {
  if (!/object|function|symbol/.test(typeof key) || key === null) return;
  const problem = "a key must be a text, a number or another primitive to be the same after a " +
    "restart, got ";
  throw new TypeError(problem + describe(key));
}
