// Sources over generators that wait for a network: closing one ends its pending `next()`.

import { ClosingGenerator } from "./_closing_generator.ts";

/**
 * The items of the iterator that `open` makes. `return()` closes it at once, where a generator alone would wait
 * for its pending `next()`. The signal passed to `open` is aborted then, and when `outer` is.
 */
export function closable<T>(
  open: (signal: AbortSignal) => AsyncIterator<T, unknown>,
  outer?: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  return new Closable(open, outer);
}

class Closable<T> extends ClosingGenerator<T> {
  readonly #open: (signal: AbortSignal) => AsyncIterator<T, unknown>;
  readonly #outer: AbortSignal | undefined;
  readonly #controller = new AbortController();
  #iterator: AsyncIterator<T, unknown> | undefined;
  #isOver = false;
  /** Resolves when closing is done; absent unless it is closed before its end. */
  #closing: Promise<void> | undefined;
  /** Ends a wait for the next item when the iterator is closed. */
  #wake: () => void = () => {};

  constructor(open: (signal: AbortSignal) => AsyncIterator<T, unknown>, outer?: AbortSignal) {
    super();
    this.#open = open;
    this.#outer = outer;
  }

  override async next(): Promise<IteratorResult<T, void>> {
    if (this.#isOver) return { done: true, value: undefined };
    if (this.#outer?.aborted) {
      this.#finish();
      throw this.#outer.reason;
    }
    if (this.#iterator === undefined) {
      this.#outer?.addEventListener("abort", this.#onAbort, { once: true });
      this.#iterator = this.#open(this.#controller.signal);
    }
    const closed = new Promise<undefined>((resolve) => this.#wake = () => resolve(undefined));
    try {
      const result = await Promise.race([this.#iterator.next(), closed]);
      if (result !== undefined && result.done !== true && !this.#isOver) return result;
    } catch (error) {
      // A failure after the source was closed is a consequence of that, and ignored.
      if (!this.#isOver) {
        this.#finish();
        throw error;
      }
    }
    this.#finish();
    if (this.#outer?.aborted) throw this.#outer.reason;
    return { done: true, value: undefined };
  }

  override async return(): Promise<IteratorResult<T, void>> {
    if (!this.#isOver) {
      this.#finish();
      this.#closing = this.#close(new DOMException("The source was closed", "AbortError"));
    }
    await this.#closing;
    return { done: true, value: undefined };
  }

  readonly #onAbort = (): void => {
    this.#finish();
    this.#closing = this.#close(this.#outer!.reason);
  };

  #finish(): void {
    this.#isOver = true;
    this.#outer?.removeEventListener("abort", this.#onAbort);
  }

  async #close(reason: unknown): Promise<void> {
    this.#wake();
    this.#controller.abort(reason);
    try {
      await this.#iterator?.return?.();
    } catch {
      // It rejects with the reason it was closed with.
    }
  }
}
