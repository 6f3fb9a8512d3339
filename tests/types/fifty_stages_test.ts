// A chain of 50 stages compiles, knows the type of every key, and runs.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

const fiftyStages = StreamingPipeline.start<number>()
  .map("s01", (item) => item + 1)
  .map("s02", (item) => `${item}`)
  .filter("s03", (item) => item !== "3")
  .flatMap("s04", (item) => [item, item])
  .map("s05", (item) => item.length)
  .batch("s06", 2)
  .flatten("s07")
  .tap("s08", (item) => item)
  .map("s09", (item) => ({ item }))
  .map("s10", ({ item }) => item)
  .map("s11", (item) => item + 1)
  .map("s12", (item) => `${item}`)
  .filter("s13", (item) => item !== "3")
  .flatMap("s14", (item) => [item])
  .map("s15", (item) => item.length)
  .batch("s16", 2)
  .flatten("s17")
  .tap("s18", (item) => item)
  .map("s19", (item) => ({ item }))
  .map("s20", ({ item }) => item)
  .map("s21", (item) => item + 1)
  .map("s22", async (item) => await `${item}`)
  .filter("s23", (item) => item !== "3")
  .flatMap("s24", (item) => [item])
  .map("s25", (item) => item.length)
  .batch("s26", 2)
  .flatten("s27")
  .take("s28", 100)
  .map("s29", (item) => ({ item }))
  .map("s30", ({ item }) => item)
  .map("s31", (item) => item + 1)
  .map("s32", (item) => `${item}`)
  .add("s33", async function* ({ input }) {
    for await (const item of input) yield item;
  })
  .flatMap("s34", (item) => [item])
  .map("s35", (item) => item.length)
  .batch("s36", 2)
  .flatten("s37")
  .skip("s38", 0)
  .map("s39", (item) => ({ item }))
  .map("s40", ({ item }) => item)
  .map("s41", (item) => item + 1, { parallel: true })
  .map("s42", (item) => `${item}`)
  .takeWhile("s43", (item) => item !== "3")
  .flatMap("s44", (item) => [item])
  .map("s45", (item) => item.length)
  .batch("s46", 2)
  .flatten("s47")
  .skipWhile("s48", (item) => item === 0)
  .map("s49", (item) => ({ item }))
  .map("s50", (item, _index, { state }) => ({ ...item, first: state.accumulated.s01 }));

test("a chain of 50 stages has the type of each key", () => {
  type State = StateOf<typeof fiftyStages>;

  assertType<IsExact<OutputOf<typeof fiftyStages>, { first: number; item: number }>>();
  assertType<IsExact<State["s02"], string>>();
  assertType<IsExact<State["s06"], number[]>>();
  assertType<IsExact<State["s22"], string>>();
  assertType<IsExact<State["s29"], { item: number }>>();
  assertType<IsExact<State["s33"], string>>();
  assertType<IsExact<State["s46"], number[]>>();
  assertType<IsExact<keyof State extends `s${string}` ? true : false, true>>();
});

test("a key is taken at the end of 50 stages as it is after one", () => {
  // @ts-expect-error the first key is taken
  assertThrows(() => fiftyStages.take("s01", 1), TypeError, "taken");
  // @ts-expect-error the last key is taken
  assertThrows(() => fiftyStages.take("s50", 1), TypeError, "taken");
});

test("a chain of 50 stages runs", async () => {
  const results = await fiftyStages.executeToArray([1, 2, 4]);

  assertEquals(results, [
    { item: 1, first: 2 },
    { item: 1, first: 2 },
    { item: 1, first: 5 },
    { item: 1, first: 5 },
  ]);
});
