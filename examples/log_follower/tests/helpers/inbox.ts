/** Hands over what comes in, in order, to whoever waits for it. */
export class Inbox<T> {
  readonly #items: T[] = [];
  #arrived = Promise.withResolvers<void>();

  readonly put = (item: T): void => {
    this.#items.push(item);
    this.#arrived.resolve();
  };

  async take(): Promise<T> {
    while (this.#items.length === 0) await this.#arrived.promise;
    const item = this.#items.shift()!;
    if (this.#items.length === 0) this.#arrived = Promise.withResolvers();
    return item;
  }

  /** What was not taken. */
  get rest(): readonly T[] {
    return this.#items;
  }
}
