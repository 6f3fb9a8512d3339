// createTransform and createParallel.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  createParallel,
  createStep,
  createTransform,
  ListErrorStrategy,
  Pipeline,
  singleToList,
} from "../../mod.ts";
import { Attempts } from "../errors/_work.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { coded, dataOf, errorOf, failuresOf, itemStep } from "./_helpers.ts";

const double = createTransform("double", (input: number) => input * 2);
const text = createTransform("text", (input: number) => `${input}`);

test("createTransform makes a step of a function of input and state", async () => {
  const sum = createTransform(
    "sum",
    (input: number, state: { doubled: number }) => input + state.doubled,
  );
  const pipeline = Pipeline.start<number>().add("doubled", double).add("sum", sum);
  const result = await pipeline.execute(3);

  assertEquals(dataOf(result), 12);
  assertEquals(result.metadata.steps?.map(({ stepName }) => stepName), ["double", "sum"]);
});

test("createTransform may be async, and a failure is a result", async () => {
  const cause = coded("NO_QUOTA");
  const later = createTransform("later", async (input: number) => await input);
  const fails = createTransform("fails", (): number => {
    throw cause;
  });

  assertEquals(dataOf(await Pipeline.start<number>().add("stage", later).execute(3)), 3);
  const result = await Pipeline.start<number>().add("stage", fails).execute(3);
  assertStrictEquals(errorOf(result).cause, cause);
});

test("createTransform works on the items of a list", async () => {
  const result = await Pipeline.start<number[]>().map("stage", double).execute([1, 2]);

  assertEquals(dataOf(result), [2, 4]);
});

test("createParallel gives the same input to all, and a tuple of what they make", async () => {
  const inputs: unknown[] = [];
  const look = createStep("look", ({ input }: { input: { a: number } }) => {
    inputs.push(input);
    return [input.a];
  });
  const nothing = createStep("nothing", ({ input }: { input: { a: number } }) => {
    inputs.push(input);
  });
  const input = { a: 1 };
  const result = await Pipeline.start<{ a: number }>()
    .add("both", createParallel("both", [look, nothing, look]))
    .execute(input);

  assertEquals(dataOf<unknown>(result), [[1], undefined, [1]]);
  assertEquals(inputs.length, 3);
  for (const each of inputs) assertStrictEquals(each, input);
  assertEquals(result.metadata.steps?.map(({ stepName }) => stepName), ["both"]);
});

test("createParallel runs all at the same time, and keeps their order", async () => {
  const order: string[] = [];
  const releases: (() => void)[] = [];
  const wait = (name: string) =>
    createStep(name, async ({ input }: { input: number }) => {
      await new Promise<void>((resolve) => releases.push(resolve));
      order.push(name);
      return `${name}${input}`;
    });
  const names = Array.from({ length: 15 }, (_, index) => `s${index}`);
  const done = Pipeline.start<number>()
    .add("all", createParallel("all", names.map(wait)))
    .execute(1);
  await settle();
  assertEquals(releases.length, 15);
  for (const release of releases.reverse()) {
    release();
    await settle();
  }

  assertEquals(dataOf<unknown>(await done), names.map((name) => `${name}1`));
  assertEquals(order, names.toReversed());
});

test("createParallel of which a step fails is a failed step, and the others are aborted", async () => {
  const cause = coded("NO_QUOTA");
  const aborted: unknown[] = [];
  const fails = createStep("fails", (_: { input: number }): number => {
    throw cause;
  });
  const waits = createStep(
    "waits",
    ({ signal }: { input: number; signal?: AbortSignal }) =>
      new Promise<number>((_, reject) =>
        signal!.addEventListener("abort", () => {
          aborted.push(signal!.aborted);
          reject(signal!.reason);
        })
      ),
  );
  const result = await Pipeline.start<number>()
    .add("both", createParallel("both", [fails, waits]))
    .execute(1);

  assertEquals([errorOf(result).code, aborted], ["NO_QUOTA", [true]]);
  assertStrictEquals(errorOf(result).cause, cause);
  assertEquals(result.metadata.stepName, "both");
});

test("[defect] createParallel reports the first of several failures in the order of its steps", async () => {
  const later = createStep("later", async (_: { input: number }): Promise<number> => {
    await settle();
    throw coded("FIRST");
  });
  const sooner = createStep("sooner", (_: { input: number }): number => {
    throw coded("SECOND");
  });
  const result = await Pipeline.start<number>()
    .add("both", createParallel("both", [later, sooner]))
    .execute(1);

  assertEquals(errorOf(result).code, "FIRST");
});

test("[defect] retry: each step of createParallel is tried again alone, as it says", async () => {
  await new TestClock().use(async (clock) => {
    const flaky = new Attempts(clock, () => 2);
    const steady = new Attempts(clock, () => 0);
    const both = createParallel("both", [
      itemStep(flaky.work, { maxAttempts: 3, backoffMs: 100, jitter: 0 }),
      itemStep(steady.work, { maxAttempts: 3, backoffMs: 100 }),
    ]);
    const result = watch(Pipeline.start<number>().add("stage", both).execute(4));
    await clock.advance(1e6);

    assertEquals(dataOf<unknown>(result.value!), [8, 8]);
    assertEquals([flaky.waits, steady.items], [[100, 200], [4]]);
  });
});

test("createParallel hands state and context on", async () => {
  const look = createStep(
    "look",
    ({ state, context }: { input: number; state: { doubled: number }; context: string }) =>
      `${context}${state.doubled}`,
  );
  const result = await Pipeline.start<number, string>(() => ">")
    .add("doubled", double)
    .add("both", createParallel("both", [look, look]))
    .execute(2);

  assertEquals(dataOf<unknown>(result), [">4", ">4"]);
});

test("createParallel of no steps gives an empty tuple", async () => {
  const result = await Pipeline.start<number>()
    .add("none", createParallel("none", []))
    .execute(1);

  assertEquals(dataOf<unknown>(result), []);
});

test("createParallel works on the items of a list, and inside itself", async () => {
  const both = createParallel("both", [double, createParallel("inner", [text, double])]);
  const result = await Pipeline.start<number[]>()
    .map("stage", both, { parallel: true })
    .execute([1, 2]);

  assertEquals(dataOf<unknown>(result), [[2, ["1", 2]], [4, ["2", 4]]]);
});

test("createParallel keeps the failures of a list step by index", async () => {
  const picky = createStep("picky", ({ input }: { input: number }) => {
    if (input > 1) throw coded(`E${input}`);
    return input;
  });
  const list = singleToList(picky, { errorStrategy: ListErrorStrategy.COLLECT_ERRORS });
  const result = await Pipeline.start<number[]>()
    .add("both", createParallel("both", [list, list]))
    .execute([1, 2, 3]);

  assertEquals(errorOf(result).code, "LIST_PROCESSING_ERRORS");
  assertEquals(failuresOf(result).map(({ index, error }) => [index, error.code]), [
    [1, "E2"],
    [2, "E3"],
  ]);
});

test("[L9] createParallel refuses what is no array of steps", () => {
  const parallel = createParallel as (...args: unknown[]) => unknown;

  assertEquals(
    assertThrows(() => parallel("both", double), TypeError).message,
    `Cannot create the step "both": its steps must be an array of steps, got an object`,
  );
  for (const odd of [undefined, null, 5, [5], [double, undefined]]) {
    assertThrows(() => parallel("both", odd), TypeError);
  }
});
