// A source that answers when a test says so.

/** A source that a test feeds, and that knows whether it was closed. */
export class Live implements AsyncIterableIterator<unknown> {
  asked = 0;
  closed = 0;
  #give: ((result: IteratorResult<unknown>) => void) | undefined;
  #refuse: ((error: unknown) => void) | undefined;

  next(): Promise<IteratorResult<unknown>> {
    this.asked++;
    return new Promise((resolve, reject) => {
      this.#give = resolve;
      this.#refuse = reject;
    });
  }

  return(): Promise<IteratorResult<unknown>> {
    this.closed++;
    this.#give?.({ done: true, value: undefined });
    return Promise.resolve({ done: true, value: undefined });
  }

  give(value: unknown): void {
    this.#give!({ done: false, value });
  }

  end(): void {
    this.#give!({ done: true, value: undefined });
  }

  fail(error: unknown): void {
    this.#refuse!(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
