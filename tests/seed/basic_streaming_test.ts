// The document's example 1, and the step and pipeline of its "Type-Safe State Access".

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
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

test("type-safe state access", async () => {
  const seen: unknown[] = [];
  const step1 = createStreamingStep<string, { value: number }>(
    "step1",
    async function* ({ input }) {
      for await (const text of input) {
        yield { value: text.length };
      }
    },
  );
  const pipeline = StreamingPipeline.start<string>()
    .add("step1", step1) // Returns { value: number }
    .add(
      "step2",
      createStreamingStep(
        "step2",
        async function* ({ input, state }) {
          // Type inference:
          // - input: AsyncGenerator<{ value: number }>
          // - state.accumulated: { step1: { value: number } }

          for await (const item of input) {
            // item: { value: number }
            // state.accumulated.step1: { value: number }
            seen.push(state.accumulated.step1);

            yield `Value: ${item.value}`;
          }
        },
      ),
    );

  // TypeScript enforces state shape
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
