/**
 * One source for several readers.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { ignoreLateOutcome } from "../internal/promises.ts";
import {
  requireInteger,
  requireKnownOptions,
  requireName,
  requireNumber,
} from "../internal/validation.ts";
import { SourceIterator } from "./_iterator.ts";
import { END, WAIT } from "../internal/pull.ts";
import { SourceReader } from "./_reader.ts";
import type { ItemOf } from "./item_of.ts";

/**
 * How a source is shared.
 *
 * @category Sources
 */
export interface ShareOptions {
  /** How many items the fastest reader may be ahead of the slowest: a positive integer. */
  readonly bufferSize: number;
  /**
   * How long the slowest reader may take nothing while others wait for it, in milliseconds: a
   * number of at least 1. Then all fail with the code `SHARE_STALLED`. For ever by default.
   */
  readonly stallMs?: number | undefined;
}

/**
 * One reader of a shared source, at one moment.
 *
 * @category Sources
 */
export interface SharedReaderMetrics {
  /** The name that it was given, or `reader 1`, `reader 2` and so on, as they came. */
  readonly name: string;
  /** How many items it has taken. */
  readonly takenCount: number;
  /** How many items wait for it. */
  readonly waitingCount: number;
  /** Whether others wait for it: it is the slowest, the buffer is full, and they want more. */
  readonly isAwaited: boolean;
}

/**
 * A shared source at one moment.
 *
 * @category Sources
 */
export interface SharedMetrics {
  /** How many items are buffered. */
  readonly bufferedCount: number;
  /** Those that read it now, in the order in which they came. */
  readonly readers: readonly SharedReaderMetrics[];
}

/**
 * A source that several readers share.
 *
 * @category Sources
 */
export interface SharedSource<T> extends AsyncIterable<T> {
  /** Joins: a new reader, which sees every item from now on. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
  /** The same source for a reader with a name, which figures and errors show. */
  reader(name: string): AsyncIterable<T>;
  /** What each reader has taken, and for which one the others wait. */
  metrics(): SharedMetrics;
}

const SUBJECT = { operator: "share" };
const KNOWN_OPTIONS = ["bufferSize", "stallMs"];

/**
 * Gives each item of one source to several readers.
 *
 * Each iteration is a reader, and sees every item from when it began, untouched and in order. The
 * source is opened at the first pull, once the code that runs then has ended: readers that are
 * started together see all items. An item is read when the reader that is furthest ahead wants it.
 * Up to `bufferSize` items wait for the slowest reader; then the others wait for it, too: the
 * figures say for which one, and `stallMs` for how long at most. An iterator that was made and is
 * never read counts as the slowest.
 *
 * A reader that stops leaves the others alone. When the last one leaves, the source is closed,
 * without waiting for an item that it owes, and later readers get nothing. When the source fails,
 * each reader gets the items before and then the error, also one that comes later.
 *
 * @typeParam TSource The type of the source.
 * @param source One item, or many (see `Source`).
 * @param options How far readers may be apart, and for how long they wait for the slowest.
 * @returns What each reader iterates over.
 * @throws {TypeError} At once, for options that are unknown.
 * @throws {RangeError} At once, for a number out of bounds.
 * @category Sources
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
  const { bufferSize, stallMs } = options;
  requireInteger(SUBJECT, "bufferSize", bufferSize, 1);
  if (stallMs !== undefined) requireNumber(SUBJECT, "stallMs", stallMs, 1);
  const shared = new Shared<ItemOf<TSource>>(source, bufferSize, stallMs);
  return {
    [Symbol.asyncIterator]: () => shared.join(),
    reader(name) {
      requireName("share", name);
      return { [Symbol.asyncIterator]: () => shared.join(name) };
    },
    metrics: () => shared.metrics(),
  };
}

/** What all readers fail with when one of them keeps the others waiting. */
class StalledError extends Error {
  override readonly name: string = "StalledError";
  readonly code: string = "SHARE_STALLED";

  constructor(names: readonly string[], stallMs: number, bufferSize: number) {
    const who = names.map((name) => `"${name}"`).join(", ");
    super(
      `Cannot share: ${who} took nothing for ${stallMs} ms, while ${bufferSize} items waited and ` +
        "other readers wanted more; read all at the same time, or return() what is not used",
    );
  }
}

/** An item in the list of those that some reader has not taken; each knows the one after it. */
interface Entry<T> {
  readonly item: T | undefined;
  /** Its position among all items of the source. */
  readonly index: number;
  /** How many readers have not taken it. */
  unread: number;
  next: Entry<T> | undefined;
}

interface Reader<T> {
  readonly name: string;
  /** The position of the entry before its first. */
  readonly joinedAt: number;
  /** The entry that it took last. */
  at: Entry<T>;
  /** Whether it wants an item that has not come yet. */
  isWaiting: boolean;
  readonly wake: () => void;
}

class Shared<T> {
  readonly #source: SourceReader<T>;
  readonly #bufferSize: number;
  readonly #stallMs: number | undefined;
  readonly #readers: Set<Reader<T>> = new Set();
  #joined = 0;
  /** How many readers want an item that has not come yet. */
  #waitingCount = 0;
  #newest: Entry<T> = { item: undefined, index: 0, unread: 0, next: undefined };
  #buffered = 0;
  #phase: "unopened" | "opening" | "open" | "over" = "unopened";
  #failure: { readonly error: unknown } | undefined;
  /** Set while readers wait for the slowest. */
  #stopTimer: (() => void) | undefined;
  /** The closing of a source that was abandoned, for the last reader that leaves. */
  #closing: Promise<void> | undefined;

