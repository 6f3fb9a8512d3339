// L11: the cost per item does not grow with `concurrencyLimit`. Counted, not timed: how often the
// promise of each call is asked for its outcome.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { range } from "./_rows.ts";

const COUNT = 400;
const LIMITS = [1, 2, 16, 1000] as const;

/** A promise that notes each subscription; races subscribe to all that are pending, again and again. */
class CountedPromise<T> extends Promise<T> {
  static subscriptions = 0;

  override then<TResult1 = T, TResult2 = never>(
    onValue?: ((value: T) => TResult1 | PromiseLike<TResult1>) | null,
    onError?: ((reason: unknown) => TResult2 | PromiseLike<TResult2>) | null,
  ): Promise<TResult1 | TResult2> {
    CountedPromise.subscriptions++;
    return Promise.resolve(super.then(onValue, onError));
  }

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
}

/** Resolves later, each in its turn. */
function answerLater<T>(value: T): Promise<T> {
  return new CountedPromise((resolve) => void Promise.resolve().then(() => resolve(value)));
}

for (const ordered of [true, false]) {
  const order = ordered ? "" : " unordered";

  test(`[L11] map() parallel${order} asks each promise as often at every limit`, async () => {
    for (const concurrencyLimit of LIMITS) {
      CountedPromise.subscriptions = 0;
      const pipeline = StreamingPipeline.start<number>()
        .map("work", answerLater, { parallel: true, concurrencyLimit, ordered });

      const given = await pipeline.executeToArray(range(COUNT));

      assertEquals(given.length, COUNT);
      assertLessOrEqual(CountedPromise.subscriptions, 2 * COUNT);
    }
  });

  test(`[L11] flatMap() parallel${order} asks each promise as often at every limit`, async () => {
    for (const concurrencyLimit of LIMITS) {
      CountedPromise.subscriptions = 0;
      const iterable = (item: number) => ({
        [Symbol.asyncIterator]() {
          let left = 2;
          return { next: () => answerLater({ done: left-- === 0, value: item }) };
        },
      });
      const pipeline = StreamingPipeline.start<number>()
        .flatMap("many", iterable, { parallel: true, concurrencyLimit, ordered });

      const given = await pipeline.executeToArray(range(COUNT));

      assertEquals(given.length, 2 * COUNT);
      assertLessOrEqual(CountedPromise.subscriptions, 2 * 3 * COUNT);
    }
  });
}
