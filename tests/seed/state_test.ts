// The document's examples of state: "Type-Safe State Access" and "State Management". (Its
// "Memory-Efficient Pattern" is in memory_efficient_test.ts.)

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { slowRange } from "../state/_support.ts";

type Input = number;

const step1 = createStreamingStep<Input, number>("step1", async function* ({ input }) {
  for await (const item of input) yield item + 1;
});
const step2 = createStreamingStep<number, number>("step2", async function* ({ input }) {
  for await (const item of input) yield item * 10;
});
const step3 = createStreamingStep<number, number>("step3", async function* ({ input }) {
  for await (const item of input) if (item > 10) yield item;
});

test("type-safe state access: a step knows the types of earlier values, and reads them", async () => {
  const seen: unknown[] = [];
  const step1 = createStreamingStep<string, { value: number }>(
    "step1",
    async function* ({ input }) {
      for await (const text of input) yield { value: text.length };
    },
  );
  const pipeline = StreamingPipeline.start<string>()
    .add("step1", step1) // Returns { value: number }
    .add(
      "step2",
      createStreamingStep("step2", async function* ({ input, state }) {
        for await (const item of input) {
          assertType<IsExact<typeof item, { value: number }>>();
          assertType<IsExact<typeof state.accumulated.step1, { value: number }>>();
          assertEquals(state.accumulated.step1, item);
          seen.push(state.accumulated.step1);

          yield `Value: ${item.value}`;
        }
      }),
    );

  // deno-lint-ignore no-explicit-any -- as the document writes it
  type PipelineState = typeof pipeline extends StreamingPipeline<any, any, infer S, any> ? S
    : never;
  // PipelineState = { step1: { value: number }; step2: string }
  const state: PipelineState = { step1: { value: 1 }, step2: "Value: 1" };

  assertType<IsExact<PipelineState["step1"], { value: number }>>();
  assertType<IsExact<PipelineState["step2"], string>>();
  assertEquals(await pipeline.executeToArray(["a", "bcd"]), [state.step2, "Value: 3"]);
  assertEquals(seen, [{ value: 1 }, { value: 3 }]);
});

test("checkpoint strategy: a step reads the snapshots of two checkpoints, then its input", async () => {
  const processItem = (
    item: number,
    step1Data: readonly number[],
    step3Data: readonly number[],
  ) => [item, step1Data, step3Data];

  const pipeline = StreamingPipeline.start<Input>()
    .add("step1", step1)
    .checkpoint("step1_snapshot") // Force snapshot
    .map("step2", step2)
    .map("step3", step3)
    .checkpoint("step3_snapshot") // Another snapshot
    .map(
      "step4",
      createStreamingStep("step4", async function* ({ input, state }) {
        // Can access step1 and step3 snapshots efficiently
        const step1Data = state.accumulated.step1_snapshot;
        const step3Data = state.accumulated.step3_snapshot;

        for await (const item of input) {
          // Process with access to snapshots
          yield processItem(item, step1Data, step3Data);
        }
      }),
    );

  for (const source of [[0, 1, 2], slowRange(3)]) {
    assertEquals(await pipeline.executeToArray(source), [
      [20, [1, 2, 3], [20, 30]],
      [30, [1, 2, 3], [20, 30]],
    ]);
  }
});

for (const checkpoints of ["on-demand", "always"] as const) {
  test(`lazy state materialization: by stream, by array, by snapshot (${checkpoints})`, async () => {
    const processItem = (item: number, step2Array: number[]) => item / step2Array.length;
    const hadSnapshot: boolean[] = [];
    const streamed: number[] = [];

    const pipeline = StreamingPipeline.start<Input>(undefined, { checkpoints })
      .add("step1", step1)
      .map("step2", step2)
      .add(
        "step3",
        createStreamingStep("step3", async function* ({ input, state }) {
          // Option 1: Stream from previous step (no materialization)
          const step2Stream = state.stream("step2");

          // Option 2: Materialize previous step to array
          const step2Array = await state.materialize("step2");

          // Option 3: Access snapshot (if checkpoint exists)
          hadSnapshot.push(state.hasSnapshot("step1"));
          if (state.hasSnapshot("step1")) assertEquals(typeof state.accumulated.step1, "number");

          for await (const item of step2Stream) streamed.push(item);
          for await (const item of input) {
            hadSnapshot.push(state.hasSnapshot("step1"));
            yield processItem(item, step2Array);
          }
        }),
      );

    assertEquals(await pipeline.executeToArray([0, 1]), [5, 10]);
    assertEquals(streamed, [10, 20]);
    assertEquals(hadSnapshot, [false, true, true]);
  });
}
