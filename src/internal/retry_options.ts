/**
 * Checks how a failed item is tried again, and fills in the defaults.
 *
 * @module
 */

import {
  DECORRELATED_FACTOR,
  DEFAULT_BACKOFF_FACTOR,
  DEFAULT_BACKOFF_MS,
  DEFAULT_JITTER,
  DEFAULT_MAX_BACKOFF_MS,
} from "../base/defaults.ts";
import type { RetryOptions } from "../base/options.ts";
import type { Admission } from "./admission.ts";
import { codeOf, isRetryable } from "./causes.ts";
import { causeOf } from "./step_failure.ts";
import {
  isRecord,
  refuseValue,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  requireShare,
  type Subject,
} from "./validation.ts";

/** What `jitter` says in place of a share. */
export const DECORRELATED = "decorrelated";

const KNOWN_OPTIONS = [
  "maxAttempts",
  "backoffMs",
  "backoffFactor",
  "maxBackoffMs",
  "jitter",
  "totalMs",
  "retryableErrors",
  "shouldRetry",
  "onAttempt",
];

/** {@linkcode RetryOptions} with the defaults filled in and the rules made one. */
export interface RetrySettings {
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly backoffFactor: number;
  readonly maxBackoffMs: number;
  readonly jitter: number | typeof DECORRELATED;
  /** `Infinity` where there is no limit. */
  readonly totalMs: number;
  readonly shouldRetry: (error: unknown, attempt: number) => boolean | PromiseLike<boolean>;
  readonly onAttempt?: RetryOptions["onAttempt"] | undefined;
  /** May forbid another attempt, where the rule wants one. */
  readonly policy?: Pick<Admission, "mayRetry"> | undefined;
}

/** Resolves `given`, options or a number of attempts, throwing for what is unknown or out of bounds. */
export function resolveRetry(
  subject: Subject,
  given: number | RetryOptions,
  policy?: RetrySettings["policy"],
): RetrySettings {
  if (typeof given === "number") requireInteger(subject, "retry", given, 1);
  const options = typeof given === "number" ? { maxAttempts: given } : given;
  if (!isRecord(options)) {
    const rule = "a number of attempts, or options such as { maxAttempts: 3 }";
    refuseValue(subject, "retry", rule, given);
  }
  requireKnownOptions(subject, options, KNOWN_OPTIONS, "retry");
  const {
    maxAttempts,
    backoffMs = DEFAULT_BACKOFF_MS,
    maxBackoffMs = DEFAULT_MAX_BACKOFF_MS,
    jitter = DEFAULT_JITTER,
    backoffFactor = jitter === DECORRELATED ? DECORRELATED_FACTOR : DEFAULT_BACKOFF_FACTOR,
    totalMs,
    retryableErrors,
    shouldRetry,
    onAttempt,
  } = options;
  requireInteger(subject, "retry.maxAttempts", maxAttempts, 1);
  requireNumber(subject, "retry.backoffMs", backoffMs, 0);
  requireNumber(subject, "retry.backoffFactor", backoffFactor, 1);
  requireNumber(subject, "retry.maxBackoffMs", maxBackoffMs, 0);
  if (jitter !== DECORRELATED) requireShare(subject, "retry.jitter", jitter, true);
  if (totalMs !== undefined) requireNumber(subject, "retry.totalMs", totalMs, 1);
  if (shouldRetry !== undefined) requireFunction(subject, "retry.shouldRetry", shouldRetry);
  if (onAttempt !== undefined) requireFunction(subject, "retry.onAttempt", onAttempt);
  if (retryableErrors !== undefined && !Array.isArray(retryableErrors)) {
    refuseValue(subject, "retry.retryableErrors", "an array of codes", retryableErrors);
  }
  return {
    maxAttempts,
    backoffMs,
    backoffFactor,
    maxBackoffMs,
    jitter,
    totalMs: totalMs ?? Infinity,
    shouldRetry: createRule(shouldRetry, retryableErrors),
    onAttempt,
    policy,
  };
}

function createRule(
  shouldRetry: RetryOptions["shouldRetry"],
  codes: readonly string[] | undefined,
): RetrySettings["shouldRetry"] {
  if (shouldRetry !== undefined) return (error, attempt) => shouldRetry(causeOf(error), attempt);
  if (codes === undefined) return isRetryable;
  // A step may have a code of its own for whatever was thrown in it.
  const own = new Set(codes);
  return (error) => own.has(codeOf(error)) || own.has(codeOf(causeOf(error)));
}
