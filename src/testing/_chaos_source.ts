/**
 * A source whose answers are disturbed.
 *
 * @module
 */

import { type CreateFailure, disturb } from "./_disturb.ts";
import type { ChaosStep } from "./chaos_options.ts";

type Result<T> = IteratorResult<T, undefined>;

const DONE = { done: true, value: undefined } as const;

/** An iterator over `items` whose answers are late, slow, out of order, or fail. */
export class ChaosSource<T> implements AsyncIterable<T>, AsyncIterator<T, undefined> {
  readonly #items: Iterable<T> | AsyncIterable<T>;
  readonly #next: () => ChaosStep | undefined;
  readonly #createFailure: CreateFailure;
  readonly #closing: AbortController = new AbortController();
  #opened: Iterator<T> | AsyncIterator<T> | undefined;
  /** Whether `items` owe an answer. */
  #owes = false;
  /** Whether `items` have ended or failed. */
  #hasEnded = false;
  /** What comes next, after an item that has come before its turn. */
  #queued: Promise<Result<T>> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(
    items: Iterable<T> | AsyncIterable<T>,
    next: () => ChaosStep | undefined,
    createFailure: CreateFailure,
  ) {
    this.#items = items;
    this.#next = next;
    this.#createFailure = createFailure;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<T>> {
    const answer = this.#last.then(() => this.#answer());
    this.#last = answer.catch(() => {});
    return answer;
  }

  async return(): Promise<Result<T>> {
    if (this.#isOver) return DONE;
    this.#isOver = true;
    this.#closing.abort();
    await this.#close();
    return DONE;
  }

  async #answer(): Promise<Result<T>> {
    if (this.#isOver) return DONE;
    const step = this.#next();
    try {
      if (step !== undefined) await disturb(step, this.#createFailure, this.#closing.signal);
    } catch (error) {
      if (this.#isOver) return DONE;
      this.#isOver = true;
      // A reader does not close what has failed.
      await this.#close();
      throw error;
    }
    if (this.#isOver) return DONE;
    try {
      const result = await this.#take();
      if (result.done) this.#isOver = true;
      return result.done || step?.kind !== "reorder" ? result : await this.#swap(result);
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
  }

  /** The item after `first`; `first` is queued, or the end or failure after it. */
  async #swap(first: Result<T>): Promise<Result<T>> {
    const second = this.#take();
    const isItem = await second.then(({ done }) => !done, () => false);
    this.#queued = isItem ? Promise.resolve(first) : second;
    return isItem ? second : first;
  }

  #take(): Promise<Result<T>> {
    const taken = this.#queued ?? this.#pull();
    this.#queued = undefined;
    return taken;
  }

  async #pull(): Promise<Result<T>> {
    this.#opened ??= open(this.#items);
    this.#owes = true;
    this.#hasEnded = true;
    try {
      const result = await this.#opened.next();
      if (result.done) return DONE;
      this.#hasEnded = false;
      return result;
    } finally {
      this.#owes = false;
    }
  }

  /** Closes `items`, also those that are an iterator and were not read. */
  async #close(): Promise<void> {
    const items = this.#opened ?? this.#items as Partial<AsyncIterator<T>>;
    if (this.#hasEnded && !this.#owes) return;
    const closing = Promise.resolve(items.return?.());
    // An item that is owed is not waited for, and what its clean-up throws has no reader.
    if (this.#owes) closing.catch(() => {});
    else await closing;
  }
}

function open<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
