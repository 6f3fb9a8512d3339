/**
 * Whether something that failed is tried again, and how long to wait before.
 *
 * @module
 */

import { clock } from "./clock.ts";
import { FailedAttempts } from "./failed_attempts.ts";
import { randomFraction } from "./random.ts";
import { retryAfterMsOf } from "./retry_after.ts";
import type { RetrySettings } from "./retry_options.ts";
import { causeOf } from "./step_failure.ts";

/** Whether the rule says so; a rule that throws does not hide why the item failed. */
export function asksAgain(retry: RetrySettings, error: unknown, attempt: number): boolean {
  try {
    return retry.shouldRetry(error, attempt);
  } catch (thrown) {
    throw new FailedAttempts(error, attempt, [thrown]);
  }
}

/**
 * The wait after the attempt with this number: `backoffMs · factor^(attempt - 1)`, up to
 * `maxBackoffMs`, spread by `jitter` to both sides; what the other side asked for where that is
 * longer, also up to `maxBackoffMs`.
 */
export function delayMs(retry: RetrySettings, attempt: number, error: unknown): number {
  const { backoffMs, backoffFactor, maxBackoffMs, jitter } = retry;
  // The power can be infinite, and zero times infinity is not a number.
  const grown = backoffMs === 0 ? 0 : backoffMs * backoffFactor ** (attempt - 1);
  const backoff = Math.min(grown, maxBackoffMs);
  const spread = backoff * (1 + jitter * (2 * randomFraction() - 1));
  return Math.min(Math.max(spread, retryAfterMsOf(causeOf(error)) ?? 0), maxBackoffMs);
}

/** Waits, or resolves at once when the signal aborts. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.schedule(wake, milliseconds);
    signal.addEventListener("abort", wake, { once: true });
  });
}
