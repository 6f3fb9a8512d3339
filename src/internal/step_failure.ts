/**
 * What a step has failed with, on its way to becoming a `StreamingError`.
 *
 * @module
 */

import type { StepError } from "../types.ts";
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

/** What a step threw, out of its failure; anything else as it is. */
export function causeOf(thrown: unknown): unknown {
  return thrown instanceof StepFailure ? thrown.cause ?? thrown : thrown;
}
