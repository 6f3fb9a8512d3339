/**
 * Several sources at once.
 *
 * @module
 */

import { type Arrivals, iterateArrivals } from "./_arrivals.ts";
import type { Reading } from "./_iterator.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { SourceReader } from "./_reader.ts";
import type { ItemOf } from "./item_of.ts";

/**
 * The items of all sources as they come: first come, first served.
 *
 * The items come out untouched. Those of one source keep their order; sources that are always ready
 * take turns. Each pull asks every source that has nothing under way for one item, so at most one
 * item per source is held; before the first pull nothing is opened. An idle source delays no other,
 * and stopping early closes all at once, without waiting for one that owes an item. When a source
 * fails, the items that have come before come out, the others are closed, and then the error comes
 * out.
 *
 * @typeParam TSources The types of the sources.
 * @param sources What to read: each is one item, or many (see `Source`).
 * @returns The items; it ends when all sources have. Without sources, none.
 * @category Sources
 *
 * @example Two feeds
 * ```ts
 * import { merge } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * async function* orders() {
 *   yield "order 1";
 *   yield "order 2";
 * }
 * const events = await Array.fromAsync(merge(orders(), ["refund 1"]));
 *
 * assertEquals(events.toSorted(), ["order 1", "order 2", "refund 1"]);
 * ```
 */
export function merge<TSources extends readonly unknown[]>(
  ...sources: TSources
): AsyncGenerator<ItemOf<TSources[number]>, void, undefined> {
  return iterateArrivals(sources, readAsTheyCome<ItemOf<TSources[number]>>);
}

function* readAsTheyCome<T>(arrivals: Arrivals<T>): Reading<T> {
  let openCount = arrivals.readers.length;
  let unasked: SourceReader<T>[] = [...arrivals.readers];
  while (openCount > 0) {
    for (const reader of unasked) arrivals.ask(reader);
    unasked = [];
    const first = arrivals.shift();
    const item = first === undefined ? WAIT : first.take();
    if (item === END) {
      openCount--;
      continue;
    }
    if (first !== undefined) unasked.push(first);
    yield item;
  }
}
