/**
 * Waits of any length.
 *
 * @module
 */

import { sleep } from "../internal/backoff.ts";
import { MAX_TIMER_MS } from "./_numbers.ts";

/** Waits, also longer than one timer can; resolves at once when the signal aborts. */
export async function sleepFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = milliseconds; leftMs > 0 && !signal.aborted; leftMs -= MAX_TIMER_MS) {
    await sleep(Math.min(leftMs, MAX_TIMER_MS), signal);
  }
}
