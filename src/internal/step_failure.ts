/**
 * What a step has failed with, on its way to becoming a `StreamingError`.
 *
 * @module
 */

import { isStreamingError, type StreamingError } from "../base/errors.ts";
import type { StepError } from "../base/step_types.ts";
import { codeOf, isRetryable } from "./causes.ts";
import { hasProperty, isError, isObject, messageOf, readProperty } from "./thrown.ts";

/** Carries the name of a step, the code and the cause of its failure through a `throw`. */
export class StepFailure extends Error {
  override readonly name: string = "StepFailure";
  readonly #stepName: string;
  readonly code: string;
  readonly retryable: boolean;
  /** Whether `cause` is what was thrown, which may be `undefined`, and not just absent. */
  readonly hasCause: boolean;

  /** `error` is a {@linkcode StepError}, or what a step that was written by hand has in its place. */
  constructor(stepName: string, error: unknown) {
    const isThrown = !isObject(error) || isError(error);
    const message = readProperty(error, "message");
    const cause = isThrown ? error : readProperty(error, "cause");
    super(typeof message === "string" ? message : messageOf(error), { cause });
    this.hasCause = isThrown || hasProperty(error, "cause");
    this.#stepName = stepName;
    this.code = codeOf(error);
    this.retryable = isRetryable(error);
  }

  /** Whether a value is one: it may be anything, and is not looked into. */
  static is(value: unknown): value is StepFailure {
    return isObject(value) && #stepName in value;
  }

  get stepName(): string {
    return this.#stepName;
  }
}

/** The failure of a step that threw `thrown`; `code` is in place of that of what was thrown. */
export function toStepFailure(stepName: string, thrown: unknown, code?: string): StepFailure {
  return new StepFailure(stepName, toStepError(thrown, code));
}

const failures: WeakMap<StreamingError, StepFailure> = new WeakMap();

/** Keeps what the step itself said, for where a step's result is made of the error again. */
export function noteStepFailure(error: StreamingError, failure: StepFailure): void {
  failures.set(error, failure);
}

/**
 * What was thrown, as a step returns it: as the step that failed said it, where one did; `code` is in
 * place of its own.
 */
export function toStepError(thrown: unknown, code?: string): StepError {
  const failure = isStreamingError(thrown) ? failures.get(thrown) : thrown;
  if (StepFailure.is(failure)) {
    const { message, cause, hasCause, retryable } = failure;
    return { code: code ?? failure.code, message, ...(hasCause && { cause }), retryable };
  }
  const cause = isStreamingError(thrown) ? thrown.cause : thrown;
  const [message, retryable] = [messageOf(cause), isRetryable(thrown)];
  return { code: code ?? codeOf(thrown), message, cause, retryable };
}

/** What a step threw, out of its failure; anything else as it is. */
export function causeOf(thrown: unknown): unknown {
  return StepFailure.is(thrown) && thrown.hasCause ? thrown.cause : thrown;
}
