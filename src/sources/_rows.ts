/**
 * Rows with one item of each source.
 *
 * @module
 */

import type { Reading } from "./_iterator.ts";
import { END, type SourceReader, WAIT } from "./_reader.ts";

/**
 * Rows up to the end of the shortest source; with `missing`, of the longest, and `fill` stands for
 * what is not there.
 */
export function* readRows<TRow>(
  inputs: readonly SourceReader<unknown>[],
  missing?: { readonly fill: unknown },
): Reading<TRow> {
  for (let openCount = inputs.length; openCount > 0;) {
    const row = new Array<unknown>(inputs.length).fill(missing?.fill);
    let empty = inputs.map((_, index) => index);
    openCount = 0;
    while (empty.length > 0) {
      const waiting: number[] = [];
      for (const index of empty) {
        const item = inputs[index]!.next();
        if (item === WAIT) {
          waiting.push(index);
        } else if (item !== END) {
          row[index] = item;
          openCount++;
        } else if (missing === undefined) return;
      }
      empty = waiting;
      if (empty.length > 0) yield WAIT;
    }
    // The cast: a row has one item per source, in their order.
    if (openCount > 0) yield row as TRow;
  }
}
