import { type Clock, clock, MAX_TIMER_MS, scheduleInParts, useClock } from "../internal/clock.ts";
import { isPromiseLike, waitTurns } from "../internal/promises.ts";
import { RemovableHeap } from "../internal/removable_heap.ts";
import { refusal, refuseValue, requireFunction, requireNumber } from "../internal/validation.ts";
import { settle, turn } from "./turns.ts";

const ADVANCE = { operator: "advance a TestClock" };
const FINISH = { operator: "finish by a TestClock" };
const USE = { operator: "use a TestClock" };

/** A clock in use. */
interface Use {
  /** The library's clock before. */
  readonly before: Clock;
}

/** The clocks in use, each within the one before it. */
const uses: Use[] = [];

interface Timer {
  readonly callback: () => void;
  readonly dueMs: number;
  /** Its place in the order in which timers were set. */
  readonly place: number;
}

/** Turns of the microtask queue in which most of what follows from a timer has happened. */
const TURNS = 200;
/** Timers after which something waits without end for what does not come. */
const MAX_TIMERS = 10_000;
/** Rounds without a timer after which nothing is expected to happen any more. */
const MAX_IDLE_ROUNDS = 50;

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
  #placeCount = 0;
  readonly #timers: RemovableHeap<Timer> = new RemovableHeap(isBefore);
  /** What timers were set to, in milliseconds, in the order in which they were set. */
  readonly delays: number[] = [];

  /**
   * How many timers are set: 0 when nothing was left over.
   *
   * @category Testing
   */
  get timerCount(): number {
    return this.#timers.size;
  }

  /**
   * When the next timer is due, in milliseconds of this clock, if there is one.
   *
   * @category Testing
   */
  get nextDueMs(): number | undefined {
    return this.#timers.peek()?.dueMs;
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
   * The same as milliseconds since the Unix epoch, at which the clock begins.
   *
   * @category Testing
   */
  wallTime(): number {
    return this.#nowMs;
  }

  /**
   * Sets a timer on this clock; the result stops it.
   *
   * @category Testing
   */
  schedule(callback: () => void, delayMs: number): () => void {
    this.delays.push(delayMs);
    return scheduleInParts(this.#startTimer, callback, delayMs);
  }

  /** Throws for a delay that no timer can hold: platforms would call back at once. */
  readonly #startTimer = (callback: () => void, delayMs: number): () => void => {
    if (!(delayMs <= MAX_TIMER_MS)) throw new RangeError(`No timer can be set to ${delayMs} ms`);
    const timer = { callback, dueMs: this.#nowMs + delayMs, place: this.#placeCount++ };
    this.#timers.push(timer);
    return () => this.#timers.remove(timer);
  };

  /**
   * Moves on to the next timer, and calls it; false where there is none.
   *
   * @category Testing
   */
  fireNext(): boolean {
    const next = this.#timers.peek();
    if (next === undefined) return false;
    this.#timers.remove(next);
    this.#nowMs = next.dueMs;
    next.callback();
    return true;
  }

  /**
   * Lets everything happen that can, then moves on by `ms`, calling the timers that become due in
   * their order, with time for what follows from each. Rejects with a `RangeError` where `ms` is no
   * finite number of at least 0.
   *
   * @category Testing
   */
  async advance(ms: number): Promise<void> {
    requireNumber(ADVANCE, "ms", ms, 0);
    await settle();
    const untilMs = this.#nowMs + ms;
    while ((this.nextDueMs ?? Infinity) <= untilMs) {
      this.fireNext();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }

  /**
   * Moves on from timer to timer, with time for what follows from each, until `work` is settled.
   * Rejects where no timer is left and `work` does not settle either, nor after 10,000 timers. No timer
   * is called while what `progress` returns changes; a promise is waited for.
   *
   * @category Testing
   */
  async finish(work: Promise<unknown>, progress: () => unknown = () => 0): Promise<void> {
    if (!isPromiseLike(work)) {
      refuseValue(FINISH, "its work", "a promise", work);
    }
    requireFunction(FINISH, "progress", progress);
    let isSettled = false;
    const note = () => {
      isSettled = true;
    };
    work.then(note, note);
    let last = await progress();
    let fired = 0;
    for (let idle = 0; idle < MAX_IDLE_ROUNDS && fired < MAX_TIMERS; idle++) {
      await waitTurns(TURNS);
      // However much follows from one timer, the next one waits for all of it.
      if (!isSettled) await turn();
      if (isSettled) return;
      const next = await progress();
      if (next !== last) idle = 0;
      else if (this.fireNext()) {
        idle = 0;
        fired++;
      }
      last = next;
    }
    const timers = fired === MAX_TIMERS ? `after ${fired} timers` : "and no timer is set";
    const where = clock === this ? "" : ": the library is not on this clock, as it is in use()";
    throw new Error(`What was waited for does not settle, ${timers}${where}`);
  }

  /**
   * Runs `body` with the library on this clock. Rejects where what used another one before has ended
   * first, which has put the clock back.
   *
   * @category Testing
   */
  async use<T>(body: (clock: TestClock) => T | Promise<T>): Promise<T> {
    requireFunction(USE, "its body", body);
    const use: Use = { before: clock };
    uses.push(use);
    useClock(this);
    let result: T;
    try {
      result = await body(this);
    } catch (error) {
      leave(use);
      throw error;
    }
    if (leave(use)) return result;
    const problem = "what used another one before has ended first: there is one clock at a time";
    throw new Error(refusal(USE, problem));
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.place < b.place);
}

/** Puts the clock back; false where one that was in use before has done so. */
function leave(use: Use): boolean {
  const at = uses.indexOf(use);
  if (at < 0) return false;
  uses.length = at;
  useClock(use.before);
  return true;
}
