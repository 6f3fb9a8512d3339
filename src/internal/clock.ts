/**
 * The one place where the library takes its time from, so that tests can put a clock of their own
 * in its stead and never sleep.
 *
 * @module
 */

/** A source of time and timers. */
export interface Clock {
  /** Milliseconds since some fixed moment, monotonic. */
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wallTime(): number;
  /** Calls `callback` once, `delayMs` from now; the result stops that. */
  schedule(callback: () => void, delayMs: number): () => void;
}

/** The runtime's own clock. Its functions are looked up late, so that faked globals are seen. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** The clock in force. Read it at each use: tests replace it. */
export let clock: Clock = systemClock;

/** Puts `replacement` in force and returns the function that takes it out again. */
export function useClock(replacement: Clock): () => void {
  const previous = clock;
  clock = replacement;
  return () => {
    clock = previous;
  };
}
