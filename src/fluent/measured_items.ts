import { clock } from "../internal/clock.ts";
import { OwnIterator } from "../internal/many.ts";
import type { ItemIterator } from "../core/items.ts";
import type { StreamingStepResult } from "../base/types.ts";

type Result<T> = IteratorResult<StreamingStepResult<T>, void>;

/** The items of a run, each with how long it was waited for. */
export class MeasuredItems<T> extends OwnIterator<StreamingStepResult<T>> {
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

  override next(): Promise<Result<T>> {
    const askedAt = clock.now();
    return this.#items.next().then(({ done, value }) => {
      if (done) return { done, value: undefined };
      const durationMs = clock.now() - Math.max(askedAt, this.#answeredAt);
      this.#answeredAt = clock.now();
      const metadata = { durationMs, stepName: this.#stepName, itemIndex: this.#itemIndex++ };
      return { done: false, value: { data: value as T, metadata } };
    });
  }

  override stop(reason: unknown): Promise<void> {
    return this.#items.stop(reason);
  }
}
