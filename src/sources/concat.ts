/**
 * One source after the other.
 *
 * @module
 */

import { iterate, type Reading } from "./_iterator.ts";
import { END } from "../internal/pull.ts";
import type { SourceReader } from "./_reader.ts";
import type { ItemOf } from "./item_of.ts";

/**
 * All items of the first source, then all of the second, and so on.
 *
 * The items come out untouched, in the order of each source. Nothing is read ahead: a source is
 * opened at the first pull after the one before it has ended, and read one item per pull. Stopping
 * early closes the one that is open. A source that fails ends the whole, after the items before the
 * failure. Those after it are never opened then; web streams and iterators among them are closed.
 *
 * @typeParam TSources The types of the sources.
 * @param sources What to read: each is one item, or many (see `Source`).
 * @returns The items; without sources, none.
 * @category Sources
 *
 * @example A header before the lines
 * ```ts
 * import { concat, StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const lines = concat("id,name", ["1,Ada", "2,Grace"]);
 * const pipeline = StreamingPipeline.start<string>().map("cells", (line) => line.split(","));
 *
 * assertEquals(await pipeline.executeToArray(lines), [["id", "name"], ["1", "Ada"], ["2", "Grace"]]);
 * ```
 */
export function concat<TSources extends readonly unknown[]>(
  ...sources: TSources
): AsyncGenerator<ItemOf<TSources[number]>, void, undefined> {
  return iterate(sources, readInTurn<ItemOf<TSources[number]>>);
}

function* readInTurn<T>(inputs: readonly SourceReader<T>[]): Reading<T> {
  for (const input of inputs) {
    for (let item = input.next(); item !== END; item = input.next()) yield item;
  }
}
