// The error of an item that is left out is made only where it is seen: making one costs more than
// most functions do.

import { assert, assertEquals } from "@std/assert";
import { type RunObserver, StreamingErrorStrategy, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";

const { SKIP_FAILED, COLLECT_ERRORS } = StreamingErrorStrategy;
const ITEMS = [0, 1, 2, 3, 4, 5, 6];

type Numbers = StreamingPipeline<number, number>;
type Check = (item: number) => number;
interface Options {
  readonly errorStrategy: StreamingErrorStrategy;
}

/** Stages that call `check` with each item. */
const WAYS: Readonly<Record<string, (start: Numbers, check: Check, options: Options) => Numbers>> =
  {
    "a stage": (start, check, options) => start.map("m", check, options),
    "an async stage": (start, check, options) =>
      start.map("m", async (item) => check(await item), options),
    "a stage after another": (start, check, options) =>
      start.map("before", (item) => item).filter("f", (item) => check(item) >= 0, options),
    "a parallel stage": (start, check, options) =>
      start.map("m", check, { ...options, parallel: true }),
    "a parallel stage without order": (start, check, options) =>
      start.map("m", async (item) => check(await item), {
        ...options,
        concurrencyLimit: 3,
        ordered: false,
      }),
  };

/** Fails for odd items with one error, and counts how often its code is asked for. */
class OddFails {
  reads = 0;
  readonly #error = Object.defineProperty(new Error("odd"), "code", {
    get: () => (this.reads++, "ODD"),
  });

  readonly check: Check = (item) => {
    if (item % 2 === 0) return item;
    throw this.#error;
  };
}

const start = (maxErrors?: number): Numbers =>
  StreamingPipeline.start<number>(
    undefined,
    maxErrors === undefined ? {} : {
      metadata: { maxErrors },
    },
  );

for (const [name, build] of Object.entries(WAYS)) {
  test(`${name} makes no error for an item that it leaves out, and counts it`, async () => {
    const odd = new OddFails();
    const pipeline = build(start(), odd.check, { errorStrategy: SKIP_FAILED });

    assertEquals((await pipeline.executeToArray(ITEMS)).sort(), [0, 2, 4, 6]);
    const { errorCount, errors } = (await pipeline.getMetadata()).steps.at(-1)!;
    assertEquals([errorCount, errors, odd.reads], [3, undefined, 0]);
  });

  test(`${name} makes no more of them than the metadata keep`, async () => {
    const readsOf = async (maxErrors: number) => {
      const odd = new OddFails();
      const pipeline = build(start(maxErrors), odd.check, { errorStrategy: COLLECT_ERRORS });

      assertEquals((await pipeline.executeToArray(ITEMS)).sort(), [0, 2, 4, 6]);
      const { errorCount, errors = [] } = (await pipeline.getMetadata()).steps.at(-1)!;
      assertEquals([errorCount, errors.length], [3, maxErrors]);
      return odd.reads;
    };
    const [none, one, two] = [await readsOf(0), await readsOf(1), await readsOf(2)];

    assertEquals([none, two], [0, 2 * one]);
    assert(one > 0);
  });

  test(`${name} makes one for each item where there is an observer`, async () => {
    const odd = new OddFails();
    const told: unknown[] = [];
    const observer: RunObserver = () => ({
      stage: () => ({ failed: ({ code, itemIndex, item }) => told.push([code, itemIndex, item]) }),
    });

    await build(start(), odd.check, { errorStrategy: SKIP_FAILED })
      .executeToArray(ITEMS, { observer });
    assertEquals(told.sort(), [["ODD", 1, 1], ["ODD", 3, 3], ["ODD", 5, 5]]);
  });
}
