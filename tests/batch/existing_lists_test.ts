// As existing_code_test.ts: programs for lists, as they were written for the existing pipeline.

import { assert, assertEquals } from "@std/assert";
import {
  createBatchStep,
  createFilterStep,
  createFlattenStep,
  createListStep,
  createStep,
  ListErrorStrategy,
  Pipeline,
  singleToList,
  type StepError,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { describe, divide } from "./_existing.ts";

test("the strategies for a list of which items fail", async () => {
  const run = (errorStrategy: ListErrorStrategy) =>
    Pipeline.start<number[]>().map("divided", divide, { errorStrategy }).execute([2, 0, 5, 0, 10]);

  const fast = await run(ListErrorStrategy.FAIL_FAST);
  assertEquals(describe(fast), "divide_list: STEP_ERROR: division by zero");
  const all = await run(ListErrorStrategy.COLLECT_ERRORS);
  assertEquals(describe(all), "divide_list: LIST_PROCESSING_ERRORS: 2 of 5 items failed");
  assert(!all.success);
  const failures = all.error.cause as Array<{ index: number; error: StepError }>;
  assertEquals(failures.map(({ index, error }) => [index, error.message]), [
    [1, "division by zero"],
    [3, "division by zero"],
  ]);
  const some = await run(ListErrorStrategy.SKIP_FAILED);
  assertEquals(some.success && some.data, [5, 2, 1]);
});

test("the figures of a list step", async () => {
  const figures = async (options: Parameters<typeof singleToList>[1]) => {
    const result = await singleToList(divide, options)
      .execute({ input: [2, 5, 0, 10, 1], state: {}, context: {} });
    const { itemTimings, ...list } = result.metadata.listMetadata!;
    assert(itemTimings !== undefined && itemTimings.min <= itemTimings.p95);
    return [
      list.totalItems,
      list.successCount,
      list.failureCount,
      list.skippedCount,
      list.executionStrategy,
      list.concurrencyLimit,
    ];
  };

  assertEquals(await figures({}), [5, 2, 1, 2, "sequential", undefined]);
  assertEquals(await figures({ concurrencyLimit: 3 }), [5, 2, 1, 2, "sequential", undefined]);
  assertEquals(
    await figures({ errorStrategy: ListErrorStrategy.SKIP_FAILED }),
    [5, 4, 1, 1, "sequential", undefined],
  );
  assertEquals(
    await figures({ errorStrategy: ListErrorStrategy.COLLECT_ERRORS, parallel: true }),
    [5, 4, 1, 0, "parallel", 10],
  );
  assertEquals(
    await figures({
      errorStrategy: ListErrorStrategy.SKIP_FAILED,
      parallel: true,
      concurrencyLimit: Infinity,
    }),
    [5, 4, 1, 1, "parallel", Infinity],
  );
});

test("the list helpers, run by hand one after the other", async () => {
  const upper = singleToList(createStep<string, string>("upper", async ({ input }) => {
    return await input.toUpperCase();
  }));
  const unique = createListStep<string, string>("unique", async ({ input }) => {
    return await [...new Set(input)];
  });
  const pairs = createBatchStep<string>(2);
  const flatten = createFlattenStep<string>();
  const long = createFilterStep<string>((word, index) => word.length > 3 && index > 0, "long");

  assertEquals(
    [upper.name, unique.name, pairs.name, flatten.name, long.name],
    ["upper_list", "unique", "batch", "flatten", "long"],
  );
  const one = await upper.execute({ input: ["mill", "a", "mill", "race"], state: {}, context: {} });
  if (!one.success) throw new Error(one.error.message);
  const two = await unique.execute({ input: one.data, state: {}, context: {} });
  if (!two.success) throw new Error(two.error.message);
  const three = await pairs.execute({ input: two.data, state: {}, context: {} });
  if (!three.success) throw new Error(three.error.message);
  assertEquals(three.data, [["MILL", "A"], ["RACE"]]);
  const four = await flatten.execute({ input: three.data, state: {}, context: {} });
  if (!four.success) throw new Error(four.error.message);
  const five = await long.execute({ input: four.data, state: {}, context: {} });
  assertEquals(five.success && five.data, ["RACE"]);
});

test("the failures of list helpers, and what is handed to them that is no list", async () => {
  const fails = () => {
    throw Object.assign(new Error("no order"), { code: "ECONNRESET" });
  };
  const list = Pipeline.start<number[]>();
  const text = "text" as unknown as number[];

  assertEquals(
    [
      await list.add("a", createListStep("sort", fails)).execute([1]),
      await list.add("a", createFilterStep(fails)).execute([1]),
      await list.filter("a", fails).execute([1]),
      await list.map("a", divide).execute(text),
      await list.add("a", singleToList(divide)).execute(text),
    ].map((result) => describe(result).split(": ").slice(0, 2)),
    [
      ["sort", "LIST_STEP_ERROR"],
      ["filter", "LIST_STEP_ERROR"],
      ["filter_a", "LIST_STEP_ERROR"],
      ["divide_list", "LIST_PROCESSING_ERROR"],
      ["divide_list", "LIST_PROCESSING_ERROR"],
    ],
  );
});
