/**
 * What a fused loop reads from: a source, or a stage that goes at its own pace.
 *
 * @module
 */

import { ignoreLateOutcome, toPromise } from "../internal/promises.ts";
import { cancelAndRelease } from "../internal/streams.ts";
import type { ItemStage } from "./stage.ts";

/** Nothing more will come. */
export const END: unique symbol = Symbol("end");
/** Nothing is there yet: wait for {@linkcode Feed.pending}, then ask again. */
export const WAIT: unique symbol = Symbol("wait");

/** Hands out items one by one, at once where it can. */
export interface Feed {
  /** The next item, {@linkcode END} or {@linkcode WAIT}. Throws what the source threw, once. */
  next(): unknown;
  /** After {@linkcode WAIT}: what to wait for. */
  readonly pending: Promise<unknown>;
  /** Takes what `pending` resolved to. */
  accept(value: unknown): void;
  /** Takes why `pending` was rejected; returns the error to report. */
  refuse(error: unknown): unknown;
  /**
   * Closes what is open, once; what it returns is to be waited for. It never waits for an answer
   * that the source owes.
   */
  close(reason: unknown): Promise<void> | undefined;
  /**
   * Aborts what is in work in earlier loops, of which `reason` comes out behind what is kept; false
   * where that is not for the feed to do, but for who reads it.
   */
  abandon?(reason: unknown): boolean;
}

/** The stage that answered with many items. */
type Answering = Pick<ItemStage, "operator" | "key" | "isWork">;

/** A root feed whose items bring their own path, and possibly the answer of the first op. */
export interface Carrier extends Feed {
  /** The path of the item that `next` handed out. */
  readonly path: unknown[];
  /** Set where `next` hands out the first op's answer: the item that the answer is for. */
  readonly item?: unknown;
  /**
   * What had failed before the item entered, or before the stage itself failed: its item is one that
   * was kept back, as by a batch, and came out because of that. Absent where nothing had.
   */
  readonly earlier: unknown;
  /** The item's index in the first op. */
  readonly index?: number;
  /** How many items have entered the stage. */
  readonly entered: number;
  /** How many items have entered and not been concluded. */
  readonly inFlight: number;
  /** How many items were handed out. */
  readonly emitted: number;
  /** How many items wait to be asked for. */
  readonly waiting: number;
  /** Whether the stage is at work; where absent, it is when not all items in flight wait. */
  readonly isWorking?: boolean;
  /** What the stage waits for; absent while it works. */
  readonly stalledOn: "upstream" | "downstream" | undefined;
}

const NOTHING_PENDING: Promise<unknown> = Promise.resolve();

/** Opens `source` at the first `next()`: see `Source` for what is one item and what is many. */
export function createSourceFeed(source: unknown): Feed {
  return createManyFeed(source) ?? new ArrayFeed([source]);
}

/**
 * A feed over everything that holds many items; `undefined` for a value that is one.
 *
 * `isWork` says that an async iterable is a step's work, not a source that may be silent for ever:
 * closing it waits for the answer it owes.
 */
export function createManyFeed(source: unknown, isWork = false): Feed | undefined {
  if (typeof source !== "object" && typeof source !== "function" || source === null) {
    return undefined;
  }
  if (Array.isArray(source)) return new ArrayFeed(source);
  if (isReadableStream(source)) return new StreamFeed(source);
  if (Symbol.asyncIterator in source) {
    return new AsyncFeed(source as AsyncIterable<unknown>, isWork);
  }
  if (Symbol.iterator in source) return new IteratorFeed(source as Iterable<unknown>);
  return undefined;
}

/** As {@linkcode createManyFeed} for what a stage answered with: a string is one item. */
export function createAnswerFeed(stage: Answering, answer: unknown): Feed {
  const feed = typeof answer === "string"
    ? new ArrayFeed([answer])
    : createManyFeed(answer, stage.isWork);
  if (feed !== undefined) return feed;
  throw new TypeError(
    `Cannot ${stage.operator} stage "${stage.key}": its result must be an iterable, an async ` +
      `iterable or a stream, got ${answer === null ? "null" : typeof answer}`,
  );
}

function isReadableStream(value: object): value is ReadableStream<unknown> {
  return "getReader" in value && typeof value.getReader === "function";
}

