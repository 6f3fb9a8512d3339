// L11: memory does not grow with the number of items that have passed, not even while a source
// stays silent for ever. Counts the items that are still alive after a garbage collection.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
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
import { turn } from "../../src/testing/turns.ts";

interface Item {
  readonly index: number;
}

const COUNT = 100_000;
/** A look at what is alive comes after each so many items; the last a little before the end. */
const LOOK_EVERY = 24_900;
const LOOKS = 4;
/** One item in this many is watched. */
const SAMPLE = 50;
/** The most items that may be alive, the sample's coarseness included. */
const MOST_ALIVE = 200;
/** The most that the heap may grow between the looks: 75,000 races would leave 18 MB or more. */
const MOST_GROWTH_BYTES = 4_000_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Gives items, one after the other, and can say how many of them are still alive. */
class WatchedItems {
  readonly #refs: WeakRef<Item>[] = [];

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (let index = 0; index < COUNT; index++) {
      const item = { index };
      if (index % SAMPLE === 0) this.#refs.push(new WeakRef(item));
      yield await Promise.resolve(item);
    }
  }

  async countAlive(): Promise<number> {
    // What a WeakRef was asked for lives on to the end of its task.
    await turn();
    collectGarbage();
    await turn();
    return this.#refs.filter((ref) => ref.deref() !== undefined).length * SAMPLE;
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
  "zip()": (source) => zip(source, new WatchedItems()),
  "combineLatest()": (source) => combineLatest(source, [{ index: 0 }]),
  "join() by hash with one side held": (source) =>
    join(source, [{ index: 7 }], { ...keys, kind: "left", strategy: "hash" }),
  "join() of sorted sides": (source) =>
    join(source, new WatchedItems(), { ...keys, kind: "inner", strategy: "sorted" }),
  "retrySource()": (source) => retrySource(() => source, retry),
  "share() with two consumers": shareForTwo,
};

for (const [name, build] of Object.entries(FUNCTIONS)) {
  test(`[L11] ${name} holds a constant number of items while 100,000 pass`, async () => {
    const source = new WatchedItems();
    const alive: number[] = [];
    const heap: number[] = [];
    let seen = 0;

    for await (const _ of build(source)) {
      if (++seen % LOOK_EVERY !== 0) continue;
      alive.push(await source.countAlive());
      heap.push(Deno.memoryUsage().heapUsed);
      if (alive.length === LOOKS) break;
    }

    assertEquals(alive.length, LOOKS);
    for (const count of alive) assertLessOrEqual(count, MOST_ALIVE);
    assertLessOrEqual(heap.at(-1)! - heap[0]!, MOST_GROWTH_BYTES);
  });
}
