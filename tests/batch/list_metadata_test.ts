// What is said of lists: counts, timings and how they were worked on.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createStep, ListErrorStrategy, type ListOptions, Pipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { until } from "../../src/testing/turns.ts";
import { MODES } from "./_helpers.ts";

const { COLLECT_ERRORS, SKIP_FAILED } = ListErrorStrategy;

type Counted = Pipeline<number[], unknown, unknown, unknown>;

const list = Pipeline.start<number[]>();

const oddsFail = (item: number): number => {
  if (item % 2 === 1) throw new Error("odd");
  return item;
};

/** Total, success, failure and skipped. */
async function countsOf(pipeline: Counted, input: number[]): Promise<number[]> {
  const { metadata } = await pipeline.execute(input);
  const { totalItems, successCount, failureCount, skippedCount } = metadata.listMetadata!;
  return [totalItems, successCount, failureCount, skippedCount];
}

test("[defect] listMetadata says one at a time, and has no limit", async () => {
  const { metadata } = await Pipeline.start<number[]>().map("all", (item) => item).execute([1, 2]);

  const { itemTimings, ...list } = metadata.listMetadata!;
  assertEquals(list, {
    totalItems: 2,
    successCount: 2,
    failureCount: 0,
    skippedCount: 0,
    executionStrategy: "sequential",
  });
  assertEquals(Object.keys(itemTimings!), ["min", "max", "avg", "p50", "p95", "p99"]);
});

test("[defect] listMetadata says side by side, and the limit", async () => {
  const work = (item: number) => Promise.resolve(item);
  const pipeline = Pipeline.start<number[]>()
    .map("ten", work, { parallel: true })
    .map("three", work, { parallel: true, concurrencyLimit: 3 });

  const { metadata } = await pipeline.execute([1, 2]);

  assertEquals(
    metadata.steps?.map(({ listMetadata }) => [
      listMetadata?.executionStrategy,
      listMetadata?.concurrencyLimit,
    ]),
    [["parallel", 10], ["parallel", 3]],
  );
});

test("[defect] the pipeline's listMetadata is that of the last list stage", async () => {
  const sum = createStep("sum", ({ input }: { input: number[] }) => input.length);
  const { metadata } = await Pipeline.start<number[]>()
    .map("all", (item) => item)
    .filter("some", (item) => item > 1)
    .add("count", sum)
    .execute([1, 2, 3]);

  const steps = metadata.steps ?? [];
  assertEquals(metadata.listMetadata, steps[1]?.listMetadata);
  assertEquals(metadata.listMetadata?.totalItems, 3);
  assertEquals("listMetadata" in steps[2]!, false);
});

test("a pipeline without lists has no listMetadata", async () => {
  const step = createStep("step", ({ input }: { input: number }) => input);
  const { metadata } = await Pipeline.start<number>().add("stage", step).execute(1);

  assertEquals("listMetadata" in metadata, false);
});

/** The counts of a list: total, success, failure, skipped. */
const COUNTS: readonly {
  readonly what: string;
  readonly build: (options: ListOptions) => Counted;
  readonly counts: readonly number[];
}[] = [
  {
    what: "SKIP_FAILED counts what failed, which is left out",
    build: (options) => list.map("stage", oddsFail, { ...options, errorStrategy: SKIP_FAILED }),
    counts: [5, 2, 3, 3],
  },
  {
    what: "COLLECT_ERRORS counts what failed, and leaves nothing out",
    build: (options) => list.map("stage", oddsFail, { ...options, errorStrategy: COLLECT_ERRORS }),
    counts: [5, 2, 3, 0],
  },
  {
    what: "filter counts what it drops as skipped, not as failed",
    build: (options) => list.filter("stage", (item) => item > 1, options),
    counts: [5, 4, 0, 1],
  },
  {
    what: "filter counts what it drops and what failed together",
    build: (options) =>
      list.filter("stage", (item) => oddsFail(item) > 2, {
        ...options,
        errorStrategy: SKIP_FAILED,
      }),
    counts: [5, 1, 3, 4],
  },
];

