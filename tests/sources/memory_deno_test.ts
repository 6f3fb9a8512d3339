// L11: memory does not grow with the number of items that have passed, not even while a source
// stays silent for ever. Counts the items that are still alive after a garbage collection.

import {
  combineLatest,
  concat,
  interleave,
  join,
  merge,
  retrySource,
  share,
  zip,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { assertConstantMemory, type Item, WatchedItems } from "../support/living.ts";

const COUNT = 100_000;
/** Counted after each so many items; the last time a little before the end. */
const LOOK_EVERY = 24_900;

class AsyncItems extends WatchedItems {
  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    while (this.given < COUNT) yield await Promise.resolve(this.make());
  }
}

/** Never answers. */
const silent: AsyncIterable<Item> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
};

const keys = { leftKey: ({ index }: Item) => index, rightKey: ({ index }: Item) => index };
const retry = { maxAttempts: 2, backoffMs: 1 };

function shareForTwo(source: AsyncIterable<Item>): AsyncIterable<unknown> {
  const shared = share(source, { bufferSize: 8 });
  const [mine, other] = [shared[Symbol.asyncIterator](), shared[Symbol.asyncIterator]()];
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const [{ done, value }] = await Promise.all([mine.next(), other.next()]);
        return done ? { done, value } : { done: false, value };
      },
      async return() {
        await Promise.all([mine.return(), other.return()]);
        return { done: true, value: undefined };
      },
    }),
  };
}

type Build = (source: AsyncIterable<Item>) => AsyncIterable<unknown>;

const FUNCTIONS: Readonly<Record<string, Build>> = {
  "concat()": (source) => concat(source, silent),
  "merge() with a source that is silent for ever": (source) => merge(silent, source),
  "interleave()": (source) => interleave(source),
  "zip()": (source) => zip(source, new AsyncItems()),
  "combineLatest()": (source) => combineLatest(source, [{ index: 0 }]),
  "join() by hash with one side held": (source) =>
    join(source, [{ index: 7 }], { ...keys, kind: "left", strategy: "hash" }),
  "join() of sorted sides": (source) =>
    join(source, new AsyncItems(), { ...keys, kind: "inner", strategy: "sorted" }),
  "retrySource()": (source) => retrySource(() => source, retry),
  "share() with two consumers": shareForTwo,
};

for (const [name, build] of Object.entries(FUNCTIONS)) {
  test(`[L11] ${name} holds a constant number of items while 100,000 pass`, async () => {
    const source = new AsyncItems();

    await assertConstantMemory(build(source), source, LOOK_EVERY);
  });
}
