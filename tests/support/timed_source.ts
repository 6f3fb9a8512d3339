// A source whose items come at set moments of a fake clock, and a reader that notes when what comes
// out of a run does.

import { createDeferred } from "../../src/internal/promises.ts";
import type { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";

/** An item, and the moment at which it comes. */
export type Arrival<T> = readonly [atMs: number, item: T];

/** How a source ends: by itself, never, or by throwing this. */
export type Ending = "ends" | "is silent" | Error;

/** A live source: a reader that asks before an item has come waits for it. */
export class TimedSource<T> implements AsyncIterable<T> {
  /** How often it was closed. */
  closed = 0;
  /** How many items were asked for. */
  pulls = 0;

  readonly #clock: TestClock;
  readonly #arrivals: readonly Arrival<T>[];
  readonly #ending: Ending;

  constructor(clock: TestClock, arrivals: readonly Arrival<T>[], ending: Ending = "ends") {
    this.#clock = clock;
    this.#arrivals = arrivals;
    this.#ending = ending;
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => this.#next(),
      return: () => {
        this.closed++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  async #next(): Promise<IteratorResult<T>> {
    const arrival = this.#arrivals[this.pulls++];
    if (arrival === undefined) {
      if (this.#ending === "is silent") await new Promise(() => {});
      if (this.#ending instanceof Error) throw this.#ending;
      return { done: true, value: undefined };
    }
    const [atMs, item] = arrival;
    const delayMs = atMs - this.#clock.now();
    if (delayMs > 0) {
      const arrived = createDeferred<void>();
      this.#clock.schedule(() => arrived.resolve(), delayMs);
      await arrived.promise;
    }
    return { done: false, value: item };
  }
}

/** Arrivals of 0, 1, 2… at these moments. */
export function arriveAt(...moments: readonly number[]): Arrival<number>[] {
  return moments.map((atMs, item) => [atMs, item]);
}

/** What came out of a run, each with the moment at which it did, and how the run ended. */
export interface TimedOutcome<T> {
  readonly items: readonly Arrival<T>[];
  readonly endedAtMs: number | undefined;
  readonly error: unknown;
}

/** Reads to the end, the time moving on to whatever is next; gives up where nothing moves it. */
export async function readTimed<T>(
  clock: TestClock,
  source: AsyncIterable<T>,
  pauseMs: (item: T) => number = () => 0,
): Promise<TimedOutcome<T>> {
  const items: Arrival<T>[] = [];
  let endedAtMs: number | undefined;
  const reading = watch(
    (async () => {
      for await (const item of source) {
        items.push([clock.now(), item]);
        const pause = pauseMs(item);
        if (pause > 0) await new Promise<void>((resolve) => clock.schedule(resolve, pause));
      }
    })().finally(() => endedAtMs = clock.now()),
  );
  await clock.advance(0);
  while (reading.state === "pending" && clock.nextDueMs !== undefined) {
    await clock.advance(clock.nextDueMs - clock.now());
  }
  if (reading.state === "pending") throw new Error("The run waits, and no timer does");
  return { items, endedAtMs, error: reading.error };
}
