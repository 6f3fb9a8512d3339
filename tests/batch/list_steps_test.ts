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
import { Attempts } from "../errors/_work.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../support/call_probe.ts";
import { drive, PICKS } from "../support/drive.ts";
import { withFakeClock } from "../support/fake_clock.ts";
import { watch } from "../support/turns.ts";
import { coded, dataOf, errorOf, failuresOf, itemStep, type ItemWork, MODES } from "./_helpers.ts";

const { COLLECT_ERRORS, SKIP_FAILED } = ListErrorStrategy;

function run<TInput, TOutput>(
  step: Step<TInput, TOutput, unknown, unknown>,
  input: TInput,
): Promise<StepResult<TOutput>> {
  return step.execute({ input, state: {}, context: undefined });
}

/** The two ways to make a step on a list of work on an item. */
const MAKERS: Readonly<
  Record<string, (work: ItemWork, options?: ListOptions) => Step<number[], unknown[]>>
> = {
  createListStep: (work, options) =>
    createListStep("the step", ({ input }: { input: number }) => work(input), options),
  singleToList: (work, options) => singleToList(itemStep(work), options),
};

for (const [maker, create] of Object.entries(MAKERS)) {
  for (const { mode, options } of MODES) {
    test(`${maker} makes a step on a list, ${mode}`, async () => {
      const step = create(async (item) => await Promise.resolve(item * 2), options);
      const inPipeline = await Pipeline.start<number[]>().add("stage", step).execute([1, 2, 3]);

      assertEquals(step.name, "the step");
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

    test(`${maker} follows its error strategy, ${mode}`, async () => {
      const work = (item: number) => {
        if (item % 2 === 1) throw coded(`E${item}`);
        return item;
      };
      const given = [2, 1, 4, 3];

      const fast = await run(create(work, options), given);
      assertEquals([errorOf(fast).code, fast.metadata.stepName], ["E1", "the step"]);
      const all = await run(create(work, { ...options, errorStrategy: COLLECT_ERRORS }), given);
      assertEquals(errorOf(all).message, "2 of 4 items failed");
      assertEquals(failuresOf(all).map(({ index, error }) => [index, error.code]), [
        [1, "E1"],
        [3, "E3"],
      ]);
      const some = await run(create(work, { ...options, errorStrategy: SKIP_FAILED }), given);
      assertEquals(dataOf(some), [2, 4]);
    });

    test(`[defect] retry: ${maker} tries the failed item again alone, ${mode}`, async () => {
      await withFakeClock(async (clock) => {
        const attempts = new Attempts(clock, (item) => item === 2 ? 2 : 0);
        const retry = { maxAttempts: 3, backoffMs: 100 };
        const result = watch(run(create(attempts.work, { ...options, retry }), [1, 2, 3]));
        await clock.advance(1e6);

        assertEquals(dataOf(result.value!), [2, 4, 6]);
        assertEquals(attempts.items.toSorted(), [1, 2, 2, 2, 3]);
      });
    });
  }

  test(`${maker} runs no more at a time than its limit`, async () => {
    const probe = new CallProbe({ hold: true });
    const work = probe.wrap((item) => item, true);
    const step = create((item) => work(item, item, { signal: new AbortController().signal }), {
      parallel: true,
      concurrencyLimit: 4,
    });

    const { value } = await drive(
      run(step, [...Array(9).keys()]),
      probe,
      PICKS["last to first"]!(),
    );

    assertEquals(dataOf(value), [...Array(9).keys()]);
    assertEquals(probe.peak, 4);
  });

  test(`[L9] ${maker} refuses options that are unknown or not valid`, () => {
    const refuse = (options: unknown) =>
      assertThrows(() => create((item) => item, options as ListOptions), Error);

    assertEquals(
      refuse({ concurrency: 3 }).message.includes(`unknown option "concurrency"`),
      true,
    );
    for (const concurrencyLimit of [0, NaN, -1]) refuse({ parallel: true, concurrencyLimit });
    refuse({ errorStrategy: "SPLIT_ERRORS" });
    refuse({ parallel: true, retry: { maxAttempts: 0, backoffMs: 0 } });
  });
}

test("[defect] retry: singleToList keeps the retry of its step", async () => {
  await withFakeClock(async (clock) => {
    const attempts = new Attempts(clock, (item) => item === 2 ? 2 : 0);
    const step = singleToList(itemStep(attempts.work, { maxAttempts: 3, backoffMs: 100 }));
    const result = watch(Pipeline.start<number[]>().add("stage", step).execute([1, 2, 3]));
    await clock.advance(1e6);

    assertEquals(dataOf(result.value!), [2, 4, 6]);
    assertEquals(attempts.items, [1, 2, 2, 2, 3]);
  });
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

  assertEquals([step.name, dataOf(await run(step, [1, 2]))], ["by hand", [2, 3]]);
});

test("the steps on lists have the state and the context of the pipeline", async () => {
  interface State {
    readonly words: string[];
  }
  const look = createListStep(
    "look",
    ({ input, state, context }: { input: string; state: State; context: string }) =>
      `${context}${input}${state.words.length}`,
    { parallel: true },
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

test("createBatchStep gathers, the last may be shorter", async () => {
  const result = await run(createBatchStep<number>("pairs", 2), [1, 2, 3]);

  assertEquals(dataOf(result), [[1, 2], [3]]);
  assertEquals([result.metadata.stepName, result.metadata.listMetadata?.totalItems], ["pairs", 3]);
  assertEquals(dataOf(await run(createBatchStep<number>("pairs", 2), [])), []);
});

test("[defect] createBatchStep refuses a size that would swallow everything", () => {
  for (const size of [0, NaN, -1, 1.5]) {
    assertThrows(
      () => createBatchStep("pairs", size),
      RangeError,
      "size must be a positive integer",
    );
  }
});

test("createFlattenStep takes arrays apart, one level", async () => {
  const result = await run(createFlattenStep<unknown>("flat"), [[1, [2]], [], [undefined]]);

  assertEquals(dataOf(result), [1, [2], undefined]);
});

test("createFilterStep keeps what its predicate says, and counts the rest", async () => {
  const step = createFilterStep<number>("odd", async (item, index) => {
    await undefined;
    return item % 2 === 1 && index > 0;
  });
  const result = await run(step, [1, 2, 3, 4]);

  assertEquals(dataOf(result), [3]);
  const { successCount, skippedCount, failureCount } = result.metadata.listMetadata!;
  assertEquals([successCount, skippedCount, failureCount], [1, 3, 0]);
});

test("createFilterStep whose predicate throws is a failed step", async () => {
  const cause = coded("NO_RULE");
  const result = await run(
    createFilterStep<number>("odd", () => {
      throw cause;
    }),
    [1],
  );

  assertEquals(errorOf(result).code, "NO_RULE");
  assertStrictEquals(errorOf(result).cause, cause);
});

test("a step on lists fails on what is no list", async () => {
  const steps = [
    createListStep("stage", ({ input }: { input: unknown }) => input),
    createBatchStep("stage", 2),
    createFlattenStep("stage"),
    createFilterStep("stage", () => true),
    singleToList(createTransform("stage", (item: unknown) => item)),
  ] as Step<unknown, unknown>[];

  for (const step of steps) {
    const { message } = errorOf(await run(step, "text"));
    assertEquals(message.endsWith("its input must be an array, got string"), true, message);
  }
});

test("[L9] a step on lists needs a name and work", () => {
  const filter = createFilterStep as (...args: unknown[]) => unknown;
  const list = createListStep as (...args: unknown[]) => unknown;
  const single = singleToList as (...args: unknown[]) => unknown;

  for (const name of ["", undefined, 5]) {
    assertThrows(() => createBatchStep(name as string, 2), TypeError, "name");
    assertThrows(() => createFlattenStep(name as string), TypeError, "name");
    assertThrows(() => filter(name, () => true), TypeError, "name");
    assertThrows(() => list(name, () => true), TypeError, "name");
  }
  for (const odd of [undefined, null, 5, {}]) {
    assertThrows(() => filter("stage", odd), TypeError, "must be a function");
    assertThrows(() => list("stage", odd), TypeError, "must be a function");
    assertThrows(() => single(odd), TypeError);
  }
});
