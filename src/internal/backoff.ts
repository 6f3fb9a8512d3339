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
import { DECORRELATED, type RetrySettings } from "./retry_options.ts";
import { causeOf } from "./step_failure.ts";

/** An attempt that has failed. */
export interface Attempt {
  /** Its number, from 1. */
  readonly number: number;
  /** What it threw. */
  readonly error: unknown;
  /** When the time of all attempts began, by {@linkcode readStart}. */
  readonly startMs: number;
  /** The waits before the attempts so far. */
  readonly waits: Waits;
}

/** Remembers the waits between the attempts at one item. */
export interface Waits {
  /** The last of them, in milliseconds; 0 where there was none. */
  lastMs: number;
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
 * Waits until it is time for another attempt. False where there is none: by number, by time, by the
 * rule, by the policy, or because the signal is aborted. A rule or a hook that fails does not hide
 * the error of the attempt: it rejects with both.
 */
export async function waitForRetry(
  retry: RetrySettings,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<boolean> {
  const { number, error, startMs, waits } = attempt;
  const { onAttempt } = retry;
  const waitMs = await findWait(retry, attempt, signal);
  if (onAttempt !== undefined && !signal.aborted) {
    const failed = { number, error: causeOf(error), ...(waitMs !== undefined && { waitMs }) };
    await askUser(() => onAttempt(failed), attempt, signal);
  }
  if (waitMs === undefined) return false;
  waits.lastMs = waitMs;
  await sleep(waitMs, signal);
  return !signal.aborted && leftMs(retry, startMs) > 0;
}

/** How long the next attempt has to wait; `undefined` where there is none. */
async function findWait(
  retry: RetrySettings,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { number, error, startMs } = attempt;
  if (number >= retry.maxAttempts || signal.aborted || leftMs(retry, startMs) <= 0) return;
  const asksAgain = await askUser(() => retry.shouldRetry(error, number), attempt, signal);
  if (!asksAgain || signal.aborted) return;
  const waitMs = delayMs(retry, attempt);
  // There is no use in waiting for an attempt that would come too late.
  if (waitMs >= leftMs(retry, startMs) || retry.policy?.mayRetry(error) === false) return;
  return waitMs;
}

/**
 * The wait after an attempt: what the other side asked for where that is longer than the backoff,
 * either of them up to `maxBackoffMs`.
 */
export function delayMs(retry: RetrySettings, attempt: Attempt): number {
  const askedMs = retryAfterMsOf(causeOf(attempt.error)) ?? 0;
  return Math.min(Math.max(backoffOf(retry, attempt), askedMs), retry.maxBackoffMs);
}

/**
 * `backoffMs · factor^(attempt - 1)`, spread by `jitter` to both sides. The decorrelated jitter is
 * that of "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): anything between
 * `backoffMs` and `factor` times the wait before.
 */
function backoffOf(
  { backoffMs, backoffFactor, maxBackoffMs, jitter }: RetrySettings,
  { number, waits }: Attempt,
): number {
  if (jitter === DECORRELATED) {
    const mostMs = Math.min(backoffFactor * Math.max(waits.lastMs, backoffMs), maxBackoffMs);
    return backoffMs + randomFraction() * (mostMs - backoffMs);
  }
  // The power can be infinite, and zero times infinity is not a number.
  const grown = backoffMs === 0 ? 0 : backoffMs * backoffFactor ** (number - 1);
  return Math.min(grown, maxBackoffMs) * (1 + jitter * (2 * randomFraction() - 1));
}

/** Waits, or resolves at once when the signal aborts. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return untilAborted(signal, (wake) => clock.schedule(wake, milliseconds));
}

/** What a function of the user's says; a promise is waited for while the signal is not aborted. */
async function askUser(
  ask: () => unknown,
  { error, number }: Attempt,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    const answer = ask();
    if (!isPromiseLike(answer)) return answer;
    const settled = toPromise(answer);
    await untilAborted(signal, (wake) => {
      settled.then(wake, wake);
      return () => {};
    });
    return !signal.aborted && await settled;
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
