/**
 * A step's failed result on its way to becoming a `StreamingError`.
 *
 * @module
 */

import type { StepError } from "../types.ts";

/** Carries the code and the cause of a step's failed result through a `throw`. */
export class StepFailure extends Error {
  override readonly name: string = "StepFailure";
  readonly code: string;
  readonly retryable: boolean;

  constructor({ code, message, cause, retryable }: StepError) {
    super(message, { cause });
    this.code = code;
    this.retryable = retryable;
  }
}
