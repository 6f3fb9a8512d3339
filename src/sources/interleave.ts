/**
 * Several sources in turns.
 *
 * @module
 */

import { iterate, type Reading } from "./_iterator.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { SourceReader } from "./_reader.ts";
import type { ItemOf } from "./item_of.ts";

/**
 * One item of each source in turn: the first of each, then the second of each, and so on.
 *
 * The items come out untouched. The order depends on the sources' items alone, not on their pace: a
 * source whose turn it is is waited for. A source that has ended is left out from then on. Nothing
 * is read ahead: each pull asks one source for one item, and opens it if it is its first. Stopping
 * early closes those that are open, without waiting for one that owes an item. A source that fails
 * ends the whole when its turn has come; the others are closed first.
 *
 * @typeParam TSources The types of the sources.
 * @param sources What to read: each is one item, or many (see `Source`).
 * @returns The items; it ends when all sources have. Without sources, none.
 * @category Sources
 *
 * @example Two teams pick in turns
 * ```ts
 * import { interleave } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const picks = interleave(["a1", "a2", "a3"], ["b1"]);
 *
 * assertEquals(await Array.fromAsync(picks), ["a1", "b1", "a2", "a3"]);
 * ```
 */
export function interleave<TSources extends readonly unknown[]>(
  ...sources: TSources
): AsyncGenerator<ItemOf<TSources[number]>, void, undefined> {
  return iterate(sources, readInTurns<ItemOf<TSources[number]>>);
}

function* readInTurns<T>(inputs: readonly SourceReader<T>[]): Reading<T> {
  for (let open = inputs; open.length > 0;) {
    const left: SourceReader<T>[] = [];
    for (const input of open) {
      let item = input.next();
      for (; item === WAIT; item = input.next()) yield WAIT;
      if (item === END) continue;
      left.push(input);
      yield item;
    }
    open = left;
  }
}
