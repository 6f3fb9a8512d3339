/**
 * Several sources side by side, to the end of the longest.
 *
 * @module
 */

import { iterateRows } from "./_rows.ts";
import type { ItemsOf } from "./item_of.ts";

/**
 * Rows of sources that may have ended: `TFill` is the type of what replaces a missing item.
 *
 * @category Sources
 */
export type FilledRow<TRow extends readonly unknown[], TFill> = {
  -readonly [TIndex in keyof TRow]: TRow[TIndex] | TFill;
};

/**
 * As `zip`, but to the end of the longest source: `fill` replaces the items of those that have
 * ended.
 *
 * A row is a tuple in the order of the sources. All sources are asked for their part of a row at
 * the same time; no more than the row that is asked for is read. A source that fails ends the whole
 * at once, after the rows before; the others are closed first. Stopping early closes all, without
 * waiting for one that owes an item.
 *
 * @typeParam TFill The type of what replaces a missing item.
 * @typeParam TSources The types of the sources.
 * @param fill What replaces a missing item; `undefined` is as good as any.
 * @param sources What to read: each is one item, or many (see `Source`).
 * @returns The rows; without sources, none.
 * @category Sources
 *
 * @example Columns of different length
 * ```ts
 * import { zipLongest } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = zipLongest("", ["a", "b"], ["1"]);
 *
 * assertEquals(await Array.fromAsync(rows), [["a", "1"], ["b", ""]]);
 * ```
 */
export function zipLongest<TFill, TSources extends readonly unknown[]>(
  fill: TFill,
  ...sources: TSources
): AsyncGenerator<FilledRow<ItemsOf<TSources>, TFill>, void, undefined> {
  return iterateRows<FilledRow<ItemsOf<TSources>, TFill>>(sources, { fill });
}
