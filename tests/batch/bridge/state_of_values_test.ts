// What the stages of a stream, and steps that crossed the bridge, see of batch stages.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  Pipeline,
  pipelineToStreaming,
  StreamingPipeline,
  streamingStepToStep,
  streamingToPipeline,
} from "../../../mod.ts";
import { dataOf, errorOf } from "../_helpers.ts";
import { test } from "../../harness.ts";

test("inside pipelineToStreaming steps and functions see whole outputs of their value", async () => {
  const look = createStep("look", (given: { state: { doubled: number[]; pairs: number[][] } }) => {
    const { doubled, pairs } = given.state;
    return { doubled, pairs, keys: Object.keys(given.state) };
  });
  const pipeline = pipelineToStreaming(
    Pipeline.start<number[]>()
      .map("doubled", (item) => item * 2)
      .batch("pairs", 2)
      .map("lengths", (pair, _, { state }) => [pair.length, state.accumulated.doubled.length])
      .add("look", look as never),
  );

  const keys = ["doubled", "pairs", "lengths"];
  assertEquals(await pipeline.executeToArray([[1, 2, 3], [4]]) as unknown[], [
    { doubled: [2, 4, 6], pairs: [[2, 4], [6]], keys },
    { doubled: [8], pairs: [[8]], keys },
  ]);
});

test("stages after pipelineToStreaming see its outputs by key, on the path of their item", async () => {
  const words = Pipeline.start<string[]>()
    .map("lengths", (word) => word.length)
    .filter("long", (length) => length > 2);
  const pipeline = pipelineToStreaming(words)
    .flatten("each")
    .map("share", (length, _, { state }) => [
      length,
      state.accumulated.lengths,
      state.hasSnapshot("long") && state.accumulated.long.length,
    ]);

  assertEquals(await pipeline.executeToArray([["mill", "a"], ["wheel", "dam", "to"]]), [
    [4, [4, 1], 1],
    [5, [5, 3, 2], 2],
    [3, [5, 3, 2], 2],
  ]);
});

test("a step after pipelineToStreaming can read a batch stage whole", async () => {
  const pipeline = pipelineToStreaming(Pipeline.start<number[]>().map("lists", (item) => item + 1))
    .add("all", async function* ({ input, state }) {
      const all = await state.materialize("lists");
      for await (const _ of input) yield all.length;
    });

  assertEquals(await pipeline.executeToArray([[1], [2], []]), [3, 3, 3]);
});

test("checkpoints never: the option of pipelineToStreaming holds", async () => {
  const pipeline = pipelineToStreaming(
    Pipeline.start<number[]>().map("lists", (item) => item),
    { checkpoints: "never" },
  ).add("all", async function* ({ state }) {
    yield await state.materialize("lists");
  });
  const error = await pipeline.executeToArray([[1]]).catch((thrown) => thrown);

  assertEquals(error.code, "STATE_NOT_RECORDED");
});

test("a step inside pipelineToStreaming may write to its state, which it alone sees", async () => {
  const seen: unknown[] = [];
  const write = createStep<number, number, { note?: string }>("write", ({ input, state }) => {
    state.note = "written";
    seen.push({ ...state });
    return input;
  });
  const look = createStep<number, number>("look", ({ input, state }) => {
    seen.push({ ...state as object });
    return input;
  });
  const batch = (Pipeline.start<number>() as Pipeline<number, number, { note?: string }>)
    .add("first", write)
    .branch("second", () => true, write, write)
    .add("third", look);
  await pipelineToStreaming(batch).executeToArray([1, 2]);

  const ofOne = (value: number) => [
    { note: "written" },
    { note: "written", first: value },
    { first: value, second: value },
  ];
  assertEquals(seen, [...ofOne(1), ...ofOne(2)]);
});

test("a step that crossed sees the state of the pipeline that it is in", async () => {
  interface Needs {
    readonly doubled: number[];
  }
  const seen: unknown[] = [];
  const step = createStreamingStep<number, number, Needs>("step", async function* (context) {
    const { input, state } = context;
    seen.push(state.hasSnapshot("doubled"), await state.materialize("doubled"));
    for await (const item of input) yield item + state.accumulated.doubled.length;
  });
  const result = await Pipeline.start<number[]>()
    .map("doubled", (item) => item * 2)
    .add("added", streamingStepToStep(step))
    .execute([1, 2, 3]);

  assertEquals(dataOf(result), [5, 7, 9]);
  assertEquals(seen, [true, [[2, 4, 6]]]);
});

test("a step that crossed gets an error for a key that no stage has", async () => {
  const step = createStreamingStep<number, number, { nowhere: number }>(
    "step",
    async function* ({ state }) {
      for await (const item of state.stream("nowhere")) yield item;
    },
  );
  const pipeline = Pipeline.start<number[]>().add("stage", streamingStepToStep(step) as never);

  assertEquals(errorOf(await pipeline.execute([1])).code, "STATE_NOT_RECORDED");
});

test("a value goes by untouched where no stage works on it", async () => {
  const value = { nested: [1] };
  const [made] = await pipelineToStreaming(Pipeline.start<object>()).executeToArray([value]);
  const list = dataOf(
    await streamingToPipeline(StreamingPipeline.start<object>()).execute([value]),
  );

  assertStrictEquals(made, value);
  assert(list.length === 1 && list[0] === value);
});
