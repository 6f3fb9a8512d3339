/**
 * The latest items of several sources.
 *
 * @module
 */

import { type Arrivals, iterateArrivals } from "./_arrivals.ts";
import type { Reading } from "./_iterator.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { ItemsOf } from "./item_of.ts";

/**
 * Rows with the latest item of each source: one row whenever a source gives an item, once all have
 * given one.
 *
 * A row is a tuple in the order of the sources, and a new one each time. Items count in the order in
 * which they come, and each makes its own row: a slow reader slows the sources down and misses
 * nothing. Each pull asks every source that has nothing under way for one item, so at most one item
 * per source is held; until all have given their first, none is asked for a second. It ends when all
 * sources have, or at once when one has ended without an item. When a source fails, the rows of what
 * came before come out, the others are closed, and then the error comes out. Stopping early closes
 * all, without waiting for one that owes an item.
 *
 * @typeParam TSources The types of the sources.
 * @param sources What to read: each is one item, or many (see `Source`).
 * @returns The rows; without sources, none.
 * @category Sources
 *
 * @example A price and a rate
 * ```ts
 * import { combineLatest } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const totals: number[] = [];
 * for await (const [price, rate] of combineLatest([100, 200], [1.5])) totals.push(price * rate);
 *
 * assertEquals(totals, [150, 300]);
 * ```
 */
export function combineLatest<TSources extends readonly unknown[]>(
  ...sources: TSources
): AsyncGenerator<ItemsOf<TSources>, void, undefined> {
  return iterateArrivals(sources, readLatest<ItemsOf<TSources>>);
}

function* readLatest<TRow>(arrivals: Arrivals<unknown>): Reading<TRow> {
  const { readers } = arrivals;
  const indexes = new Map(readers.map((reader, index) => [reader, index]));
  const latest = new Array<unknown>(readers.length);
  const given = new Set<number>();
  let openCount = readers.length;
  let unasked = [...readers];
  while (openCount > 0) {
    if (given.size === 0 || given.size === readers.length) {
      for (const reader of unasked) arrivals.ask(reader);
      unasked = [];
    }
    const first = arrivals.shift();
    if (first === undefined) {
      yield WAIT;
      continue;
    }
    const index = indexes.get(first)!;
    const item = first.take();
    if (item === END) {
      if (!given.has(index)) return;
      openCount--;
      continue;
    }
    latest[index] = item;
    given.add(index);
    unasked.push(first);
    // The cast: a row has one item per source, in their order.
    if (given.size === readers.length) yield [...latest] as TRow;
  }
}
