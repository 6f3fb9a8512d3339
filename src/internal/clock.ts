/**
 * The one place where the library takes its time from, so that tests can replace it by a clock of
 * their own and never sleep.
 *
 * @module
 */

/** A source of time and timers. */
export interface Clock {
  /** Milliseconds since some fixed moment, monotonic. */
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wallTime(): number;
  /**
   * Calls `callback` once, `delayMs` from now, however long, or negative; the result cancels that.
   */
  schedule(callback: () => void, delayMs: number): () => void;
}

/** The longest time that a timer of any runtime can be set to: 32 bits. A longer one fires at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/** A timer of the platform, for up to {@linkcode MAX_TIMER_MS}; the result stops it. */
export type StartTimer = (callback: () => void, delayMs: number) => () => void;

/** Waits with one timer after the other where one cannot be set to the whole time. */
export function scheduleInParts(
  startTimer: StartTimer,
  callback: () => void,
  delayMs: number,
): () => void {
  // Deno 2.9 writes a warning to the console where a delay is negative.
  if (delayMs <= MAX_TIMER_MS) return startTimer(callback, Math.max(delayMs, 0));
  let leftMs = delayMs;
  let stop = () => {};
  const startPart = () => {
    const partMs = Math.min(leftMs, MAX_TIMER_MS);
    leftMs -= partMs;
    stop = startTimer(leftMs > 0 ? startPart : callback, partMs);
  };
  startPart();
  return () => stop();
}

/** The runtime's own clock. Its functions are looked up late, so that faked globals are seen. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule: (callback, delayMs) => scheduleInParts(startSystemTimer, callback, delayMs),
};

function startSystemTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}

/** The clock in use. Read it at each use: tests replace it. */
export let clock: Clock = systemClock;

/** Replaces the clock; the function that it returns puts the one before back. */
export function useClock(replacement: Clock): () => void {
  const previous = clock;
  clock = replacement;
  return () => {
    clock = previous;
  };
}
