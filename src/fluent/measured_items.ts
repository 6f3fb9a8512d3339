import { clock } from "../internal/clock.ts";
import { OwnIterator } from "../internal/many.ts";
import type { ItemIterator } from "../core/items.ts";
import type { StreamingStepResult } from "../base/types.ts";

type Result<T> = IteratorResult<StreamingStepResult<T>, void>;

/** The items of a run, each with how long it was waited for. */
export class MeasuredItems<T> extends OwnIterator
  implements AsyncGenerator<StreamingStepResult<T>, void, undefined> {
  readonly #items: ItemIterator;
  readonly #stepName: string;
  #itemIndex = 0;
  /** Calls that overlap are answered in order: a wait begins where the one before it ends. */
  #answeredAt = 0;

  constructor(items: ItemIterator, stepName: string) {
    super();
    this.#items = items;
    this.#stepName = stepName;
  }

  next(): Promise<Result<T>> {
    const askedAt = clock.now();
    return this.#items.next().then(({ done, value }) => {
      if (done) return { done, value: undefined };
      const durationMs = clock.now() - Math.max(askedAt, this.#answeredAt);
      this.#answeredAt = clock.now();
      const metadata = { durationMs, stepName: this.#stepName, itemIndex: this.#itemIndex++ };
      return { done: false, value: { data: value as T, metadata } };
    });
  }

  async return(): Promise<Result<T>> {
    await this.#items.return();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<Result<T>> {
    await this.#items.throw(error);
    return { done: true, value: undefined };
  }

  override stop(reason: unknown): Promise<void> {
    return this.#items.stop(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
