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
  /** Whether the source owes an answer. */
  #owes = false;
  /** What comes behind the item after it. */
  #late: Result<T> | undefined;
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
    const closing = Promise.resolve(this.#opened?.return?.());
    // An item that is owed is not waited for, and what its clean-up throws has no reader.
    if (this.#owes) closing.catch(() => {});
    else await closing;
    return DONE;
  }

  async #answer(): Promise<Result<T>> {
    if (this.#isOver) return DONE;
    const step = this.#next();
    try {
      if (step !== undefined) await disturb(step, this.#createFailure, this.#closing.signal);
    } catch (error) {
      if (this.#isOver) return DONE;
      // A reader does not close what has failed.
      await this.return();
      throw error;
    }
    if (this.#isOver) return DONE;
    if (this.#late !== undefined) return this.#takeLate();
    const result = await this.#pull();
    if (step?.kind !== "reorder" || result.done) return result;
    this.#late = result;
    const second = await this.#pull();
    return second.done ? this.#takeLate() : second;
  }

  async #pull(): Promise<Result<T>> {
    this.#opened ??= open(this.#items);
    this.#owes = true;
    try {
      const result = await this.#opened.next();
      if (!result.done) return result;
      this.#isOver = this.#late === undefined;
      return DONE;
    } catch (error) {
      this.#isOver = true;
      throw error;
    } finally {
      this.#owes = false;
    }
  }

  #takeLate(): Result<T> {
    const late = this.#late!;
    this.#late = undefined;
    return late;
  }
}

function open<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
