/**
 * How often an item was tried, on its way to becoming a `StreamingError`.
 *
 * @module
 */

import { isObject } from "./thrown.ts";

/** Carries what the last of several attempts threw, and their number, through a `throw`. */
export class FailedAttempts {
  readonly cause: unknown;
  readonly #attempts: number;
  /** What `shouldRetry` threw when it was called. */
  readonly later: readonly unknown[];

  constructor(cause: unknown, attempts: number, later: readonly unknown[] = []) {
    this.cause = cause;
    this.#attempts = attempts;
    this.later = later;
  }

  /** Whether a value is one: it may be anything, and is not looked into. */
  static is(value: unknown): value is FailedAttempts {
    return isObject(value) && #attempts in value;
  }

  get attempts(): number {
    return this.#attempts;
  }
}
