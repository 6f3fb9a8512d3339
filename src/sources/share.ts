/**
 * One source for several consumers.
 *
 * @module
 */

import { requireInteger, requireKnownOptions } from "../internal/validation.ts";
import { type Reading, SourceIterator } from "./_iterator.ts";
import { END, SourceReader, WAIT } from "./_reader.ts";
import type { ItemOf } from "./item_of.ts";

/** How a source is shared. */
export interface ShareOptions {
  /** How many items the fastest consumer may be ahead of the slowest: a positive integer. */
  readonly bufferSize: number;
}

/** A source that several consumers read. */
export interface SharedSource<T> extends AsyncIterable<T> {
  /** Joins: a new consumer, which sees every item from now on. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
}

const SUBJECT = { operator: "share" };
const KNOWN_OPTIONS = ["bufferSize"];

/**
 * Gives each item of one source to several consumers.
 *
 * Each iteration is a consumer, and sees every item from when it began, untouched and in order. The
 * source is opened at the first pull, once the code that runs then has come to its end: consumers
 * that are started together see all items. An item is read when the consumer that is furthest wants
 * it. Up to `bufferSize` items wait for the slowest consumer; then the others wait for it, too. An
 * iterator that was made and is never read counts as the slowest.
 *
 * A consumer that stops leaves the others alone. When the last one leaves, the source is closed,
 * without waiting for an item that it owes, and later consumers get nothing. When the source fails,
 * each consumer gets the items before and then the error, also one that comes later.
 *
 * @typeParam TSource The type of the source.
 * @param source One item, or many (see `Source`).
 * @param options How far consumers may be apart.
 * @returns What each consumer iterates over.
 * @throws {TypeError} At once, for options that are unknown.
 * @throws {RangeError} At once, for a `bufferSize` out of bounds.
 *
 * @example A sum and a count in one pass
 * ```ts
 * import { share, StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const numbers = share([1, 2, 3], { bufferSize: 16 });
 * const pipeline = StreamingPipeline.start<number>();
 * const [sum, count] = await Promise.all([
 *   pipeline.executeReduce(numbers, (total, item) => total + item, 0),
 *   pipeline.executeReduce(numbers, (total) => total + 1, 0),
 * ]);
 *
 * assertEquals([sum, count], [6, 3]);
 * ```
 */
export function share<TSource>(
  source: TSource,
  options: ShareOptions,
): SharedSource<ItemOf<TSource>> {
  requireKnownOptions(SUBJECT, options, KNOWN_OPTIONS);
  const { bufferSize } = options;
  requireInteger(SUBJECT, "bufferSize", bufferSize, 1);
  const shared = new Shared<ItemOf<TSource>>(source, bufferSize);
  return { [Symbol.asyncIterator]: () => shared.join() };
}

/** An item in the list of those that somebody has not taken; each knows the one after it. */
interface Entry<T> {
  readonly item: T | undefined;
  /** How many consumers have not taken it. */
  unread: number;
  next: Entry<T> | undefined;
}

interface Consumer<T> {
  /** The entry that it took last. */
  at: Entry<T>;
  readonly wake: () => void;
}

class Shared<T> {
  readonly #reader: SourceReader<T>;
  readonly #bufferSize: number;
  readonly #consumers: Set<Consumer<T>> = new Set();
  #newest: Entry<T> = { item: undefined, unread: 0, next: undefined };
  #buffered = 0;
  #phase: "unopened" | "opening" | "open" | "over" = "unopened";
  #failure: { readonly error: unknown } | undefined;

  constructor(source: unknown, bufferSize: number) {
    this.#reader = new SourceReader<T>(source, () => this.#receive());
    this.#bufferSize = bufferSize;
  }

  join(): SourceIterator<T> {
    return new SourceIterator<T>((wake) => {
      const consumer = { at: this.#newest, wake };
      this.#consumers.add(consumer);
      const close = (reason: unknown) => this.#leave(consumer, reason);
      return { reading: this.#read(consumer), inputs: [{ close }] };
    });
  }

  *#read(consumer: Consumer<T>): Reading<T> {
    for (;;) {
      const entry = consumer.at.next;
      if (entry !== undefined) {
        consumer.at = entry;
        this.#release(entry);
        // The cast: only the entry before the first has no item.
        yield entry.item as T;
      } else if (this.#phase !== "over") {
        this.#ask();
        if (consumer.at.next === undefined && !this.#isOver()) yield WAIT;
      } else if (this.#failure !== undefined) throw this.#failure.error;
      else return;
    }
  }

  #isOver(): boolean {
    return this.#phase === "over";
  }

  #ask(): void {
    if (this.#phase === "unopened") {
      this.#phase = "opening";
      // Consumers that begin after this one, in the same turn, are to see the first item too.
      Promise.resolve().then(() => {
        if (this.#phase !== "opening") return;
        this.#phase = "open";
        this.#wakeAll();
      });
    } else if (this.#phase === "open" && this.#buffered < this.#bufferSize) {
      if (this.#reader.ask()) this.#receive();
    }
  }

  /** Takes the answer of the source. */
  #receive(): void {
    try {
      const item = this.#reader.take();
      if (item === END) this.#phase = "over";
      else this.#append(item);
    } catch (error) {
      this.#phase = "over";
      this.#failure = { error };
    }
    this.#wakeAll();
  }

  #append(item: T): void {
    const entry = { item, unread: this.#consumers.size, next: undefined };
    this.#newest.next = entry;
    this.#newest = entry;
    this.#buffered++;
  }

  #release(entry: Entry<T>): void {
    if (--entry.unread > 0) return;
    const wasFull = this.#buffered-- === this.#bufferSize;
    if (wasFull) this.#wakeAll();
  }

  #leave(consumer: Consumer<T>, reason: unknown): Promise<void> | undefined {
    this.#consumers.delete(consumer);
    // What is appended meanwhile, because there is room now, does not count on this consumer.
    const last = this.#newest;
    for (let entry = consumer.at; entry !== last;) {
      entry = entry.next!;
      this.#release(entry);
    }
    if (this.#consumers.size > 0) return undefined;
    this.#phase = "over";
    return this.#reader.close(reason);
  }

  #wakeAll(): void {
    for (const { wake } of this.#consumers) wake();
  }
}
