/**
 * Whether something that failed is tried again, and how long to wait before.
 *
 * @module
 */

import { clock } from "./clock.ts";
import { FailedAttempts } from "./failed_attempts.ts";
import { isPromiseLike, toPromise } from "./promises.ts";
import { randomFraction } from "./random.ts";
import { retryAfterMsOf } from "./retry_after.ts";
import type { RetrySettings } from "./retry_options.ts";
import { causeOf } from "./step_failure.ts";

/** An attempt that has failed. */
export interface Attempt {
  /** Its number, from 1. */
  readonly number: number;
  /** What it threw. */
  readonly error: unknown;
  /** When the time of all attempts began, by {@linkcode readStart}. */
  readonly startMs: number;
}

/** The moment from which on `totalMs` counts; a clock is not looked at where there is no limit. */
export function readStart({ totalMs }: RetrySettings): number {
  return totalMs === Infinity ? 0 : clock.now();
}

/** How much of the time for all attempts is left. */
export function leftMs({ totalMs }: RetrySettings, startMs: number): number {
  return totalMs === Infinity ? Infinity : startMs + totalMs - clock.now();
}

/**
 * Waits until it is time for another attempt. False where there is to be none: by number, by time,
 * by the rule, by the policy, or because the signal is aborted. A rule that fails does not hide the error of the
 * attempt: it rejects with both.
 */
export async function waitForRetry(
  retry: RetrySettings,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<boolean> {
  const { number, error, startMs } = attempt;
  if (number >= retry.maxAttempts || signal.aborted || leftMs(retry, startMs) <= 0) return false;
  if (!await asksAgain(retry, attempt, signal) || signal.aborted) return false;
  const waitMs = delayMs(retry, number, error);
  // There is no use in waiting for an attempt that would come too late.
  if (waitMs >= leftMs(retry, startMs)) return false;
  if (retry.policy?.mayRetry() === false) return false;
  await sleep(waitMs, signal);
  return !signal.aborted && leftMs(retry, startMs) > 0;
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
  return untilAborted(signal, (wake) => clock.schedule(wake, milliseconds));
}

/** What the rule says; a promise of it is waited for while the signal is not aborted. */
async function asksAgain(
  { shouldRetry }: RetrySettings,
  { error, number }: Attempt,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const answer = shouldRetry(error, number);
    if (!isPromiseLike(answer)) return answer;
    const settled = toPromise(answer);
    await untilAborted(signal, (wake) => {
      settled.then(wake, wake);
      return () => {};
    });
    return !signal.aborted && Boolean(await settled);
  } catch (thrown) {
    throw new FailedAttempts(error, number, [thrown]);
  }
}

/** Waits until `start` calls back or the signal aborts, and stops then what it has started. */
function untilAborted(
  signal: AbortSignal,
  start: (wake: () => void) => () => void,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      stop();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const stop = start(wake);
    signal.addEventListener("abort", wake, { once: true });
  });
}
