/**
 * Tries a failed call again.
 *
 * @module
 */

import { leftMs, readStart, waitForRetry } from "../internal/backoff.ts";
import { FailedAttempts } from "../internal/failed_attempts.ts";
import { chain, isPromiseLike, toPromise } from "../internal/promises.ts";
import type { RetrySettings } from "../internal/retry_options.ts";
import type { StageHooks } from "../base/observer.ts";
import type { ItemFunction } from "../core/context.ts";
import { withTimeout } from "./timeout.ts";

/** Counts the attempts beyond the first; `hooks` reports them. */
interface Counter {
  retried: number;
  readonly hooks: StageHooks | undefined;
}

/** A function that calls `call` up to `maxAttempts` times, and waits in between. */
export function withRetry(
  call: ItemFunction,
  retry: RetrySettings,
  counter: Counter,
): ItemFunction {
  return (item, index, context) => {
    const startMs = readStart(retry);
    const attempt = () => inTime(call, retry, startMs)(item, index, context);
    const again = async (firstError: unknown): Promise<unknown> => {
      const { signal } = context;
      const waits = { lastMs: 0 };
      let error = firstError;
      for (let number = 1;; number++) {
        const isDue = await waitForRetry(retry, { number, error, startMs, waits }, signal);
        if (!isDue) throw new FailedAttempts(error, number);
        await noteRetry(counter, error, number + 1, index);
        try {
          return await attempt();
        } catch (thrown) {
          error = thrown;
        }
      }
    };
    try {
      const answer = attempt();
      return isPromiseLike(answer) ? chain(toPromise(answer), undefined, again) : answer;
    } catch (error) {
      return again(error);
    }
  };
}

/** Counts an attempt that begins after `error`, and reports it to the observer: see what it answers. */
export function noteRetry(
  counter: Counter,
  error: unknown,
  attempt: number,
  index: number,
): unknown {
  counter.retried++;
  return counter.hooks?.retried?.(error, attempt, index);
}

/** `call`, for as long as the time for all attempts is not over. */
function inTime(call: ItemFunction, retry: RetrySettings, startMs: number): ItemFunction {
  const { totalMs } = retry;
  if (totalMs === Infinity) return call;
  return withTimeout(call, leftMs(retry, startMs), `No answer within ${totalMs} ms of attempts`);
}
