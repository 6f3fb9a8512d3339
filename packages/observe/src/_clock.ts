/**
 * The one place where the package takes its time from, so that tests can replace it.
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

/** The runtime's own clock. Its timers keep no process alive: what is observed does. */
const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule(callback, delayMs) {
    // A number in browsers and Workers, an object elsewhere.
    const timer: unknown = setTimeout(callback, delayMs);
    (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as number);
  },
};

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

/** Calls `callback` every `intervalMs`, until the function that it returns is called. */
export function repeat(callback: () => void, intervalMs: number): () => void {
  let stop = clock.schedule(tick, intervalMs);
  let isStopped = false;
  function tick(): void {
    callback();
    if (!isStopped) stop = clock.schedule(tick, intervalMs);
  }
  return () => {
    isStopped = true;
    stop();
  };
}
