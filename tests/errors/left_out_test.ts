// The error of an item that is left out is made only where somebody sees it: it costs more than most
// functions do.

import { assert, assertEquals } from "@std/assert";
import { type RunObserver, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";

const SKIP = { errorStrategy: "SKIP_FAILED" } as const;
const ITEMS = [0, 1, 2, 3, 4];

/** Stages that fail on the odd items, with what `fail` throws. */
const WAYS: Readonly<Record<string, (fail: () => never) => StreamingPipeline<number, number>>> = {
  "a stage": (fail) => start().map("m", (item) => item % 2 === 0 ? item : fail(), SKIP),
  "an async stage": (fail) =>
    start().map("m", async (item) => await item % 2 === 0 ? item : fail(), SKIP),
  "a stage behind another": (fail) =>
    start().map("before", (item) => item)
      .filter("f", (item) => item % 2 === 0 ? true : fail(), SKIP),
  "a parallel stage": (fail) =>
    start().map("m", (item) => item % 2 === 0 ? item : fail(), { ...SKIP, parallel: true }),
  "a parallel stage without order": (fail) =>
    start().map("m", async (item) => await item % 2 === 0 ? item : fail(), {
      ...SKIP,
      concurrencyLimit: 3,
      ordered: false,
    }),
};

const start = () => StreamingPipeline.start<number>();

/** What is thrown for each item; counts how often its code was asked for. */
function createFailure() {
  const failure = { reads: 0 };
  const thrown = Object.defineProperty(new Error("odd"), "code", {
    get: () => (failure.reads++, "ODD"),
  });
  return {
    failure,
    fail: (): never => {
      throw thrown;
    },
  };
}

for (const [name, build] of Object.entries(WAYS)) {
  test(`${name} makes no error for an item that it leaves out, and counts it`, async () => {
    const { failure, fail } = createFailure();
    const pipeline = build(fail);

    assertEquals((await pipeline.executeToArray(ITEMS)).sort(), [0, 2, 4]);
    const { errorCount, errors } = (await pipeline.getMetadata()).steps.at(-1)!;
    assertEquals([errorCount, errors, failure.reads], [2, undefined, 0]);
  });

  test(`${name} makes one for each item where an observer is told`, async () => {
    const { failure, fail } = createFailure();
    const told: unknown[] = [];
    const observer: RunObserver = () => ({
      stage: () => ({ failed: (error) => told.push([error.code, error.itemIndex, error.item]) }),
    });

    await build(fail).executeToArray(ITEMS, { observer });
    assertEquals(told.sort(), [["ODD", 1, 1], ["ODD", 3, 3]]);
    assert(failure.reads > 0);
  });
}
