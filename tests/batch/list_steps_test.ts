// The steps on lists: createListStep, createBatchStep, createFlattenStep, createFilterStep and
// singleToList, by hand and in a pipeline.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  createBatchStep,
  createFilterStep,
  createFlattenStep,
  createListStep,
  createStep,
  createTransform,
  ListErrorStrategy,
  type ListOptions,
  Pipeline,
  singleToList,
  type Step,
  type StepResult,
} from "../../mod.ts";
import { busy } from "../errors/_work.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { drive, PICKS } from "../support/drive.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { coded, dataOf, errorOf, itemStep, type ItemWork, MODES } from "./_helpers.ts";

const { SKIP_FAILED } = ListErrorStrategy;

function run<TInput, TOutput>(
  step: Step<TInput, TOutput, unknown, unknown>,
  input: TInput,
): Promise<StepResult<TOutput>> {
  return step.execute({ input, state: {}, context: {} });
}

/** A step on each item of a list. */
const onItems = (work: ItemWork, options?: ListOptions) => singleToList(itemStep(work), options);

for (const { mode, options } of MODES) {
  test(`singleToList makes a step on a list of one on an item, ${mode}`, async () => {
    const step = onItems(async (item) => await Promise.resolve((item as number) * 2), options);
    const inPipeline = await Pipeline.start<number[]>().add("stage", step).execute([1, 2, 3]);

    assertEquals(step.name, "the step_list");
    for (const result of [await run(step, [1, 2, 3]), inPipeline]) {
      assertEquals(dataOf(result), [2, 4, 6]);
      const { itemTimings: _, ...list } = result.metadata.listMetadata!;
      assertEquals(list, {
        totalItems: 3,
        successCount: 3,
        failureCount: 0,
        skippedCount: 0,
        ...(options.parallel
          ? { executionStrategy: "parallel", concurrencyLimit: 3 }
          : { executionStrategy: "sequential" }),
      });
    }
  });
}

test("singleToList runs no more at a time than its limit; Infinity is no limit", async () => {
  for (const [concurrencyLimit, peak] of [[4, 4], [Infinity, 30]] as const) {
    const probe = new CallProbe({ hold: true });
    const work = probe.wrap((item) => item, true);
    const { signal } = new AbortController();
    const step = onItems((item) => work(item, item, { signal }), {
      parallel: true,
      concurrencyLimit,
    });

    const { value } = await drive(
      run(step, [...Array(30).keys()]),
      probe,
      PICKS["last to first"]!(),
    );

    assertEquals(dataOf(value), [...Array(30).keys()]);
    assertEquals(probe.peak, peak);
    assertEquals(value.metadata.listMetadata?.concurrencyLimit, concurrencyLimit);
  }
});

test("[L9] singleToList refuses what is no step, and options that are unknown or not valid", () => {
  const single = singleToList as (...args: unknown[]) => unknown;
  const refuse = (options: unknown) =>
    assertThrows(() => onItems((item) => item, options as ListOptions), Error);

  assertEquals(refuse({ concurrency: 3 }).message.includes(`unknown option "concurrency"`), true);
  for (const concurrencyLimit of [0, NaN, -1]) refuse({ parallel: true, concurrencyLimit });
  refuse({ errorStrategy: "SPLIT_ERRORS" });
  refuse({ parallel: true, retry: { maxAttempts: 0, backoffMs: 0 } });
  for (const odd of [undefined, null, 5, "text", () => 1]) {
    assertThrows(
      () => single(odd),
      TypeError,
      "Cannot call singleToList: step must be a step, got ",
    );
  }
  for (const odd of [{}, { name: "x" }, { name: "", execute: () => {} }]) {
    assertThrows(() => single(odd), TypeError);
  }
});

test("singleToList takes a step that was written by hand", async () => {
  const step = singleToList({
    name: "by hand",
    execute: ({ input }: { input: number }) =>
      Promise.resolve({
        success: true as const,
        data: input + 1,
        metadata: { stepName: "by hand", startTime: 0, endTime: 0, durationMs: 0 },
      }),
  });

  assertEquals([step.name, dataOf(await run(step, [1, 2]))], ["by hand_list", [2, 3]]);
});

test("createListStep hands its work the whole list, and a failure is LIST_STEP_ERROR", async () => {
  const sort = createListStep("sort", ({ input }: { input: string[] }) => [...input].sort());
  const cause = coded("NO_ORDER");
  const fails = createListStep("fails", (_: { input: string[] }): string[] => {
    throw cause;
  });
  const start = Pipeline.start<string[]>();

  assertEquals(dataOf(await run(sort, ["b", "a"])), ["a", "b"]);
  assertEquals(dataOf(await start.add("stage", sort).execute(["b", "a"])), ["a", "b"]);
  for (const result of [await run(fails, []), await start.add("stage", fails).execute([])]) {
    const { code, message, retryable } = errorOf(result);
    assertEquals([result.metadata.stepName, code, message, retryable], [
      "fails",
      "LIST_STEP_ERROR",
      "failed with NO_ORDER",
      false,
    ]);
    assertStrictEquals(errorOf(result).cause, cause);
  }
});

