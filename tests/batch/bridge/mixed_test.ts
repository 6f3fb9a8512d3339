// Steps of each kind, handed as they are to either builder, and pipelines made of both kinds.

import { assertEquals, assertThrows } from "@std/assert";
import {
  createHybridStep,
  createParallel,
  createStep,
  createStreamingStep,
  createTransform,
  Pipeline,
  pipelineToStreaming,
  type Step,
  StreamingPipeline,
  type StreamingStep,
  streamingToPipeline,
} from "../../../mod.ts";
import { dataOf } from "../_helpers.ts";
import { test } from "../../harness.ts";

const half = createStep<number, number>("half", ({ input }) => input / 2);
const twice = createStreamingStep<number, number>("twice", async function* ({ input }) {
  for await (const item of input) yield* [item, item];
});
const plus = createHybridStep<number, number>("plus", {
  batch: ({ input }) => input.map((item) => item + 1),
  async *streaming({ input }) {
    for await (const item of input) yield item + 1;
  },
});
const sum = createTransform("sum", (items: number[]) => items.reduce((a, b) => a + b, 0));

test("the same steps of each kind give the same in either builder", async () => {
  const batch = Pipeline.start<number[]>()
    .map("half", half)
    .add("twice", twice)
    .add("plus", plus)
    .map("half again", half, { parallel: true })
    .flatMap("twice again", twice);
  const streaming = StreamingPipeline.start<number>()
    .map("half", half)
    .add("twice", twice)
    .add("plus", plus)
    .map("half again", half, { parallel: true })
    .flatMap("twice again", twice);
  const expected = [1, 1, 1, 1, 1.5, 1.5, 1.5, 1.5];

  assertEquals(dataOf(await batch.execute([2, 4])), expected);
  assertEquals(await streaming.executeToArray([2, 4]), expected);
  assertEquals(dataOf(await streamingToPipeline(streaming).execute([2, 4])), expected);
  assertEquals(await pipelineToStreaming(batch).executeToArray([[2, 4]]), [expected]);
});

test("a streaming pipeline goes on in batch stages, and these in a stream again", async () => {
  const pipeline = pipelineToStreaming(
    streamingToPipeline(StreamingPipeline.start<number>().add("twice", twice).map("half", half))
      .add("sum", sum),
  ).map("text", (total, _, { state }) => `${total} of ${state.accumulated.twice}`);

  assertEquals(await pipeline.executeToArray([[2, 4], [10]]), ["6 of 2,2,4,4", "10 of 10,10"]);
});

test("a batch pipeline made a stream is composed into another", async () => {
  const batch = Pipeline.start<number[]>()
    .map("half", half)
    .add("twice", twice)
    .add("sum", sum);
  const pipeline = StreamingPipeline.start<number>()
    .map("tens", (item) => item * 10)
    .batch("pairs", 2)
    .compose(pipelineToStreaming(batch))
    .map("last", (total, _, { state }) => [total, state.accumulated.tens, state.accumulated.half]);

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [
    [30, 20, [5, 10]],
    [30, 30, [15]],
  ]);
});

test("a batch pipeline made a stream is composed side by side with its own kind", async () => {
  const one = pipelineToStreaming(Pipeline.start<number[]>().map("a", half));
  const other = pipelineToStreaming(Pipeline.start<number[]>().add("b", sum));

  assertEquals(await one.compose(other).executeToArray([[2, 4], []]), [3, 0]);
});

test("composing takes no key twice over the bridge", () => {
  const streaming = StreamingPipeline.start<number>().batch("same", 2);
  const batch = pipelineToStreaming(Pipeline.start<number[]>().map("same", half));

  assertThrows(
    () => streaming.compose(batch as never),
    TypeError,
    `the stage "same" (map): its key must be new, but it is taken`,
  );
});

test("keys of a pipeline that has crossed are taken", () => {
  const batch = streamingToPipeline(StreamingPipeline.start<number>().map("same", half));
  const streaming = pipelineToStreaming(Pipeline.start<number[]>().map("same", half));

  // @ts-expect-error taken
  assertThrows(() => batch.map("same", half), TypeError, "taken");
  // @ts-expect-error taken
  assertThrows(() => streaming.map("same", (item) => item), TypeError, "taken");
});

test("the original pipelines stay as they are", async () => {
  const batch = Pipeline.start<number[]>().map("half", half);
  const streaming = StreamingPipeline.start<number>().map("half", half);
  pipelineToStreaming(batch).map("more", (item) => item);
  streamingToPipeline(streaming).add("more", sum);

  assertEquals([batch.getStageNames(), dataOf(await batch.execute([2]))], [["half"], [1]]);
  assertEquals(await streaming.executeToArray([2]), [1]);
});

test("steps written by hand are taken by either builder and by the bridge", async () => {
  const byHand: Step<number, number> = {
    name: "by hand",
    execute: async ({ input }) => {
      const metadata = { stepName: "by hand", startTime: 0, endTime: 0, durationMs: 0 };
      return await { success: true, data: input + 1, metadata };
    },
  };
  const streamed: StreamingStep<number, number> = {
    name: "streamed by hand",
    async *execute({ input }) {
      for await (const item of input) yield item + 1;
    },
  };

  const batch = Pipeline.start<number[]>().map("a", byHand).add("b", streamed);
  const streaming = StreamingPipeline.start<number>().map("a", byHand).add("b", streamed);
  assertEquals(dataOf(await batch.execute([1, 2])), [3, 4]);
  assertEquals(await streaming.executeToArray([1, 2]), [3, 4]);
});

test("a streaming step is a side of branch() and a part of createParallel()", async () => {
  const both = createParallel("both", [sum, twice as never]);
  const result = await Pipeline.start<number[]>().add("both", both).execute([1, 2]);
  assertEquals(dataOf<unknown>(result), [3, [1, 1, 2, 2]]);

  const either = Pipeline.start<number[]>()
    .branch("either", (items) => items.length > 1, twice as never, plus as never);
  assertEquals(dataOf<unknown>(await either.execute([1, 2])), [1, 1, 2, 2]);
  assertEquals(dataOf<unknown>(await either.execute([1])), [2]);
});

test("a value that is no array is one item of a streaming step in a batch pipeline", async () => {
  const pipeline = Pipeline.start<number>().add("twice", twice as never);

  assertEquals(dataOf<unknown>(await pipeline.execute(3)), [3, 3]);
});

test("lists of twenty thousand items cross the bridge", async () => {
  const items = Array.from({ length: 20_000 }, (_, index) => index);
  const pipeline = streamingToPipeline(
    StreamingPipeline.start<number>().map("a", (item) => item).batch("b", 7).flatten("c"),
  ).add("twice", twice).add("sum", createTransform("length", (all: number[]) => all.length));
  const result = await pipelineToStreaming(pipeline).executeToArray([items]);

  assertEquals(result, [40_000]);
});