for (const { mode, options } of MODES) {
  for (const { what, build, counts } of COUNTS) {
    test(`${what}, ${mode}`, async () => {
      assertEquals(await countsOf(build(options), [1, 2, 3, 4, 5]), counts);
    });
  }

  test(`itemTimings are of each item's own work, ${mode}`, async () => {
    await new TestClock().use(async (clock) => {
      const pipeline = Pipeline.start<number[]>().map("stage", async (item) => {
        await clock.advance(item);
        return item;
      }, { ...options, concurrencyLimit: options.parallel ? 1 : undefined });
      const { metadata } = await pipeline.execute([10, 20, 30, 40, 100]);

      const { min, max, avg, p50, p95, p99 } = metadata.listMetadata!.itemTimings!;
      assertEquals([min, max], [10, 100]);
      assertAlmostEquals(avg, 40, 1e-9);
      assertAlmostEquals(p50, 30, 0.3);
      assert(p50 <= p95 && p95 <= p99);
    });
  });
}

test("after a fail-fast, items that were not begun are skipped", async () => {
  const counts = (pipeline: Counted) => countsOf(pipeline, [2, 4, 5, 6, 8]);
  const probe = new CallProbe({ hold: true, failures: new Map([[2, new Error("odd")]]) });
  const beside = counts(
    list.map("stage", probe.wrap((item) => item, true), { parallel: true, concurrencyLimit: 3 }),
  );
  await until("three calls have begun", () => probe.started === 3);
  for (const index of [0, 1, 2]) probe.release(index);

  assertEquals(await counts(list.map("stage", oddsFail)), [5, 2, 1, 2]);
  assertEquals(await counts(list.flatMap("stage", (item) => [oddsFail(item)])), [5, 2, 1, 2]);
  assertEquals(await counts(list.filter("stage", (item) => oddsFail(item) > 2)), [5, 1, 1, 3]);
  const [totalItems, successCount, failureCount, skippedCount] = await beside;
  assertEquals([totalItems, successCount, failureCount], [5, 2, 1]);
  assertEquals(skippedCount, 5 - probe.started);
});

test("an empty list is a success with counts of 0, and no timings", async () => {
  const { metadata } = await Pipeline.start<number[]>().map("stage", oddsFail).execute([]);

  assertEquals(metadata.listMetadata, {
    totalItems: 0,
    successCount: 0,
    failureCount: 0,
    skippedCount: 0,
    executionStrategy: "sequential",
  });
});

test("flatMap, batch and flatten count the items that they read", async () => {
  const { metadata } = await Pipeline.start<number[]>()
    .flatMap("twice", (item) => [item, item])
    .batch("batches", 4)
    .flatten("flat")
    .execute([1, 2, 3]);

  assertEquals(
    metadata.steps?.map(({ listMetadata }) => [
      listMetadata?.totalItems,
      listMetadata?.successCount,
      listMetadata?.skippedCount,
    ]),
    [[3, 3, 0], [6, 6, 0], [2, 2, 0]],
  );
});

test("the list of a step that makes its own metadata is shown", async () => {
  const listMetadata = {
    totalItems: 7,
    successCount: 5,
    failureCount: 2,
    skippedCount: 2,
    executionStrategy: "sequential",
  } as const;
  const { metadata } = await Pipeline.start<number[]>().add("stage", {
    name: "own list",
    execute: () =>
      Promise.resolve({
        success: true,
        data: 0,
        metadata: { stepName: "own list", startTime: 0, endTime: 0, durationMs: 0, listMetadata },
      }),
  }).execute([1]);

  assertEquals(metadata.listMetadata, listMetadata);
});

test("a list that grows or shrinks while it is worked on has the counts of what was worked on", async () => {
  for (const parallel of [false, true]) {
    const run = (change: (list: number[]) => void, items: number[]) =>
      countsOf(
        list.map("all", (item) => (change(items), oddsFail(item)), {
          parallel,
          concurrencyLimit: 1,
        }),
        items,
      );

    assertEquals(await run((items) => items.length < 4 && items.push(2), [2]), [4, 4, 0, 0]);
    assertEquals(await run((items) => void items.pop(), [2, 4, 6]), [2, 2, 0, 0]);
    assertEquals(await run((items) => void (items.length = 1), [2, 1, 4]), [1, 1, 0, 0]);
    assertEquals(await run((items) => void (items.length = 0), [1, 2, 4]), [1, 0, 1, 0]);
  }
});
