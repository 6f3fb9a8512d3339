// The types of the batch pipeline's builder: what it infers, and what does not compile.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type AddToState,
  createStep,
  ListErrorStrategy,
  Pipeline,
  type StepResult,
  type ValidateNewKey,
} from "../../mod.ts";
import { test } from "../harness.ts";
import type { Flat } from "./_types.ts";

type OutputOf<TPipeline> = TPipeline extends
  Pipeline<infer _Input, infer TOutput, infer _State, infer _Context> ? TOutput : never;

type StateOf<TPipeline> = TPipeline extends
  Pipeline<infer _Input, infer _Output, infer TState, infer _Context> ? Flat<TState> : never;

interface Services {
  readonly scale: number;
}

const length = createStep("length", ({ input }: { input: string }) => input.length);
const count = createStep("count", ({ input }: { input: readonly unknown[] }) => input.length);

const words = Pipeline.start<string[], Services>(() => ({ scale: 2 }));

test("each method gives its output type and adds it to the state under its key", async () => {
  const pipeline = words
    .map("lengths", length)
    .flatMap("parts", (item) => item > 1 ? [item, `${item}`] : [])
    .filter("kept", (item) => item !== 3)
    .batch("pairs", 2)
    .flatten("flat")
    .add("count", count)
    .branch("label", (input) => input > 1, toLabel(), toLabel());

  assertType<
    IsExact<StateOf<typeof pipeline>, {
      lengths: number[];
      parts: (string | number)[];
      kept: (string | number)[];
      pairs: (string | number)[][];
      flat: (string | number)[];
      count: number;
      label: string;
    }>
  >();
  assertType<IsExact<OutputOf<typeof pipeline>, string>>();
  const result = await pipeline.execute(["a", "bc", "def"]);
  assertType<IsExact<typeof result, StepResult<string>>>();
  assertEquals(result.success && result.data, "label 3");
});

const toLabel = () => createStep("label", ({ input }: { input: number }) => `label ${input}`);

test("success tells data from error", async () => {
  const result = await words.map("lengths", length).execute(["a"]);

  // @ts-expect-error it may have failed
  assertEquals(result.data, [1]);
  // @ts-expect-error it may be a success
  assertEquals(result.error, undefined);
  if (result.success) assertType<IsExact<typeof result.data, number[]>>();
  else assertType<IsExact<typeof result.error.code, string>>();
  assertType<IsExact<typeof result.metadata.stepName, string>>();
});

test("list methods do not compile where the value is no list", () => {
  const number = Pipeline.start<number>();
  const text = Pipeline.start<string>();
  const rows = Pipeline.start<number[]>();
  const refused = () => [
    // @ts-expect-error a number is no list
    number.map("map", (item) => item),
    // @ts-expect-error a number is no list
    number.flatMap("flatMap", (item) => [item]),
    // @ts-expect-error a number is no list
    number.filter("filter", () => true),
    // @ts-expect-error a number is no list
    number.batch("batch", 2),
    // @ts-expect-error a number is no list
    number.flatten("flatten"),
    // @ts-expect-error a string is no list
    text.map("map", (item) => item),
    // @ts-expect-error a string is no list
    text.batch("batch", 2),
    // @ts-expect-error the items are no lists
    rows.flatten("flatten"),
    // @ts-expect-error after `add` the value is a number
    rows.add("count", count).map("map", (item) => item),
    // @ts-expect-error a number is not many
    rows.flatMap("flatMap", (item) => item),
  ];

  assertEquals(refused().length, 10);
});

test("list methods take readonly lists, tuples and unions of lists", () => {
  const fixed = Pipeline.start<readonly [number, string]>().map("same", (item) => item);
  const either = Pipeline.start<number[] | readonly string[]>().map("same", (item) => item);
  const rows = Pipeline.start<readonly (readonly number[])[]>().flatten("flat");

  assertType<IsExact<OutputOf<typeof fixed>, (string | number)[]>>();
  assertType<IsExact<OutputOf<typeof either>, (string | number)[]>>();
  assertType<IsExact<OutputOf<typeof rows>, number[]>>();
});

