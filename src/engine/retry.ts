/**
 * Tries a failed call again.
 *
 * @module
 */

import { asksAgain, delayMs, sleep } from "../internal/backoff.ts";
import { FailedAttempts } from "../internal/failed_attempts.ts";
import { ignoreLateOutcome, isPromiseLike, toPromise } from "../internal/promises.ts";
import type { RetrySettings } from "../internal/retry_options.ts";
import type { FunctionContext, ItemFunction } from "./stage.ts";

/** Who counts the attempts beyond the first. */
interface Counter {
  retried: number;
}

/** A function that calls `call` up to `maxAttempts` times, and waits in between. */
export function withRetry(
  call: ItemFunction,
  retry: RetrySettings,
  counter: Counter,
): ItemFunction {
  const another: ItemFunction = (...args) => {
    counter.retried++;
    return call(...args);
  };
  return (item, index, context) => {
    const again = (error: unknown) => {
      const retried = callAgain(another, retry, [item, index, context], error);
      // It may be rejected before anybody can have subscribed, which workerd reports at once.
      ignoreLateOutcome(retried);
      return retried;
    };
    try {
      const answer = call(item, index, context);
      return isPromiseLike(answer) ? toPromise(answer).catch(again) : answer;
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
