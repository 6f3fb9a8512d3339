/**
 * How often an item was tried, on its way to becoming a `StreamingError`.
 *
 * @module
 */

/** Carries what the last of several attempts threw, and their number, through a `throw`. */
export class FailedAttempts extends Error {
  override readonly name: string = "FailedAttempts";
  readonly attempts: number;

  constructor(cause: unknown, attempts: number) {
    super(`failed ${attempts} times`, { cause });
    this.attempts = attempts;
  }
}