test("each method refuses a key that is taken", () => {
  const taken = Pipeline.start<number[][]>().map("taken", (item) => item);
  const same = createStep("same", ({ input }: { input: number[][] }) => input);
  const attempts = [
    // @ts-expect-error taken
    () => taken.add("taken", same),
    // @ts-expect-error taken
    () => taken.branch("taken", () => true, same, same),
    // @ts-expect-error taken
    () => taken.map("taken", (item) => item),
    // @ts-expect-error taken
    () => taken.flatMap("taken", (item) => item),
    // @ts-expect-error taken
    () => taken.filter("taken", () => true),
    // @ts-expect-error taken
    () => taken.batch("taken", 2),
    // @ts-expect-error taken
    () => taken.flatten("taken"),
  ];

  for (const attempt of attempts) {
    assertThrows(attempt, TypeError, "its key must be new, but it is taken");
  }
});

test("AddToState and ValidateNewKey are those of the existing pipeline", () => {
  assertType<IsExact<Flat<AddToState<{ a: 1 }, "b", 2>>, { a: 1; b: 2 }>>();
  assertType<IsExact<ValidateNewKey<{ a: 1 }, "b">, "b">>();
  // @ts-expect-error "a" is taken
  const _taken: ValidateNewKey<{ a: 1 }, "a"> = "a";
});

test("functions know their item, index, state and context", () => {
  const pipeline = words
    .map("lengths", (item, index, { state, context, signal, traceId }) => {
      assertType<IsExact<typeof item, string>>();
      assertType<IsExact<typeof index, number>>();
      assertType<IsExact<keyof typeof state.accumulated, never>>();
      assertType<IsExact<typeof context, Services>>();
      assertType<IsExact<typeof signal, AbortSignal>>();
      assertType<IsExact<typeof traceId, string>>();
      return item.length;
    })
    .filter("kept", async (item, index, { state }) => {
      assertType<IsExact<typeof state.accumulated.lengths, number[]>>();
      return await state.accumulated.lengths[index] === item;
    })
    .flatMap("twice", (item, _, { state }) => [item, state.accumulated.kept.length])
    .branch(
      "either",
      (input, state, context) => {
        assertType<IsExact<typeof input, number[]>>();
        assertType<IsExact<typeof state.twice, number[]>>();
        assertType<IsExact<typeof context, Services>>();
        return true;
      },
      count,
      count,
    );

  pipeline
    // @ts-expect-error "later" is not a key
    .branch("more", (_input, state) => state.later > 0, toLabel(), toLabel());
  assertType<IsExact<OutputOf<typeof pipeline>, number>>();
});

test("a type guard narrows the items", () => {
  const mixed = Pipeline.start<(string | number | undefined)[]>();
  const texts = mixed.filter("texts", (item): item is string => typeof item === "string");
  const inferred = mixed.filter("inferred", (item) => typeof item === "number");
  const others = mixed.filter("others", (item) => item !== undefined && `${item}` !== "");

  assertType<IsExact<OutputOf<typeof texts>, string[]>>();
  assertType<IsExact<StateOf<typeof texts>, { texts: string[] }>>();
  assertType<IsExact<OutputOf<typeof inferred>, number[]>>();
  assertType<IsExact<OutputOf<typeof others>, (string | number | undefined)[]>>();
});

test("both sides of a branch must give the same type", () => {
  const text = createStep("text", ({ input }: { input: number }) => `${input}`);
  const double = createStep("double", ({ input }: { input: number }) => input * 2);
  const refused = () =>
    // @ts-expect-error one gives text, the other a number
    Pipeline.start<number>().branch("either", () => true, text, double);

  assertEquals(refused().getStageNames(), ["either"]);
});

test("options that do not exist do not compile", () => {
  const numbers = Pipeline.start<number[]>();
  const attempts = [
    // @ts-expect-error unknown
    () => numbers.map("a", (item) => item, { concurrency: 3 }),
    // @ts-expect-error a list always keeps its order
    () => numbers.map("a", (item) => item, { parallel: true, ordered: false }),
    // @ts-expect-error no strategy of a list
    () => numbers.map("a", (item) => item, { errorStrategy: "SPLIT_ERRORS" }),
  ];

  for (const attempt of attempts) assertThrows(attempt, TypeError);
  numbers.map("a", (item) => item, {
    parallel: true,
    concurrencyLimit: 3,
    errorStrategy: ListErrorStrategy.SKIP_FAILED,
  });
});

test("execute takes the input that start names", () => {
  const numbers = Pipeline.start<number[]>();
  const refused = () => [
    // @ts-expect-error it takes numbers
    numbers.execute(["a"]),
    // @ts-expect-error it takes one list, not an iterable
    numbers.execute(new Set([1])),
    // @ts-expect-error unknown option
    numbers.execute([1], { errorBuffer: 1 }).catch(() => {}),
  ];

  assertEquals(refused().length, 3);
});
