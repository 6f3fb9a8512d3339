import {
  closeIterator,
  type OpenIterator,
  openIterator,
  PromptIterator,
  requireResult,
  toMany,
} from "../internal/many.ts";
import { refuseReturned, refuseValue, requireInteger } from "../internal/validation.ts";
import type { Positioned, PositionedSource } from "./positioned_source.ts";
import { StreamIterator } from "./_records.ts";

const SUBJECT = { operator: "position" };

/**
 * What {@linkcode positioned} counts the items of; not a string.
 *
 * @typeParam T The items.
 * @category Durable runs
 */
export type Countable<T> = object & (Iterable<T> | AsyncIterable<T>);

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
  if (typeof source !== "function" && findMany(source) === undefined) {
    refuseValue(SUBJECT, "its source", rule, source);
  }
  return {
    open(from = 0) {
      requireInteger(SUBJECT, "its position", from, 0);
      return { [Symbol.asyncIterator]: () => openCounted(source, from) };
    },
  };
}

function findMany(value: unknown): ReturnType<typeof toMany> {
  return typeof value === "string" ? undefined : toMany(value);
}

function openCounted<T>(
  source: Countable<T> | (() => Countable<T>),
  from: number,
): AsyncIterator<Positioned<T, number>, void> {
  const items: unknown = typeof source === "function" ? source() : source;
  const many = findMany(items);
  if (many === undefined) {
    const place = { operator: "positioned", key: "source" };
    refuseReturned(place, "its function", "an iterable or an async iterable", items);
  }
  if (many.kind === "sync") return new Counted(openIterator(many.source, many.open), from);
  // Some browsers have web streams that are no async iterables.
  const read = many.kind === "stream" ? new StreamIterator(many.stream) : items;
  return countAsync(read as AsyncIterable<T>, from);
}

async function* countAsync<T>(
  items: AsyncIterable<T>,
  from: number,
): AsyncGenerator<Positioned<T, number>, void, undefined> {
  let position = 0;
  for await (const item of items) if (++position > from) yield { item, position };
}

/** Counts items that are available at once, without a promise for each. */
class Counted<T> extends PromptIterator<Positioned<T, number>> {
  taken: Positioned<T, number> | undefined;
  readonly #items: OpenIterator;
  readonly #from: number;
  #position = 0;
  #isOver = false;

  constructor(items: OpenIterator, from: number) {
    super();
    this.#items = items;
    this.#from = from;
  }

  override ask(): Promise<IteratorResult<Positioned<T, number>, void>> | undefined {
    try {
      return this.#take() ? undefined : Promise.resolve({ done: true, value: undefined });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Whether there is another item. */
  #take(): boolean {
    while (!this.#isOver) {
      // What throws is over, and is not closed.
      this.#isOver = true;
      const { iterator, next } = this.#items;
      const result: unknown = next.call(iterator);
      requireResult(result);
      if (result.done) break;
      this.#isOver = false;
      const position = ++this.#position;
      if (position <= this.#from) continue;
      this.taken = { item: result.value as T, position };
      return true;
    }
    return false;
  }

  override async stop(reason: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await closeIterator(this.#items.iterator, reason);
  }
}
