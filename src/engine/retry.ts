/**
 * Tries a failed call again.
 *
 * @module
 */

import { retryAfterMsOf } from "../internal/causes.ts";
import { clock } from "../internal/clock.ts";
import { FailedAttempts } from "../internal/failed_attempts.ts";
import { causeOf } from "../internal/step_failure.ts";
import { ignoreLateOutcome, isPromiseLike } from "../internal/promises.ts";
import { randomFraction } from "../internal/random.ts";
import type { RetrySettings } from "../internal/retry_options.ts";
import type { FunctionContext, ItemFunction } from "./stage.ts";

/** A function that calls `call` up to `maxAttempts` times, and waits in between. */
export function withRetry(call: ItemFunction, retry: RetrySettings): ItemFunction {
  return (item, index, context) => {
    const again = (error: unknown) => {
      const retried = callAgain(call, retry, [item, index, context], error);
      // It may be rejected before anybody can have subscribed, which workerd reports at once.
      ignoreLateOutcome(retried);
      return retried;
    };
    try {
      const answer = call(item, index, context);
      return isPromiseLike(answer) ? answer.then(undefined, again) : answer;
    } catch (error) {
      return again(error);
    }
  };
}

async function callAgain(
  call: ItemFunction,
  retry: RetrySettings,
  args: [unknown, number, FunctionContext],
  firstError: unknown,
): Promise<unknown> {
  const { signal } = args[2];
  let error = firstError;
  for (let attempt = 1;; attempt++) {
    const isLast = attempt === retry.maxAttempts || signal.aborted;
    if (isLast || !asksAgain(retry, error, attempt)) throw new FailedAttempts(error, attempt);
    await sleep(delayMs(retry, attempt, error), signal);
    if (signal.aborted) throw new FailedAttempts(error, attempt);
    try {
      return await call(...args);
    } catch (thrown) {
      error = thrown;
    }
  }
}

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
  const backoff = Math.min(backoffMs * backoffFactor ** (attempt - 1), maxBackoffMs);
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
