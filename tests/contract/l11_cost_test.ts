// L11: the cost per item does not grow with `concurrencyLimit`, nor with what is open or waits.
// Counted, not timed: how often the promise of each call is asked for its outcome, how often maps are
// looked into.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { share, StreamingPipeline } from "../../mod.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { test } from "../harness.ts";
import { countMapOperations } from "../support/map_probe.ts";
import { range } from "./_rows.ts";

const COUNT = 400;
const LIMITS = [1, 2, 16, 1000] as const;

/** A promise that notes each subscription; races subscribe to all that are pending, again and again. */
class CountedPromise<T> extends Promise<T> {
  static subscriptions = 0;

  override then<TResult1 = T, TResult2 = never>(
    onValue?: ((value: T) => TResult1 | PromiseLike<TResult1>) | null,
    onError?: ((reason: unknown) => TResult2 | PromiseLike<TResult2>) | null,
  ): Promise<TResult1 | TResult2> {
    CountedPromise.subscriptions++;
    return Promise.resolve(super.then(onValue, onError));
  }

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
}

/** Resolves later, each in its turn. */
function answerLater<T>(value: T): Promise<T> {
  return new CountedPromise((resolve) => void Promise.resolve().then(() => resolve(value)));
}

/** Runs `work`; how often a signal was aborted meanwhile. */
async function countAborts(work: () => Promise<unknown>): Promise<number> {
  const { abort } = AbortController.prototype;
  let count = 0;
  AbortController.prototype.abort = function (reason) {
    count++;
    abort.call(this, reason);
  };
  try {
    await work().catch(() => {});
  } finally {
    AbortController.prototype.abort = abort;
  }
  return count;
}

/** In which order calls that run side by side fail. */
const FAILING_ORDERS: Readonly<Record<string, (index: number) => number>> = {
  "first to last": (index) => index,
  "last to first": (index) => COUNT - index,
  "all over": (index) => index * 7 % 31,
};

for (const ordered of [true, false]) {
  const order = ordered ? "" : " unordered";

  test(`[L11] map() parallel${order} asks each promise as often at every limit`, async () => {
    for (const concurrencyLimit of LIMITS) {
      CountedPromise.subscriptions = 0;
      const pipeline = StreamingPipeline.start<number>()
        .map("work", answerLater, { parallel: true, concurrencyLimit, ordered });

      const given = await pipeline.executeToArray(range(COUNT));

      assertEquals(given.length, COUNT);
      assertLessOrEqual(CountedPromise.subscriptions, 2 * COUNT);
    }
  });

  test(`[L11] flatMap() parallel${order} asks each promise as often at every limit`, async () => {
    for (const concurrencyLimit of LIMITS) {
      CountedPromise.subscriptions = 0;
      const iterable = (item: number) => ({
        [Symbol.asyncIterator]() {
          let left = 2;
          return { next: () => answerLater({ done: left-- === 0, value: item }) };
        },
      });
      const pipeline = StreamingPipeline.start<number>()
        .flatMap("many", iterable, { parallel: true, concurrencyLimit, ordered });

      const given = await pipeline.executeToArray(range(COUNT));

      assertEquals(given.length, 2 * COUNT);
      assertLessOrEqual(CountedPromise.subscriptions, 2 * 3 * COUNT);
    }
  });

  for (const [which, hopsOf] of Object.entries(FAILING_ORDERS)) {
    const options = { parallel: true, concurrencyLimit: COUNT, ordered };
    const fail = async (index: number) => {
      for (let hops = hopsOf(index); hops > 0; hops--) await undefined;
      throw new Error("it fails");
    };

    test(`[L11] map() parallel${order} aborts each call once when all fail, ${which}`, async () => {
      const pipeline = StreamingPipeline.start<number>().map("work", fail, options);

      const aborts = await countAborts(() => pipeline.executeToArray(range(COUNT)));

      assertLessOrEqual(aborts, COUNT);
    });

    test(`[L11] flatMap() parallel${order} aborts each call once when all fail, ${which}`, async () => {
      const pipeline = StreamingPipeline.start<number>().flatMap("many", fail, options);

      const aborts = await countAborts(() => pipeline.executeToArray(range(COUNT)));

      assertLessOrEqual(aborts, COUNT);
    });
  }
}

interface Event {
  readonly at: number;
}

const timestamp = ({ at }: Event) => at;
const allowedLatenessMs = Number.MAX_SAFE_INTEGER;

/** Pipelines that keep more windows open the more items have come, and what the items are. */
const OPEN_WINDOWS = {
  "sessions of one key": [
    StreamingPipeline.start<Event>().windowTime("w", { timestamp, gapMs: 10, allowedLatenessMs }),
    (index: number) => 20 * index,
  ],
  "sessions that merge": [
    StreamingPipeline.start<Event>().windowTime("w", { timestamp, gapMs: 10, allowedLatenessMs }),
    (index: number, count: number) => 14 * (index % (count / 2)) + (index < count / 2 ? 0 : 7),
  ],
  "sessions of many keys": [
    StreamingPipeline.start<Event>()
      .windowTime("w", { timestamp, gapMs: 10, allowedLatenessMs, by: timestamp }),
    (index: number) => index,
  ],
  "sliding windows": [
    StreamingPipeline.start<Event>()
      .windowTime("w", { timestamp, sizeMs: 20, slideMs: 10, allowedLatenessMs }),
    (index: number) => 20 * index,
  ],
} as const;

for (const [name, [pipeline, at]] of Object.entries(OPEN_WINDOWS)) {
  test(`[L11] an item of ${name} costs as much, however many are open`, async () => {
    const perItem = async (count: number) => {
      const events = range(count).map((index) => ({ at: at(index, count) }));
      return await countMapOperations(() => pipeline.executeToArray(events)) / count;
    };

    const [few, many] = [await perItem(40), await perItem(2_000)];

    assertLessOrEqual(many, 1.5 * few);
  });
}

/** Work with `count` of something at a time. */
const MANY: Readonly<Record<string, (count: number) => unknown>> = {
  async "a reader of share() that leaves"(count) {
    const shared = share(range(3), { bufferSize: 2 });
    const readers = range(count).map(() => shared[Symbol.asyncIterator]());
    await Promise.all(readers.map((reader) => reader.next()));
    for (const reader of readers) await reader.return();
  },
  async "what perRun() closes"(count) {
    await StreamingPipeline.start<number>()
      .tap("open", (_item, _index, { perRun }) => void perRun(() => ({ [Symbol.dispose]() {} })))
      .executeToArray(range(count));
  },
  "a timer of a TestClock"(count) {
    const clock = new TestClock();
    const stops = range(2 * count).map((index) => clock.schedule(() => {}, index * 7 % count));
    for (const [index, stop] of stops.entries()) if (index % 2 === 0) stop();
    while (clock.fireNext());
  },
};

for (const [what, work] of Object.entries(MANY)) {
  test(`[L11] ${what} costs as much, however many there are`, async () => {
    const each = async (count: number) => await countMapOperations(() => work(count)) / count;

    const [few, many] = [await each(40), await each(2_000)];

    assertLessOrEqual(many, 1.5 * few);
  });
}
