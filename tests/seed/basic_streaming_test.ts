// The document's example 1.

import { assertEquals } from "@std/assert";
import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { asyncGeneratorOf, Printer } from "./_seed.ts";

test("example 1: basic streaming", async () => {
  const console = new Printer();
  const doubleNumbers = createStreamingStep<number, number>(
    "doubleNumbers",
    async function* ({ input }) {
      for await (const num of input) {
        yield num * 2;
      }
    },
  );

  const pipeline = StreamingPipeline.start<number>()
    .map("doubled", doubleNumbers);

  // Execute
  for await (const result of pipeline.execute(asyncGeneratorOf(1, 2, 3))) {
    console.log(result); // 2, 4, 6
  }

  assertEquals(console.lines, [[2], [4], [6]]);
});
