// The types of steps in the batch pipeline: what is inferred where they are written inside the call,
// what they refuse, and what can be taken from them.

import { assert, assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  createBatchStep,
  createFilterStep,
  createFlattenStep,
  createListStep,
  createParallel,
  createStep,
  createTransform,
  Pipeline,
  singleToList,
  type Step,
  type StepAccumulatedState,
  type StepInput,
  type StepOutput,
  type StepResult,
} from "../../mod.ts";
import { test } from "../harness.ts";

type OutputOf<TPipeline> = TPipeline extends
  Pipeline<infer _Input, infer TOutput, infer _State, infer _Context> ? TOutput : never;

interface Services {
  readonly scale: number;
}

const numbers = Pipeline.start<number[], Services>(() => ({ scale: 10 }))
  .map("first", (item) => item + 1);

test("an inline createStep knows its input, state and context", async () => {
  const pipeline = numbers
    .add(
      "added",
      createStep("add", ({ input, state, context }) => {
        assertType<IsExact<typeof input, number[]>>();
        assertType<IsExact<typeof state.first, number[]>>();
        assertType<IsExact<typeof context, Services>>();
        return input.map((item) => item * context.scale);
      }),
    )
    .map(
      "mapped",
      createStep("map", async ({ input, state, context }) => {
        assertType<IsExact<typeof input, number>>();
        assertType<IsExact<typeof state.added, number[]>>();
        assertType<IsExact<typeof context, Services>>();
        return await `${input}`;
      }),
      { parallel: true },
    )
    .flatMap(
      "flat",
      createStep("flatMap", ({ input, state }) => {
        assertType<IsExact<typeof input, string>>();
        assertType<IsExact<typeof state.mapped, string[]>>();
        return [input, input.length];
      }, { retry: { maxAttempts: 2, backoffMs: 1 } }),
    )
    .branch(
      "either",
      (input) => input.length > 1,
      createStep("many", ({ input, state }) => {
        assertType<IsExact<typeof input, (string | number)[]>>();
        assertType<IsExact<typeof state.flat, (string | number)[]>>();
        return input.length;
      }),
      createStep("few", ({ input, context }) => input.length * context.scale),
    );

  assertType<IsExact<OutputOf<typeof pipeline>, number>>();
  const result = await pipeline.execute([1, 2]);
  assertEquals(result.success && result.data, 4);
});

test("an inline createStep may name its input", async () => {
  const pipeline = numbers
    .add("added", createStep("add", ({ input }: { input: number[] }) => input.length))
    .add("list", createStep("list", ({ input }: { input: number }) => [input]))
    .map("mapped", createStep("map", ({ input }: { input: number }) => `${input}`))
    .flatMap("flat", createStep("flat", ({ input }: { input: string }) => [input]))
    .branch(
      "either",
      () => true,
      createStep("one", ({ input }: { input: string[] }) => input.length),
      createStep("other", ({ input }: { input: string[] }) => input.length),
    );

  assertType<IsExact<OutputOf<typeof pipeline>, number>>();
  const result = await pipeline.execute([1, 2]);
  assertEquals(result.success && result.data, 1);
});

test("the helpers that make steps know the types where they are written inline", async () => {
  const pipeline = numbers
    .add("doubled", createTransform("double", (input) => input.map((item) => item * 2)))
    .map("plus", createTransform("plus", (input, state) => input + state.doubled.length))
    .add(
      "texts",
      createListStep(
        "text",
        ({ input, state, context }) =>
          input.map((item) => `${item * context.scale}${state.plus.length}`),
      ),
    )
    .add("long", createFilterStep((item) => item.length > 1))
    .add("pairs", createBatchStep(2))
    .add("flat", createFlattenStep())
    .add("lengths", singleToList(createStep("length", ({ input }) => input.length)));

  assertType<IsExact<OutputOf<typeof pipeline>, number[]>>();
  const result = await pipeline.execute([1, 2]);
  assertEquals(result.success && result.data, [3, 3]);
});

test("createParallel gives a tuple of what its steps make", async () => {
  const length = createStep("length", ({ input }: { input: string }) => input.length);
  const words = createTransform("words", (input: string) => input.split(" "));
  const both = createParallel("both", [length, words, length]);

  assertType<IsExact<StepInput<typeof both>, string>>();
  assertType<IsExact<StepOutput<typeof both>, [number, string[], number]>>();
  const pipeline = Pipeline.start<string>()
    .add("both", both)
    .add("sum", createStep("sum", ({ input: [one, list, other] }) => one + list.length + other));
  const result = await pipeline.execute("a b");
  assertEquals(result.success && result.data, 8);
  // @ts-expect-error the input is a number
  Pipeline.start<number>().add("both", both);
});

test("createParallel of a list of steps gives a list", () => {
  const steps = [1, 2].map((factor) =>
    createStep("times", ({ input }: { input: number }) => input * factor)
  );
  const all = createParallel("all", steps);

  assertType<IsExact<StepOutput<typeof all>, number[]>>();
});

