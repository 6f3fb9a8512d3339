// The document's "Memory-Efficient Pattern": without a checkpoint, one item is in flight at a time.

import { assertEquals } from "@std/assert";
import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";

type Input = number;

test("only items in flight are in memory", async () => {
  let inFlight = 0;
  let peak = 0;
  const enter = createStreamingStep<Input, Input>("transform1", async function* ({ input }) {
    for await (const item of input) {
      peak = Math.max(peak, ++inFlight);
      yield item;
    }
  });
  const pass = createStreamingStep<Input, Input>("transform2", async function* ({ input }) {
    for await (const item of input) yield item;
  });
  const leave = createStreamingStep<Input, Input>("transform3", async function* ({ input }) {
    for await (const item of input) {
      inFlight--;
      yield item;
    }
  });
  const processBatch = createStreamingStep<Input[], number>("process", async function* ({ input }) {
    for await (const batch of input) yield batch.length;
  });

  // Pattern: Only materialize when necessary
  const pipeline = StreamingPipeline.start<Input>()
    .map("transform1", enter) // Streaming
    .map("transform2", pass) // Streaming
    .map("transform3", leave) // Streaming
    // No checkpoints = no materialization
    // Memory usage: O(1) per item in flight
    .batch("batches", 100)
    .map("process_batch", processBatch);

  function* createInput(): Generator<Input> {
    for (let item = 0; item < 1050; item++) yield item;
  }

  assertEquals(await pipeline.executeToArray(createInput()), [...Array(10).fill(100), 50]);
  assertEquals(peak, 1);
});
