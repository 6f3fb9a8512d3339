/**
 * What every function on sources returns: an async iterator over what a reading makes of its
 * sources, written once for all of them.
 *
 * @module
 */

import { suppress } from "../base/errors.ts";
import { PromptIterator, type Receiver } from "../internal/many.ts";
import { createDeferred } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import { NOT_WANTED } from "../internal/signals.ts";
import { END, WAIT } from "../internal/pull.ts";
import { SourceReader } from "./_reader.ts";

type Result<T> = IteratorResult<T, void>;

/** What is closed with the iterator. */
export interface Closable {
  /** Closes what is open, once; the caller waits for what it returns. */
  close(reason: unknown): Promise<void> | undefined;
  /** Ends it before its source does; see `SourceReader.end`. */
  end?(reason: unknown): void;
}

/**
 * Makes items of sources. It yields `WAIT` where a source has to answer first, and is resumed when
 * one has: it asks again then.
 */
export type Reading<T> = Generator<T | typeof WAIT, void, undefined>;

/** What a {@linkcode SourceIterator} runs. */
export interface ReadingParts<T> {
  /** The next item, {@linkcode END}, or {@linkcode WAIT}; what it throws ends the whole. */
  readonly read: () => T | typeof END | typeof WAIT;
  readonly inputs: readonly Closable[];
}

/** Emits what `read` makes of `sources`, each of which is opened when it is first asked. */
export function iterate<TItem, T>(
  sources: readonly unknown[],
  read: (inputs: readonly SourceReader<TItem>[]) => Reading<T>,
): SourceIterator<T> {
  return new SourceIterator((wake) => {
    const inputs = sources.map((source) => new SourceReader<TItem>(source, wake));
    return { read: stepsOf(read(inputs)), inputs };
  });
}

/** Runs `reading` from one `yield` to the next. */
export function stepsOf<T>(reading: Reading<T>): ReadingParts<T>["read"] {
  return () => {
    const { done, value } = reading.next();
    return done ? END : value;
  };
}

/** Runs a reading, one item per `next()`; calls that overlap are answered in order. */
export class SourceIterator<T> extends PromptIterator<T> {
  taken: T | undefined;
  readonly #read: ReadingParts<T>["read"];
  readonly #inputs: readonly Closable[];
  readonly #requests: Ring<Receiver<T>> = new Ring();
  #isRunning = false;
  /** Whether a source has answered while the reading ran. */
  #isWoken = false;
  #isOver = false;
  /** Set while the sources are closed: never rejected. */
  #closing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `open` gets the function that resumes the reading after `WAIT`. */
  constructor(open: (wake: () => void) => ReadingParts<T>) {
    super();
    const { read, inputs } = open(() => this.#answer());
    this.#read = read;
    this.#inputs = inputs;
  }

  override ask(receiver?: Receiver<T>): Promise<Result<T>> | undefined {
    const mayRun = this.#requests.length === 0 && !this.#isRunning && !this.#isOver;
    const item = mayRun ? this.#run() : WAIT;
    if (item !== WAIT && item !== END) {
      // A source may have asked for an item from inside.
      if (this.#requests.length > 0) this.#answer();
      this.taken = item;
      return undefined;
    }
    if (this.#isOver && this.#closing === undefined) {
      return Promise.resolve({ done: true, value: undefined });
    }
    const request = receiver ?? createDeferred<Result<T>>();
    this.#requests.push(request);
    if (item === END) this.#end();
    return request.promise;
  }

  override async throw(error: unknown): Promise<Result<T>> {
    try {
      await this.stop(error);
    } catch {
      // What went wrong first is what the caller throws.
    }
    throw error;
  }

  /** Ends all sources but the first; what they have answered comes out. */
  endOthers(reason: unknown): void {
    for (const input of this.#inputs.slice(1)) input.end?.(reason);
  }

  /** Answers the calls that wait, as far as the sources have answered. */
  #answer(): void {
    if (this.#isRunning) {
      this.#isWoken = true;
      return;
    }
    while (this.#requests.length > 0 && !this.#isOver) {
      const item = this.#run();
      if (item === WAIT) return;
      if (item === END) this.#end();
      else this.#requests.shift()!.resolve({ done: false, value: item });
    }
  }

  #run(): T | typeof WAIT | typeof END {
    this.#isRunning = true;
    try {
      for (;;) {
        this.#isWoken = false;
        const item = this.#read();
        // What the reading called may have stopped it.
        if (this.#isOver) return WAIT;
        if (item !== WAIT || !this.#isWoken) return item;
      }
    } catch (error) {
      // A reader that has stopped gets no errors either.
      if (this.#isOver) return WAIT;
      this.#failure = { error };
      return END;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Closes what is left open when the reading has ended or failed, then answers the calls. */
  async #end(): Promise<void> {
    this.#isOver = true;
    const failure = this.#failure;
    const closing = closeAll(
      this.#inputs,
      failure === undefined ? NOT_WANTED : failure.error,
    );
    let outcome = failure;
    if (closing !== undefined) {
      this.#closing = closing.then(() => {}, (error) => {
        if (outcome === undefined) outcome = { error };
        else suppress(outcome.error, error);
      });
      await this.#closing;
      this.#closing = undefined;
    }
    if (outcome !== undefined) this.#requests.shift()?.reject(outcome.error);
    this.#answerDone();
  }

  override async stop(reason: unknown): Promise<void> {
    if (this.#isOver) return await this.#closing;
    this.#isOver = true;
    this.#answerDone();
    const closing = closeAll(this.#inputs, reason);
    if (closing === undefined) return;
    this.#closing = closing.then(() => {}, () => {});
    try {
      await closing;
    } finally {
      this.#closing = undefined;
      this.#answerDone();
    }
  }

  #answerDone(): void {
    for (let request = this.#requests.shift(); request; request = this.#requests.shift()) {
      request.resolve({ done: true, value: undefined });
    }
  }
}

/** Closes all, at the same time; rejects with the error of the one that cannot be closed. */
function closeAll(inputs: readonly Closable[], reason: unknown): Promise<void> | undefined {
  const closings: Promise<void>[] = [];
  for (const input of inputs) {
    const closing = input.close(reason);
    if (closing !== undefined) closings.push(closing);
  }
  if (closings.length === 0) return undefined;
  return Promise.allSettled(closings).then((outcomes) => {
    const errors = outcomes.filter((outcome) => outcome.status === "rejected")
      .map(({ reason }) => reason as unknown);
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) {
      throw new AggregateError(errors, `Cannot close ${errors.length} of ${inputs.length} sources`);
    }
  });
}
