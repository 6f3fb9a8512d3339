// The output of branch is either of what its two sides give.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { createStep, createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

test("branch gives either of what its two sides give", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .branch("either", (item) => item > 1, (item) => `${item}`, async (item) => await item)
    .map("kind", (item) => typeof item);

  assertType<IsExact<StateOf<typeof pipeline>["either"], string | number>>();
  assertEquals(await pipeline.executeToArray([1, 2]), ["number", "string"]);
});

test("branch takes functions, steps and streaming steps, each for its own output", async () => {
  const toText = createStep<number, string>("toText", ({ input }) => `${input}`);
  const repeat = createStreamingStep<number, boolean>("repeat", async function* ({ input }) {
    for await (const item of input) yield* [item > 1, item > 2];
  });
  const pipeline = StreamingPipeline.start<number>()
    .branch("step or function", (item) => item > 1, toText, (item) => item)
    .map("number", Number)
    .branch("streaming step or step", (item) => item > 1, repeat, toText);

  assertType<IsExact<OutputOf<typeof pipeline>, string | boolean>>();
  assertEquals(await pipeline.executeToArray([1, 2, 3]), ["1", true, false, true, true]);
});
