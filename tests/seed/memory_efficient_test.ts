// The document's "Memory-Efficient Pattern": up to a checkpoint, one item is in flight at a time.

import { assertEquals } from "@std/assert";
import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { slowRange } from "../state/_support.ts";

type Input = number;

test("without a checkpoint, one item is in flight", async () => {
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

test("one item is in flight up to the checkpoint, all of them there", async () => {
  let inFlight = 0;
  let peak = 0;
  const gathered: number[] = [];
  const transform = (change: number) =>
    createStreamingStep<number, number>("transform", async function* ({ input }) {
      for await (const item of input) {
        inFlight += change;
        peak = Math.max(peak, inFlight);
        yield item;
      }
    });

  // Pattern: Only materialize when necessary
  const pipeline = StreamingPipeline.start<Input>()
    .map("transform1", transform(1)) // Streaming
    .map("transform2", transform(0)) // Streaming
    .map("transform3", transform(-1)) // Streaming
    // No checkpoints = no materialization
    // Memory usage: O(1) per item in flight

    .checkpoint("batch_checkpoint") // Materialize here
    .batch("batches", 100)
    .map(
      "process_batch",
      createStreamingStep("process", async function* ({ input, state }) {
        for await (const batch of input) {
          gathered.push(state.accumulated.batch_checkpoint.length);
          yield batch.length;
        }
      }),
    );

  assertEquals(await pipeline.executeToArray(slowRange(250)), [100, 100, 50]);
  assertEquals([peak, gathered], [1, [250, 250, 250]]);
});
