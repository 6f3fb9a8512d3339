// Two pipelines joined: what is inferred, and what is refused.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import type { InputOf, OutputOf, StateOf } from "./_types.ts";

const pipeline = StreamingPipeline.start<string>().map("length", (text) => text.length);

test("compose joins inputs, outputs and states", async () => {
  const second = StreamingPipeline.start<number>().map("double", (item) => item * 2);
  const both = pipeline.compose(second).tap("seen", (_item, _, { state }) => {
    assertType<IsExact<typeof state.accumulated.length, number>>();
    assertType<IsExact<typeof state.accumulated.double, number>>();
  });

  assertType<IsExact<InputOf<typeof both>, string>>();
  assertType<IsExact<StateOf<typeof both>, { length: number; double: number; seen: number }>>();
  assertEquals(await both.executeToArray(["abc"]), [6]);
});

test("compose takes a pipeline that reads more and needs less context", () => {
  const first = StreamingPipeline.start<number, { db: string }>(() => ({ db: "a" }));
  const second = StreamingPipeline.start<number | string>().map("text", (item) => `${item}`);
  const both = first.compose(second);

  assertType<IsExact<InputOf<typeof both>, number>>();
  assertType<IsExact<OutputOf<typeof both>, string>>();
});

test("compose refuses a pipeline that reads something else or needs another context", () => {
  // @ts-expect-error the items are numbers
  pipeline.compose(StreamingPipeline.start<string>().take("one", 1));
  // @ts-expect-error not all of the items are 1
  pipeline.compose(StreamingPipeline.start<1>().take("one", 1));
  // @ts-expect-error this pipeline has no context
  pipeline.compose(StreamingPipeline.start<number, { db: string }>().take("one", 1));
});

test("compose refuses a pipeline with a key in common", () => {
  const other = StreamingPipeline.start<number>().map("length", (item) => item);

  // @ts-expect-error both have a stage called "length"
  assertThrows(() => pipeline.compose(other), TypeError, `"length"`);
});
