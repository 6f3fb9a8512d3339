import { type Clock, useClock } from "../internal/clock.ts";

interface Timer {
  readonly callback: () => void;
  readonly dueMs: number;
}

/**
 * A clock that stands still until it is moved: all timers of the library go by it while it is in use,
 * those of the program do not.
 *
 * @category Testing
 *
 * @example A minute in no time
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { TestClock } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new TestClock();
 * const items = await clock.use(async () => {
 *   const run = StreamingPipeline.start<string>().delay("later", 60_000).executeToArray("mill");
 *   await clock.finish(run);
 *   return await run;
 * });
 *
 * assertEquals([items, clock.now()], [["mill"], 60_000]);
 * ```
 */
export class TestClock {
  #nowMs = 0;
  readonly #timers: Set<Timer> = new Set();
  readonly #clock: Clock = {
    now: () => this.#nowMs,
    wallTime: () => this.#nowMs,
    schedule: (callback, delayMs) => {
      const timer = { callback, dueMs: this.#nowMs + Math.max(delayMs, 0) };
      this.#timers.add(timer);
      return () => void this.#timers.delete(timer);
    },
  };

  /**
   * How many timers are set.
   *
   * @category Testing
   */
  get timerCount(): number {
    return this.#timers.size;
  }

  /**
   * Milliseconds by which it was moved.
   *
   * @category Testing
   */
  now(): number {
    return this.#nowMs;
  }

  /**
   * Moves on to the next timer, and calls it; false where there is none.
   *
   * @category Testing
   */
  fireNext(): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.dueMs < (next?.dueMs ?? Infinity)) next = timer;
    if (next === undefined) return false;
    this.#timers.delete(next);
    this.#nowMs = next.dueMs;
    next.callback();
    return true;
  }

  /**
   * Moves on from timer to timer, with time for what follows from each, until `work` is settled.
   * Rejects where no timer is left and `work` does not settle either, nor after 10,000 timers. No timer
   * is called while what `progress` returns changes.
   *
   * @category Testing
   */
  async finish(work: Promise<unknown>, progress: () => unknown = () => 0): Promise<void> {
    let isSettled = false;
    const note = () => {
      isSettled = true;
    };
    work.then(note, note);
    let last = progress();
    let fired = 0;
    for (let idle = 0; idle < MAX_IDLE_ROUNDS && fired < MAX_TIMERS; idle++) {
      for (let turn = 0; turn < TURNS; turn++) await undefined;
      if (isSettled) return;
      const next = progress();
      if (next !== last) idle = 0;
      else if (this.fireNext()) {
        idle = 0;
        fired++;
      }
      last = next;
    }
    const timers = fired === MAX_TIMERS ? `after ${fired} timers` : "and no timer is set";
    throw new Error(`What was waited for does not settle, ${timers}`);
  }

  /**
   * Runs `body` with the library on this clock.
   *
   * @category Testing
   */
  async use<T>(body: () => T | Promise<T>): Promise<T> {
    const restore = useClock(this.#clock);
    try {
      return await body();
    } finally {
      restore();
    }
  }
}

/** Turns of the microtask queue between two timers: more than what follows from one takes. */
const TURNS = 200;
/** Timers after which something waits without end for what does not come. */
const MAX_TIMERS = 10_000;
/** Rounds without a timer after which nothing is expected to happen any more. */
const MAX_IDLE_ROUNDS = 50;
