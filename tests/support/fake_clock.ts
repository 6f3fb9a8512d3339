// A clock that stands still until a test moves it.

import { type Clock, MAX_TIMER_MS, scheduleInParts, useClock } from "../../src/internal/clock.ts";
import { settle } from "./turns.ts";

interface Timer {
  readonly callback: () => void;
  readonly dueMs: number;
}

/** Time and timers that only {@linkcode FakeClock.advance} moves. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();
  /** What timers were set to, in the order in which they were. */
  readonly delays: number[] = [];

  /** How many timers wait: 0 when nothing was left over. */
  get waiting(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  wallTime(): number {
    return this.#nowMs;
  }

  schedule(callback: () => void, delayMs: number): () => void {
    this.delays.push(delayMs);
    return scheduleInParts(this.#startTimer, callback, delayMs);
  }

  /** As strict as the platforms are lax: there, what no timer can hold is due at once. */
  readonly #startTimer = (callback: () => void, delayMs: number): () => void => {
    if (!(delayMs <= MAX_TIMER_MS)) throw new RangeError(`No timer can be set to ${delayMs} ms`);
    const timer = { callback, dueMs: this.#nowMs + Math.max(delayMs, 0) };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** When the next timer is due, if there is one. */
  get nextDueMs(): number | undefined {
    return this.#first()?.dueMs;
  }

  /** Moves time on to the next timer and calls it. */
  fireNext(): void {
    const next = this.#first();
    if (next === undefined) throw new Error("No timer waits");
    this.#timers.delete(next);
    this.#nowMs = next.dueMs;
    next.callback();
  }

  /**
   * Lets happen what can, then moves time on, calling what becomes due in its order; then lets all
   * that follows happen.
   */
  async advance(ms: number): Promise<void> {
    await settle();
    const untilMs = this.#nowMs + ms;
    while ((this.nextDueMs ?? Infinity) <= untilMs) {
      this.fireNext();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (first === undefined || timer.dueMs < first.dueMs) first = timer;
    }
    return first;
  }
}

/** Runs `body` with a fake clock in force. */
export async function withFakeClock<T>(body: (clock: FakeClock) => Promise<T>): Promise<T> {
  const clock = new FakeClock();
  const restore = useClock(clock);
  try {
    return await body(clock);
  } finally {
    restore();
  }
}
