/**
 * The failure of a stage that had gathered items before it.
 *
 * @module
 */

import { isObject } from "./thrown.ts";

/** Carries what was gathered, which comes out first, and the error through a `throw`. */
export class FailureAfter {
  readonly gathered: Iterable<unknown>;
  readonly #error: unknown;

  constructor(gathered: Iterable<unknown>, error: unknown) {
    this.gathered = gathered;
    this.#error = error;
  }

  /** Whether a value is one: it may be anything, and is not looked into. */
  static is(value: unknown): value is FailureAfter {
    return isObject(value) && #error in value;
  }

  get error(): unknown {
    return this.#error;
  }
}
