// Counts what is alive after a garbage collection, on Deno.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { turn } from "../../src/testing/turns.ts";

/** An object, so that its life can be watched. */
export interface Item {
  readonly index: number;
}

/** One item in this many is watched. */
const SAMPLE = 50;
/** How often is counted while items pass. */
const LOOKS = 4;
/** The most items that may be alive: bounds, what a step keeps and the sample's coarseness included. */
const MOST_ALIVE = 200;
/** The most that the heap may grow between the looks: 75,000 races would leave 18 MB or more. */
const MOST_GROWTH_BYTES = 4_000_000;

setFlagsFromString("--expose-gc");
/** Collects what is garbage, but for what the current task still holds. */
export const collectGarbage: () => void = runInNewContext("gc");

/** How many of the objects are alive, after a garbage collection. */
export async function countLiving(refs: Iterable<WeakRef<object>>): Promise<number> {
  // What a WeakRef was asked for lives on to the end of its task.
  await turn();
  collectGarbage();
  await turn();
  return [...refs].filter((ref) => ref.deref() !== undefined).length;
}

/** Makes items, and can say how many of them are still alive. */
export class WatchedItems {
  given = 0;
  readonly #refs: WeakRef<Item>[] = [];

  make(): Item {
    const item = { index: this.given++ };
    if (item.index % SAMPLE === 0) this.#refs.push(new WeakRef(item));
    return item;
  }

  /** About how many items are alive, from the sample. */
  async countAlive(): Promise<number> {
    return await countLiving(this.#refs) * SAMPLE;
  }
}

/** Reads `outputs`, counting after each `lookEvery`: neither the items alive nor the heap may grow. */
export async function assertConstantMemory(
  outputs: AsyncIterable<unknown>,
  items: WatchedItems,
  lookEvery: number,
): Promise<void> {
  const alive: number[] = [];
  const heap: number[] = [];
  let seen = 0;

  for await (const _ of outputs) {
    if (++seen % lookEvery !== 0) continue;
    alive.push(await items.countAlive());
    heap.push(Deno.memoryUsage().heapUsed);
    if (alive.length === LOOKS) break;
  }

  assertEquals(alive.length, LOOKS);
  for (const count of alive) assertLessOrEqual(count, MOST_ALIVE);
  assertLessOrEqual(heap.at(-1)! - heap[0]!, MOST_GROWTH_BYTES);
}
