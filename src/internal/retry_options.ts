/**
 * Checks how a failed item is tried again, and fills in the defaults.
 *
 * @module
 */

import { DEFAULT_BACKOFF_FACTOR, DEFAULT_JITTER, DEFAULT_MAX_BACKOFF_MS } from "../defaults.ts";
import type { RetryOptions } from "../options.ts";
import { codeOf, isRetryable } from "./causes.ts";
import { causeOf } from "./step_failure.ts";
import {
  complaint,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  type Subject,
} from "./validation.ts";

const KNOWN_OPTIONS = [
  "maxAttempts",
  "backoffMs",
  "backoffFactor",
  "maxBackoffMs",
  "jitter",
  "retryableErrors",
  "shouldRetry",
];

/** {@linkcode RetryOptions} with the defaults filled in and the rules made one. */
export interface RetrySettings {
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly backoffFactor: number;
  readonly maxBackoffMs: number;
  readonly jitter: number;
  readonly shouldRetry: (error: unknown, attempt: number) => boolean;
}

/** Resolves `options`, throwing for what is unknown or out of bounds. */
export function resolveRetry(subject: Subject, options: RetryOptions): RetrySettings {
  requireKnownOptions(subject, options, KNOWN_OPTIONS, "retry");
  const {
    maxAttempts,
    backoffMs,
    backoffFactor = DEFAULT_BACKOFF_FACTOR,
    maxBackoffMs = DEFAULT_MAX_BACKOFF_MS,
    jitter = DEFAULT_JITTER,
    retryableErrors,
    shouldRetry,
  } = options;
  requireInteger(subject, "retry.maxAttempts", maxAttempts, 1);
  requireNumber(subject, "retry.backoffMs", backoffMs, 0);
  requireNumber(subject, "retry.backoffFactor", backoffFactor, 1);
  requireNumber(subject, "retry.maxBackoffMs", maxBackoffMs, 0);
  requireNumber(subject, "retry.jitter", jitter, 0, 1);
  if (shouldRetry !== undefined) requireFunction(subject, "retry.shouldRetry", shouldRetry);
  if (retryableErrors !== undefined && !Array.isArray(retryableErrors)) {
    throw new TypeError(
      complaint(subject, "retry.retryableErrors", "an array of codes", retryableErrors),
    );
  }
  return {
    maxAttempts,
    backoffMs,
    backoffFactor,
    maxBackoffMs,
    jitter,
    shouldRetry: createRule(shouldRetry, retryableErrors),
  };
}

function createRule(
  shouldRetry: RetryOptions["shouldRetry"],
  codes: readonly string[] | undefined,
): RetrySettings["shouldRetry"] {
  if (shouldRetry !== undefined) return (error, attempt) => shouldRetry(causeOf(error), attempt);
  return codes === undefined ? isRetryable : (error) => codes.includes(codeOf(error));
}