test("createParallel needs the state and the context that each of its steps needs", () => {
  const one = createStep(
    "one",
    ({ state }: { input: number[]; state: { first: number[] } }) => state.first.length,
  );
  const other = createStep(
    "other",
    ({ state, context }: { input: number[]; state: { second: string }; context: Services }) =>
      state.second + context.scale,
  );
  const both = createParallel("both", [one, other]);
  const refused = () => [
    // @ts-expect-error the state has no "second"
    numbers.add("both", both),
    // @ts-expect-error the state has no "first"
    Pipeline.start<number[], Services>().add("both", both),
  ];

  assertEquals(refused().length, 2);
  const pipeline = Pipeline.start<number[], Services>()
    .map("first", (item) => item)
    .add("second", createTransform("text", (input) => `${input.length}`))
    .add("list", createTransform("list", (input) => [input.length]))
    .add("both", both);
  assertType<IsExact<OutputOf<typeof pipeline>, [number, string]>>();
});

test("a step that needs the state of a key that does not exist does not compile", () => {
  const needy = createStep(
    "needy",
    ({ input, state }: { input: number[]; state: { first: number[]; later: number[] } }) =>
      input.length + state.later.length,
  );
  const needyItem = createStep(
    "needy",
    ({ input, state }: { input: number; state: { later: number[] } }) => input + state.later.length,
  );
  const refused = () => [
    // @ts-expect-error there is no "later"
    numbers.add("needy", needy),
    // @ts-expect-error there is no "later"
    numbers.branch("needy", () => true, needy, needy),
    // @ts-expect-error there is no "later"
    numbers.map("needy", needyItem),
    // @ts-expect-error there is no "later"
    numbers.add("needy", createStep("inline", ({ state }) => state.later)),
    // @ts-expect-error there is no "later"
    numbers.map("needy", createStep("inline", ({ state }) => state.later)),
  ];

  assertEquals(refused().length, 5);
  numbers.map("later", (item) => item).add("needy", needy);
});

test("a step that reads something else, or needs another context, does not compile", () => {
  const text = createStep("text", ({ input }: { input: string }) => input);
  const other = createStep(
    "other",
    ({ context }: { input: number[]; context: { db: string } }) => context.db,
  );
  const refused = () => [
    // @ts-expect-error the value is a list of numbers
    numbers.add("text", text),
    // @ts-expect-error the items are numbers
    numbers.map("text", text),
    // @ts-expect-error the context has no db
    numbers.add("other", other),
    // @ts-expect-error a function is no step
    () => numbers.add("function", (input: number[]) => input),
  ];

  assertEquals(refused().length, 4);
});

test("input, output and state can be taken from a step", () => {
  const step = createStep(
    "step",
    async ({ input, state }: { input: string; state: { first: number[] } }) =>
      await [input, state.first.length],
  );
  type Written = Step<Date, boolean, { a: 1 }, { db: string }>;

  assertType<IsExact<StepInput<typeof step>, string>>();
  assertType<IsExact<StepOutput<typeof step>, (string | number)[]>>();
  assertType<IsExact<StepAccumulatedState<typeof step>, { first: number[] }>>();
  assertType<IsExact<StepInput<Written>, Date>>();
  assertType<IsExact<StepOutput<Written>, boolean>>();
  assertType<IsExact<StepAccumulatedState<Written>, { a: 1 }>>();
  assertType<IsExact<StepInput<string>, never>>();
});

test("a step that asks for no state and no context goes anywhere", async () => {
  const plain: Step<number, string> = createStep("plain", ({ input }) => `${input}`);
  const result = await numbers.map("plain", plain).execute([1]);

  assert(result.success);
  assertEquals(result.data, ["2"]);
});

test("steps side by side that are written inline know their input, state and context", async () => {
  const pipeline = Pipeline.start<string, { scale: number }>(() => ({ scale: 2 }))
    .add("length", createStep("length", ({ input }) => input.length))
    .add(
      "both",
      createParallel("both", [
        createStep("scaled", ({ input, context }) => input * context.scale),
        createStep("same", ({ input, state }) => [input, state.length]),
      ]),
    );
  const result = await pipeline.execute("mill");

  assertType<IsExact<typeof result, StepResult<[number, number[]]>>>();
  assertEquals(result.success && result.data, [8, [4, 4]]);
  Pipeline.start<string>().add(
    "refused",
    // @ts-expect-error -- a string has no such property
    createParallel("one", [createStep("a", ({ input }) => input.nonsense)]),
  );
});

test("a step that is written by hand inside map() and flatMap() knows its input", async () => {
  const metadata = { stepName: "hand", startTime: 0, endTime: 0, durationMs: 0 };
  const pipeline = Pipeline.start<number[]>()
    .map("more", {
      name: "hand",
      execute: async ({ input }) => await { success: true, data: input + 1, metadata },
    })
    .flatMap("twice", {
      name: "hand",
      execute: async ({ input }) => await { success: true, data: [input, input], metadata },
    });
  const result = await pipeline.execute([1, 2]);

  assertType<IsExact<typeof result, StepResult<number[]>>>();
  assertEquals(result.success && result.data, [2, 2, 3, 3]);
});