test("[defect] retry: createListStep is tried again as a whole, for what its cause says", async () => {
  await new TestClock().use(async (clock) => {
    const rules = [
      [undefined, busy(), 3],
      [undefined, coded("NO_QUOTA"), 1],
      [["NO_QUOTA"], coded("NO_QUOTA"), 3],
      [["LIST_STEP_ERROR"], coded("NO_QUOTA"), 3],
      [["OTHER"], busy(), 1],
    ] as const;
    for (const [retryableErrors, cause, count] of rules) {
      let attempts = 0;
      const retry = {
        maxAttempts: 3,
        backoffMs: 100,
        ...(retryableErrors && { retryableErrors }),
      };
      const fails = createListStep("fails", (_: { input: number[] }): number[] => {
        attempts++;
        throw cause;
      }, { retry });
      const result = watch(Pipeline.start<number[]>().add("stage", fails).execute([1, 2]));
      await clock.advance(1e6);

      assertEquals([errorOf(result.value!).code, attempts], ["LIST_STEP_ERROR", count]);
    }
  });
});

test("the steps on lists have the state and the context of the pipeline", async () => {
  interface State {
    readonly words: string[];
  }
  const look = createListStep(
    "look",
    ({ input, state, context }: { input: string[]; state: State; context: string }) =>
      input.map((word) => `${context}${word}${state.words.length}`),
  );
  const single = createStep(
    "single",
    ({ input, state, context }: { input: string; state: State; context: string }) =>
      `${context}${input}${state.words.length}`,
  );
  const pipeline = Pipeline.start<string, string>(() => ">")
    .add("words", createTransform("split", (text: string) => text.split(" ")))
    .add("look", look)
    .add("single", singleToList(single));

  assertEquals(dataOf(await pipeline.execute("a b")), [">>a22", ">>b22"]);
});

test("createBatchStep gathers, the last may be shorter; Infinity is all in one", async () => {
  const result = await run(createBatchStep<number>(2, "pairs"), [1, 2, 3]);

  assertEquals(dataOf(result), [[1, 2], [3]]);
  assertEquals([result.metadata.stepName, result.metadata.listMetadata?.totalItems], ["pairs", 3]);
  assertEquals(dataOf(await run(createBatchStep<number>(2), [])), []);
  assertEquals(dataOf(await run(createBatchStep<number>(Infinity), [1, 2, 3])), [[1, 2, 3]]);
});

test("[defect] createBatchStep refuses a size that would swallow everything", () => {
  for (const size of [0, NaN, -1, 1.5, "pairs" as unknown as number]) {
    assertThrows(() => createBatchStep(size), RangeError, "size must be a positive integer");
  }
});

test("createFlattenStep takes arrays apart, one level", async () => {
  const result = await run(createFlattenStep<unknown>(), [[1, [2]], [], [undefined]]);

  assertEquals(dataOf(result), [1, [2], undefined]);
});

test("createFilterStep keeps what its predicate says, and counts the rest", async () => {
  const step = createFilterStep<number>(async (item, index) => {
    await undefined;
    return item % 2 === 1 && index > 0;
  });
  const result = await run(step, [1, 2, 3, 4]);

  assertEquals(dataOf(result), [3]);
  const { successCount, skippedCount, failureCount } = result.metadata.listMetadata!;
  assertEquals([successCount, skippedCount, failureCount], [1, 3, 0]);
});

test("createFilterStep whose predicate throws fails with LIST_STEP_ERROR, as its strategy says", async () => {
  const cause = coded("NO_RULE");
  const create = (options?: ListOptions) =>
    createFilterStep<number>(
      (item) => {
        if (item === 2) throw cause;
        return true;
      },
      "odd",
      options,
    );
  const result = await run(create(), [1, 2, 3]);

  assertEquals([errorOf(result).code, errorOf(result).message], [
    "LIST_STEP_ERROR",
    "failed with NO_RULE",
  ]);
  assertStrictEquals(errorOf(result).cause, cause);
  assertEquals(dataOf(await run(create({ errorStrategy: SKIP_FAILED }), [1, 2, 3])), [1, 3]);
});

test("the steps on lists have their names by themselves", () => {
  const same = (item: number) => item > 0;

  assertEquals(
    [createBatchStep(2), createFlattenStep(), createFilterStep(same)].map(({ name }) => name),
    ["batch", "flatten", "filter"],
  );
  assertEquals(
    [createBatchStep(2, "a"), createFlattenStep("b"), createFilterStep(same, "c")]
      .map(({ name }) => name),
    ["a", "b", "c"],
  );
});

test("a step on lists fails on what is no list", async () => {
  const steps: [Step<never, unknown>, string][] = [
    [createBatchStep(2), "LIST_STEP_ERROR"],
    [createFlattenStep(), "LIST_STEP_ERROR"],
    [createFilterStep(() => true), "LIST_STEP_ERROR"],
    [singleToList(createTransform("stage", (item: unknown) => item)), "LIST_PROCESSING_ERROR"],
  ];

  for (const [step, code] of steps) {
    const error = errorOf(await run(step, "text" as never));
    assertEquals(error.code, code);
    assertEquals(
      error.message.endsWith("its input must be an array, got string"),
      true,
      error.message,
    );
  }
});
