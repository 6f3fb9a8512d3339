/**
 * Reads one source, one item at a time, and closes it.
 *
 * @module
 */

import { ignoreLateOutcome, isPromiseLike, toPromise } from "../internal/promises.ts";
import { cancelAndRelease } from "../internal/streams.ts";

/** Nothing more will come. */
export const END: unique symbol = Symbol("end");

/** Nothing is there yet. */
export const WAIT: unique symbol = Symbol("wait");

/** Why a source is closed that nobody needs any more, though nobody has stopped reading. */
export const createNotWanted = (): DOMException =>
  new DOMException("No more items are wanted", "AbortError");

/** How one kind of source is read, once it is open. */
interface Port {
  read(): unknown;
  /** Called when the source has ended or failed: it is not closed then. */
  release(): void;
  close(reason: unknown): Promise<void>;
  /** Whether closing it answers what was asked of it, so that closing never waits for an item. */
  readonly answersWhenClosed: boolean;
}

type State = "idle" | "asked" | "item" | "failed" | "over";

/** Opens its source when it is first asked, has one answer at a time, and closes it once. */
export class SourceReader<T> {
  readonly #source: unknown;
  readonly #onAnswer: (reader: SourceReader<T>) => void;
  #port: Port | undefined;
  #state: State = "idle";
  /** The item or the error that was answered and not taken. */
  #value: unknown;
  #isReading = false;
  /** Set where the source was closed from inside its own `next()`. */
  #closedInside: { readonly reason: unknown } | undefined;

  /** `onAnswer` is called when an answer has come that `ask` or `next` had to wait for. */
  constructor(source: unknown, onAnswer: (reader: SourceReader<T>) => void) {
    this.#source = source;
    this.#onAnswer = onAnswer;
  }

  /** Whether the answer that is there is a failure. */
  get hasFailed(): boolean {
    return this.#state === "failed";
  }

  /** The next item, {@linkcode END}, or {@linkcode WAIT}; throws what the source threw, once. */
  next(): T | typeof END | typeof WAIT {
    return this.ask() ? this.take() : WAIT;
  }

  /** Asks for the next item, unless that was done; whether the answer is there. */
  ask(): boolean {
    if (this.#state === "idle") this.#read();
    return this.#state !== "asked";
  }

  /** The answer that is there, as `next` gives it. */
  take(): T | typeof END {
    const state = this.#state;
    const value = this.#value;
    this.#value = undefined;
    if (state === "item") {
      this.#state = "idle";
      return value as T;
    }
    this.#state = "over";
    if (state === "failed") throw value;
    return END;
  }

  /**
   * Closes the source if it is open; what it returns is to be waited for. It never waits for an
   * item that the source owes.
   */
  close(reason: unknown): Promise<void> | undefined {
    const state = this.#state;
    this.#state = "over";
    this.#value = undefined;
    if (this.#port === undefined || state === "over" || state === "failed") return undefined;
    if (this.#isReading) {
      this.#closedInside = { reason };
      return undefined;
    }
    return this.#close(reason, state === "asked");
  }

  #read(): void {
    this.#state = "asked";
    this.#isReading = true;
    let answer: unknown;
    let isOwed: boolean;
    try {
      this.#port ??= openPort(this.#source);
      answer = this.#port.read();
      isOwed = isPromiseLike(answer);
    } catch (error) {
      this.#fail(error);
      return;
    } finally {
      this.#isReading = false;
    }
    if (isOwed) toPromise(answer).then(this.#settle, this.#refuse);
    else this.#accept(answer);
    const closed = this.#closedInside;
    if (closed !== undefined) this.#closeAfter(answer, isOwed, closed.reason);
  }

  /** Closes a source that was closed while it gave `answer`: nobody waits for it any more. */
  #closeAfter(answer: unknown, isOwed: boolean, reason: unknown): void {
    if (!isOwed && isOver(answer)) return;
    const closing = this.#close(reason, isOwed);
    if (closing !== undefined) ignoreLateOutcome(closing);
  }

  readonly #settle = (answer: unknown): void => {
    if (this.#state !== "asked") return;
    this.#accept(answer);
    this.#onAnswer(this);
  };

  readonly #refuse = (error: unknown): void => {
    if (this.#state !== "asked") return;
    this.#fail(error);
    this.#onAnswer(this);
  };

  #accept(answer: unknown): void {
    if (this.#state !== "asked") return;
    try {
      if (isOver(answer)) {
        this.#state = "over";
        this.#port!.release();
      } else {
        this.#value = (answer as IteratorResult<unknown>).value;
        this.#state = "item";
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#state !== "asked") return;
    this.#state = "failed";
    this.#value = error;
    this.#port?.release();
  }

  #close(reason: unknown, isOwed: boolean): Promise<void> | undefined {
    const { answersWhenClosed } = this.#port!;
    const closing = this.#port!.close(reason);
    if (!isOwed || answersWhenClosed) return closing;
    // A source that never answers would be waited for for ever.
    ignoreLateOutcome(closing);
    return undefined;
  }
}

function isOver(answer: unknown): boolean {
  if (typeof answer === "object" && answer !== null) {
    return Boolean((answer as IteratorResult<unknown>).done);
  }
  throw new TypeError(`An iterator must answer with an object, got ${String(answer)}`);
}

/** See `Source` for what is one item and what is many. */
function openPort(source: unknown): Port {
  if (typeof source !== "object" && typeof source !== "function" || source === null) {
    return new IteratorPort([source].values());
  }
  if ("getReader" in source && typeof source.getReader === "function") {
    return new StreamPort(source as ReadableStream<unknown>);
  }
  if (Symbol.asyncIterator in source) {
    return new IteratorPort((source as AsyncIterable<unknown>)[Symbol.asyncIterator]());
  }
  if (Symbol.iterator in source) {
    return new IteratorPort((source as Iterable<unknown>)[Symbol.iterator]());
  }
  return new IteratorPort([source].values());
}

class IteratorPort implements Port {
  readonly answersWhenClosed = false;
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;

  constructor(iterator: Iterator<unknown> | AsyncIterator<unknown>) {
    this.#iterator = iterator;
  }

  read(): unknown {
    return this.#iterator.next();
  }

  release(): void {}

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

class StreamPort implements Port {
  readonly answersWhenClosed = true;
  readonly #reader: ReadableStreamDefaultReader<unknown>;

  constructor(stream: ReadableStream<unknown>) {
    this.#reader = stream.getReader();
  }

  read(): unknown {
    return this.#reader.read();
  }

  release(): void {
    this.#reader.releaseLock();
  }

  close(reason: unknown): Promise<void> {
    return cancelAndRelease(this.#reader, reason);
  }
}
