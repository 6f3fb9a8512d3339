/**
 * What a step has failed with, on its way to becoming a `StreamingError`.
 *
 * @module
 */

import type { StreamingError } from "../errors.ts";
import type { StepError } from "../step_types.ts";
import { codeOf, isRetryable } from "./causes.ts";

/** Carries the name of a step, the code and the cause of its failure through a `throw`. */
export class StepFailure extends Error {
  override readonly name: string = "StepFailure";
  readonly stepName: string;
  readonly code: string;
  readonly retryable: boolean;

  constructor(stepName: string, { code, message, cause, retryable }: StepError) {
    super(message, { cause });
    this.stepName = stepName;
    this.code = code;
    this.retryable = retryable;
  }
}

/** The failure of a step that threw `cause`. */
export function toStepFailure(stepName: string, cause: unknown): StepFailure {
  const message = "the step threw";
  return new StepFailure(stepName, {
    code: codeOf(cause),
    message,
    cause,
    retryable: isRetryable(cause),
  });
}

const failures: WeakMap<StreamingError, StepFailure> = new WeakMap();

/** Keeps what the step itself said, for where a step's result is made of the error again. */
export function noteStepFailure(error: StreamingError, failure: StepFailure): void {
  failures.set(error, failure);
}

/** The failure as a step returns it: as the step that failed said it, where one did. */
export function toStepError(error: StreamingError): StepError {
  const failure = failures.get(error);
  const { code, retryable } = error;
  const cause = failure === undefined ? error.cause : failure.cause;
  const message = failure?.message ?? messageOf(cause);
  return { code, message, ...(cause !== undefined && { cause }), retryable };
}

/** What was thrown, in words. */
export function messageOf(cause: unknown): string {
  if (cause instanceof Error) return cause.message;
  return typeof cause === "string" ? cause : `threw ${typeof cause}`;
}

/** What a step threw, out of its failure; anything else as it is. */
export function causeOf(thrown: unknown): unknown {
  return thrown instanceof StepFailure ? thrown.cause ?? thrown : thrown;
}
