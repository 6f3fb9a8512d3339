/**
 * Waiting for what must happen, on a clock that stands still.
 *
 * @module
 */

import type { TestClock } from "./test_clock.ts";
import { readRealMs, settle, watch } from "./turns.ts";

/** Turns that are always waited for, however slow the machine is. */
const MIN_TURNS = 50;

/** Turns without an outcome after which the next timer is due. */
const TURNS_PER_TIMER = 3;

/** How it is waited. */
export interface Waiting {
  readonly clock: TestClock;
  /** The real time after which what has not happened counts as never happening, in milliseconds. */
  readonly waitMs: number;
  /** Whether timers of the library may go off. @default {true} */
  readonly mayFire?: (() => boolean) | undefined;
}

/** Waits for `work`, and gives its outcome; throws where it is not settled in time. */
export async function waitFor<T>(
  work: PromiseLike<T>,
  { clock, waitMs, mayFire = () => true }: Waiting,
  createError: () => Error,
): Promise<T> {
  const watched = watch(work);
  const sinceMs = readRealMs();
  for (let turns = 1; watched.state === "pending"; turns++) {
    await settle();
    if (watched.state !== "pending") break;
    if (turns % TURNS_PER_TIMER === 0 && mayFire() && clock.fireNext()) continue;
    if (turns > MIN_TURNS && readRealMs() - sinceMs > waitMs) throw createError();
  }
  if (watched.state === "rejected") throw watched.error;
  return watched.value as T;
}
