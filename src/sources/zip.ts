/**
 * Several sources side by side.
 *
 * @module
 */

import { iterateRows } from "./_rows.ts";
import type { ItemsOf } from "./item_of.ts";

/**
 * Rows with one item of each source: the first items of all, the second items of all, and so on.
 *
 * A row is a tuple in the order of the sources. All sources are asked for their part of a row at
 * the same time, so that a row takes as long as its slowest part; no more than the row that is asked
 * for is read. It ends with the shortest source: as soon as one has ended, the others are closed,
 * and the parts of the unfinished row are dropped. A source that fails ends the whole at once, after
 * the rows before. Stopping early closes all, without waiting for one that owes an item.
 *
 * @typeParam TSources The types of the sources.
 * @param sources What to read: each is one item, or many (see `Source`).
 * @returns The rows; without sources, none.
 * @category Sources
 *
 * @example Questions and answers
 * ```ts
 * import { zip } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * async function* answers() {
 *   yield 4;
 *   yield 6;
 * }
 * const rows = zip(["2 + 2", "2 * 3", "1 / 0"], answers());
 *
 * assertEquals(await Array.fromAsync(rows), [["2 + 2", 4], ["2 * 3", 6]]);
 * ```
 */
export function zip<TSources extends readonly unknown[]>(
  ...sources: TSources
): AsyncGenerator<ItemsOf<TSources>, void, undefined> {
  return iterateRows<ItemsOf<TSources>>(sources);
}