class ArrayFeed implements Feed {
  readonly pending = NOTHING_PENDING;
  readonly #items: readonly unknown[];
  #index = 0;

  constructor(items: readonly unknown[]) {
    this.#items = items;
  }

  next(): unknown {
    return this.#index < this.#items.length ? this.#items[this.#index++] : END;
  }

  accept(): void {}

  refuse(error: unknown): unknown {
    return error;
  }

  close(): undefined {
    this.#index = Infinity;
  }
}

class IteratorFeed implements Feed {
  readonly pending = NOTHING_PENDING;
  readonly #source: Iterable<unknown>;
  #iterator: Iterator<unknown> | undefined;
  /** Whether `return()` is owed: not before it is opened, nor after it ended or threw. */
  #open = false;

  constructor(source: Iterable<unknown>) {
    this.#source = source;
  }

  next(): unknown {
    const iterator = this.#iterator ??= this.#source[Symbol.iterator]();
    this.#open = false;
    const result = iterator.next();
    if (result.done) return END;
    this.#open = true;
    return result.value;
  }

  accept(): void {}

  refuse(error: unknown): unknown {
    return error;
  }

  close(): undefined {
    if (!this.#open) return;
    this.#open = false;
    this.#iterator?.return?.();
  }
}

class AsyncFeed implements Feed {
  pending: Promise<unknown> = NOTHING_PENDING;
  readonly #source: AsyncIterable<unknown>;
  readonly #isWork: boolean;
  #iterator: AsyncIterator<unknown> | undefined;
  #answer: IteratorResult<unknown> | undefined;
  #asking = false;
  #open = false;

  constructor(source: AsyncIterable<unknown>, isWork: boolean) {
    this.#source = source;
    this.#isWork = isWork;
  }

  next(): unknown {
    const answer = this.#answer;
    if (answer !== undefined) {
      this.#answer = undefined;
      if (!answer.done) return answer.value;
      this.#open = false;
      return END;
    }
    const iterator = this.#iterator ??= this.#source[Symbol.asyncIterator]();
    this.#open = false;
    const asked: unknown = iterator.next();
    this.#open = true;
    this.#asking = true;
    this.pending = toPromise(asked);
    return WAIT;
  }

  accept(answer: unknown): void {
    this.#asking = false;
    if (typeof answer !== "object" || answer === null) {
      this.#open = false;
      throw new TypeError(`An async iterator must answer with an object, got ${String(answer)}`);
    }
    this.#answer = answer as IteratorResult<unknown>;
    if (this.#answer.done) this.#open = false;
  }

  refuse(error: unknown): unknown {
    this.#asking = false;
    this.#open = false;
    return error;
  }

  close(): Promise<void> | undefined {
    if (!this.#open) return;
    this.#open = false;
    const owed = this.#asking ? this.pending : undefined;
    const returned: unknown = this.#iterator?.return?.();
    const closed = toPromise(returned);
    if (owed === undefined) return closed.then(() => {});
    // It may be rejected before the answer that is owed has come.
    ignoreLateOutcome(closed);
    if (this.#isWork) return owed.then(() => {}, () => {}).then(() => closed.then(() => {}));
  }
}

class StreamFeed implements Feed {
  pending: Promise<unknown> = NOTHING_PENDING;
  readonly #source: ReadableStream<unknown>;
  #reader: ReadableStreamDefaultReader<unknown> | undefined;
  #answer: ReadableStreamReadResult<unknown> | undefined;
  #open = false;

  constructor(source: ReadableStream<unknown>) {
    this.#source = source;
  }

  next(): unknown {
    const answer = this.#answer;
    if (answer !== undefined) {
      this.#answer = undefined;
      if (!answer.done) return answer.value;
      this.#release();
      return END;
    }
    this.#reader ??= this.#source.getReader();
    this.#open = true;
    this.pending = this.#reader.read();
    return WAIT;
  }

  accept(answer: unknown): void {
    this.#answer = answer as ReadableStreamReadResult<unknown>;
  }

  refuse(error: unknown): unknown {
    this.#release();
    return error;
  }

  /** A stream answers a pending read when it is cancelled, so the cancellation is waited for. */
  close(reason: unknown): Promise<void> | undefined {
    if (!this.#open) return;
    const reader = this.#reader!;
    this.#open = false;
    return cancelAndRelease(reader, reason);
  }

  #release(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#reader!.releaseLock();
  }
}