  constructor(source: unknown, bufferSize: number, stallMs: number | undefined) {
    this.#source = new SourceReader<T>(source, () => this.#receive());
    this.#bufferSize = bufferSize;
    this.#stallMs = stallMs;
  }

  join(name = `reader ${++this.#joined}`): SourceIterator<T> {
    return new SourceIterator<T>((wake) => {
      const at = this.#newest;
      const reader = { name, joinedAt: at.index, at, isWaiting: false, wake };
      this.#readers.add(reader);
      const close = (reason: unknown) => this.#leave(reader, reason);
      return { read: () => this.#read(reader), inputs: [{ close }] };
    });
  }

  metrics(): SharedMetrics {
    const slowest = new Set(this.#findSlowest());
    return {
      bufferedCount: this.#buffered,
      readers: Array.from(this.#readers, (reader) => ({
        name: reader.name,
        takenCount: reader.at.index - reader.joinedAt,
        waitingCount: this.#newest.index - reader.at.index,
        isAwaited: slowest.has(reader),
      })),
    };
  }

  /** The readers that others wait for; none where no one waits, or where the source is waited for. */
  #findSlowest(): Reader<T>[] {
    if (this.#waitingCount === 0 || this.#buffered < this.#bufferSize || this.#isOver()) return [];
    const readers = [...this.#readers];
    const first = readers.reduce((least, { at }) => Math.min(least, at.index), Infinity);
    return readers.filter(({ at }) => at.index === first);
  }

  #read(reader: Reader<T>): T | typeof END | typeof WAIT {
    this.#setWaiting(reader, false);
    let entry = reader.at.next;
    if (entry === undefined && !this.#isOver()) {
      this.#ask();
      entry = reader.at.next;
      if (entry === undefined && !this.#isOver()) {
        this.#setWaiting(reader, true);
        this.#watch();
        return WAIT;
      }
    }
    if (entry !== undefined) {
      reader.at = entry;
      this.#release(entry);
      // The cast: only the entry before the first has no item.
      return entry.item as T;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return END;
  }

  #setWaiting(reader: Reader<T>, isWaiting: boolean): void {
    if (reader.isWaiting === isWaiting) return;
    reader.isWaiting = isWaiting;
    this.#waitingCount += isWaiting ? 1 : -1;
  }

  #isOver(): boolean {
    return this.#phase === "over";
  }

  #ask(): void {
    if (this.#phase === "unopened") {
      this.#phase = "opening";
      // Readers that begin after this one, in the same turn, must see the first item too.
      Promise.resolve().then(() => {
        if (this.#phase !== "opening") return;
        this.#phase = "open";
        this.#wake();
      });
    } else if (this.#phase === "open" && this.#buffered < this.#bufferSize) {
      if (this.#source.ask()) this.#receive();
    }
  }

  /** Takes the answer of the source. */
  #receive(): void {
    try {
      const item = this.#source.take();
      if (item === END) this.#end();
      else this.#append(item);
    } catch (error) {
      this.#end();
      this.#failure = { error };
    }
    this.#wake();
  }

  #append(item: T): void {
    const index = this.#newest.index + 1;
    const entry = { item, index, unread: this.#readers.size, next: undefined };
    this.#newest.next = entry;
    this.#newest = entry;
    this.#buffered++;
  }

  #release(entry: Entry<T>): void {
    if (--entry.unread > 0) return;
    const wasFull = this.#buffered-- === this.#bufferSize;
    if (!wasFull) return;
    this.#unwatch();
    this.#wake();
  }

  #leave(reader: Reader<T>, reason: unknown): Promise<void> | undefined {
    this.#readers.delete(reader);
    // Items that are appended meanwhile, as there is room again, are not counted for this reader.
    const last = this.#newest;
    for (let entry = reader.at; entry !== last;) {
      entry = entry.next!;
      this.#release(entry);
    }
    this.#setWaiting(reader, false);
    if (this.#waitingCount === 0) this.#unwatch();
    if (this.#readers.size > 0) return undefined;
    this.#end();
    return this.#closing ?? this.#source.close(reason);
  }

  #end(): void {
    this.#phase = "over";
    this.#unwatch();
  }

  /** Called when a reader waits; for the slowest reader it waits no longer than `stallMs`. */
  #watch(): void {
    if (this.#stallMs === undefined || this.#stopTimer !== undefined) return;
    if (this.#buffered === this.#bufferSize) {
      this.#stopTimer = clock.schedule(this.#onStall, this.#stallMs);
    }
  }

  #unwatch(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  readonly #onStall = (): void => {
    this.#stopTimer = undefined;
    const names = this.#findSlowest().map(({ name }) => name);
    const error = new StalledError(names, this.#stallMs!, this.#bufferSize);
    this.#end();
    this.#failure = { error };
    this.#closing = this.#source.close(error);
    if (this.#closing !== undefined) ignoreLateOutcome(this.#closing);
    this.#wake();
  };

  #wake(): void {
    for (const reader of this.#readers) if (reader.isWaiting) reader.wake();
  }
}
