/**
 * Rows with one item of each source.
 *
 * @module
 */

import { type Arrivals, iterateArrivals } from "./_arrivals.ts";
import type { Reading, SourceIterator } from "./_iterator.ts";
import { END, WAIT } from "../internal/pull.ts";

/**
 * Rows up to the end of the shortest source; with `missing`, of the longest, and `fill` replaces
 * what is missing.
 */
export function iterateRows<TRow>(
  sources: readonly unknown[],
  missing?: { readonly fill: unknown },
): SourceIterator<TRow> {
  return iterateArrivals<unknown, TRow>(sources, (arrivals) => readRows(arrivals, missing));
}

/** A source that has to be waited for is read once, when it has answered. */
function* readRows<TRow>(
  arrivals: Arrivals<unknown>,
  missing?: { readonly fill: unknown },
): Reading<TRow> {
  const { readers } = arrivals;
  const indexes = new Map(readers.map((reader, index) => [reader, index]));
  for (let openCount = readers.length; openCount > 0;) {
    const row = new Array<unknown>(readers.length).fill(missing?.fill);
    openCount = 0;
    let waiting = 0;
    for (const [index, reader] of readers.entries()) {
      const item = reader.next();
      if (item === WAIT) waiting++;
      else if (item !== END) {
        row[index] = item;
        openCount++;
      } else if (missing === undefined) return;
    }
    while (waiting > 0) {
      const reader = arrivals.shift();
      if (reader === undefined) {
        yield WAIT;
        continue;
      }
      waiting--;
      const item = reader.take();
      if (item !== END) {
        row[indexes.get(reader)!] = item;
        openCount++;
      } else if (missing === undefined) return;
    }
    // The cast: a row has one item per source, in their order.
    if (openCount > 0) yield row as TRow;
  }
}
