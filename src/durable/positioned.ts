import { toMany } from "../internal/many.ts";
import { complaint, requireInteger, returned } from "../internal/validation.ts";
import type { Positioned, PositionedSource } from "./positioned_source.ts";

const SUBJECT = { operator: "positioned" };

/**
 * What {@linkcode positioned} counts the items of.
 *
 * @typeParam T The items.
 * @category Durable runs
 */
export type Countable<T> = Iterable<T> | AsyncIterable<T>;

/**
 * A source whose position is the number of items that have been read: for arrays, and for what gives
 * the same items each time that it is opened, such as a generator without randomness.
 *
 * Opened from a position, it leaves out as many items. It can be opened any number of times, unless
 * it is over an iterator, which is read once: give a function that makes one.
 *
 * @typeParam T The items.
 * @param source What holds the items, or a function that returns it, called at each opening.
 * @returns The source.
 * @throws {TypeError} If `source` is neither.
 * @category Durable runs
 *
 * @example Reading on
 * ```ts
 * import { positioned } from "@headrace/pipeline/durable";
 * import { assertEquals } from "@std/assert";
 *
 * const source = positioned(["a", "b", "c"]);
 * const read = await Array.fromAsync(source.open(1, new AbortController().signal));
 *
 * assertEquals(read, [{ item: "b", position: 2 }, { item: "c", position: 3 }]);
 * ```
 */
export function positioned<T>(
  source: Countable<T> | (() => Countable<T>),
): PositionedSource<T, number> {
  const rule = "an iterable, an async iterable or a function that returns one";
  if (typeof source !== "function" && !isCountable(source)) {
    throw new TypeError(complaint(SUBJECT, "its source", rule, source));
  }
  return {
    open(from) {
      if (from !== undefined) requireInteger(SUBJECT, "its position", from, 0);
      return count(source, from ?? 0);
    },
  };
}

function isCountable(value: unknown): boolean {
  return typeof value !== "string" && toMany(value) !== undefined;
}

async function* count<T>(
  source: Countable<T> | (() => Countable<T>),
  from: number,
): AsyncGenerator<Positioned<T, number>, void, undefined> {
  const items: unknown = typeof source === "function" ? source() : source;
  if (!isCountable(items)) {
    const place = { operator: "positioned", key: "source" };
    throw new TypeError(returned(place, "its function", "an iterable or an async iterable", items));
  }
  let position = 0;
  // A web stream is an async iterable, too, on all runtimes but some browsers.
  for await (const item of items as AsyncIterable<T>) {
    if (++position > from) yield { item, position };
  }
}
