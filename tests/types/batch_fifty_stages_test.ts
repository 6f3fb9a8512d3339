// A chain of 50 stages of the batch pipeline compiles, knows the type of every key, and runs.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { createStep, Pipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import type { Flat } from "./_types.ts";

const trim = createStep(
  "trim",
  ({ input }: { input: string[] }) => input.map((item) => item.trim()),
);
const size = createStep("size", ({ input }: { input: string }) => input.length);
const keep = createStep("keep", ({ input }: { input: number[] }) => input);

const fiftyStages = Pipeline.start<number[]>()
  .map("s01", (item) => item + 1)
  .map("s02", (item) => `${item}`)
  .filter("s03", (item) => item !== "9")
  .flatMap("s04", (item) => [item])
  .add("s05", trim)
  .map("s06", size, { parallel: true })
  .batch("s07", 2)
  .flatten("s08")
  .branch("s09", (input) => input.length > 1, keep, keep)
  .map("s10", createStep("inline", ({ input }) => input + 1))
  .map("s11", (item) => item + 1)
  .map("s12", (item) => `${item}`)
  .filter("s13", (item) => item !== "9")
  .flatMap("s14", (item) => [item])
  .add("s15", trim)
  .map("s16", size, { parallel: true })
  .batch("s17", 2)
  .flatten("s18")
  .branch("s19", (input) => input.length > 1, keep, keep)
  .map("s20", createStep("inline", ({ input }) => input + 1))
  .map("s21", (item) => item + 1)
  .map("s22", (item) => `${item}`)
  .filter("s23", (item) => item !== "9")
  .flatMap("s24", (item) => [item])
  .add("s25", trim)
  .map("s26", size, { parallel: true })
  .batch("s27", 2)
  .flatten("s28")
  .branch("s29", (input) => input.length > 1, keep, keep)
  .map("s30", createStep("inline", ({ input }) => input + 1))
  .map("s31", (item) => item + 1)
  .map("s32", (item) => `${item}`)
  .filter("s33", (item) => item !== "9")
  .flatMap("s34", (item) => [item])
  .add("s35", trim)
  .map("s36", size, { parallel: true })
  .batch("s37", 2)
  .flatten("s38")
  .branch("s39", (input) => input.length > 1, keep, keep)
  .map("s40", createStep("inline", ({ input }) => input + 1))
  .map("s41", (item) => item + 1)
  .map("s42", (item) => `${item}`)
  .filter("s43", (item) => item !== "9")
  .flatMap("s44", (item) => [item])
  .add("s45", trim)
  .map("s46", size, { parallel: true })
  .batch("s47", 2)
  .flatten("s48")
  .branch("s49", (input) => input.length > 1, keep, keep)
  .map("s50", createStep("inline", ({ input }) => input + 1));

type State = typeof fiftyStages extends
  Pipeline<infer _Input, infer _Output, infer TState, infer _Context> ? Flat<TState> : never;

test("a chain of 50 batch stages has the type of each key", () => {
  assertType<IsExact<State["s01"], number[]>>();
  assertType<IsExact<State["s12"], string[]>>();
  assertType<IsExact<State["s27"], number[][]>>();
  assertType<IsExact<State["s39"], number[]>>();
  assertType<IsExact<State["s50"], number[]>>();
  assertType<IsExact<keyof State extends `s${string}` ? true : false, true>>();
});

test("a key is taken at the end of 50 batch stages as it is after one", () => {
  // @ts-expect-error the first key is taken
  assertThrows(() => fiftyStages.batch("s01", 1), TypeError, "taken");
  // @ts-expect-error the last key is taken
  assertThrows(() => fiftyStages.batch("s50", 1), TypeError, "taken");
});

test("a chain of 50 batch stages runs, and tells of each", async () => {
  const result = await fiftyStages.execute([1, 20, 8]);

  assertEquals(result.success && result.data, [2, 2]);
  assertEquals(result.metadata.steps?.length, 50);
});
