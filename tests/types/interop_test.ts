// What the compiler knows of pipelines and steps that have crossed the bridge.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  createHybridStep,
  createStep,
  createStreamingStep,
  createTransform,
  type MaterializedState,
  Pipeline,
  pipelineToStreaming,
  type Source,
  type Step,
  stepToStreamingStep,
  StreamingPipeline,
  type StreamingStep,
  streamingStepToStep,
  streamingToPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import type { Flat, InputOf, OutputOf, StateOf } from "./_types.ts";

interface Services {
  readonly scale: number;
}

/** The four types of a batch pipeline. */
type BatchInput<T> = T extends Pipeline<infer TInput, infer _O, infer _S, infer _C> ? TInput
  : never;
type BatchOutput<T> = T extends Pipeline<infer _I, infer TOutput, infer _S, infer _C> ? TOutput
  : never;
type BatchState<T> = T extends Pipeline<infer _I, infer _O, infer TState, infer _C> ? Flat<TState>
  : never;
type BatchContext<T> = T extends Pipeline<infer _I, infer _O, infer _S, infer TContext> ? TContext
  : never;

const batch = Pipeline.start<string[], Services>(() => ({ scale: 10 }))
  .map("lengths", (word) => word.length)
  .batch("pairs", 2);
const streaming = StreamingPipeline.start<string, Services>(() => ({ scale: 10 }))
  .map("length", (word) => word.length)
  .batch("pair", 2);

test("pipelineToStreaming keeps input, output, state and context", async () => {
  const pipeline = pipelineToStreaming(batch);

  assertType<IsExact<InputOf<typeof pipeline>, string[]>>();
  assertType<IsExact<OutputOf<typeof pipeline>, number[][]>>();
  assertType<IsExact<StateOf<typeof pipeline>, { lengths: number[]; pairs: number[][] }>>();
  const more = pipeline.map("scaled", (pairs, _, { state, context }) => {
    assertType<IsExact<typeof pairs, number[][]>>();
    assertType<IsExact<typeof state.accumulated.lengths, number[]>>();
    assertType<IsExact<typeof context, Services>>();
    return state.accumulated.lengths.length * context.scale;
  });
  assertType<IsExact<OutputOf<typeof more>, number>>();
  assertEquals(await more.executeToArray([["a", "b"], []]), [20, 0]);
});

test("streamingToPipeline takes a source, and gives lists of items and of states", async () => {
  const pipeline = streamingToPipeline(streaming);

  assertType<IsExact<BatchInput<typeof pipeline>, Source<string>>>();
  assertType<IsExact<BatchOutput<typeof pipeline>, number[][]>>();
  assertType<IsExact<BatchState<typeof pipeline>, { length: number[]; pair: number[][] }>>();
  assertType<IsExact<BatchContext<typeof pipeline>, Services>>();
  const more = pipeline.add(
    "total",
    createTransform(
      "total",
      (pairs: number[][], { length }: { readonly length: number[] }) =>
        length.length + pairs.length,
    ),
  );
  assertType<IsExact<BatchOutput<typeof more>, number>>();
  const result = await more.execute(["a", "bc", "d"]);
  assertEquals(result.success && result.data, 5);
});

test("MaterializedState has a list for each key, also of a checkpoint", () => {
  assertType<
    IsExact<
      MaterializedState<{ a: number; b: string[]; c: undefined | 1 }>,
      { a: number[]; b: string[][]; c: (undefined | 1)[] }
    >
  >();
  const pipeline = streamingToPipeline(StreamingPipeline.start<number>().checkpoint("all"));
  assertType<IsExact<BatchState<typeof pipeline>, { all: (readonly number[])[] }>>();
  assertType<IsExact<BatchOutput<typeof pipeline>, number[]>>();
});

test("a pipeline that crosses over and back reads sources of values and gives lists", () => {
  const there = streamingToPipeline(pipelineToStreaming(batch));
  assertType<IsExact<BatchInput<typeof there>, Source<string[]>>>();
  assertType<IsExact<BatchOutput<typeof there>, number[][][]>>();
  const back = pipelineToStreaming(streamingToPipeline(streaming));
  assertType<IsExact<InputOf<typeof back>, Source<string>>>();
  assertType<IsExact<OutputOf<typeof back>, number[][]>>();
});

interface Needs {
  readonly length: number;
}

const addLength = createStreamingStep<number, string, Needs, Services>(
  "addLength",
  async function* ({ input, state, context }) {
    for await (const item of input) yield `${item + state.accumulated.length * context.scale}`;
  },
);
const scale = createStep<number, string, Needs, Services>(
  "scale",
  ({ input, state, context }) => `${input * state.length * context.scale}`,
);

test("steps that cross keep what they read, make and need", () => {
  const asStreaming = stepToStreamingStep(scale);
  const asStep = streamingStepToStep(addLength);

  const streamed: StreamingStep<number, string, Needs, Services> = asStreaming;
  const listed: Step<number[], string[], Needs, Services> = asStep;
  const again: Step<number[], string[], Needs, Services> = streamingStepToStep(asStreaming);
  assertEquals([streamed.name, listed.name, again.name], ["scale", "addLength", "scale"]);
  // @ts-expect-error it reads numbers
  const _texts: StreamingStep<string, string, Needs, Services> = asStreaming;
  // @ts-expect-error it makes a list of texts
  const _one: Step<number[], string, Needs, Services> = asStep;
});

test("each function refuses what another one takes", () => {
  const attempts = [
    // @ts-expect-error a streaming pipeline
    () => pipelineToStreaming(streaming),
    // @ts-expect-error a batch pipeline
    () => streamingToPipeline(batch),
    // @ts-expect-error options of a run that a batch pipeline does not have
    () => streamingToPipeline(streaming, { signal: undefined }),
    // @ts-expect-error options of a run
    () => pipelineToStreaming(batch, { errorsTo: () => {} }),
  ];

  assertEquals(attempts.length, 4);
});

test("a step that needs the state of a missing key does not compile", () => {
  const lists = Pipeline.start<number[], Services>(() => ({ scale: 1 }));
  const items = StreamingPipeline.start<number, Services>(() => ({ scale: 1 }));
  const attempts = [
    // @ts-expect-error no stage is called "length"
    () => lists.add("stage", addLength),
    // @ts-expect-error no stage is called "length"
    () => lists.add("stage", streamingStepToStep(addLength)),
    // @ts-expect-error no stage is called "length"
    () => lists.map("stage", scale),
    // @ts-expect-error no stage is called "length"
    () => items.add("stage", scale),
    // @ts-expect-error no stage is called "length"
    () => items.add("stage", stepToStreamingStep(scale)),
    // @ts-expect-error after streamingToPipeline "length" is a list
    () => streamingToPipeline(items.map("length", (n) => n)).map("stage", scale),
    // @ts-expect-error after pipelineToStreaming "length" is a list
    () => pipelineToStreaming(lists.map("length", (n) => n)).flatten("each").map("stage", scale),
  ];
  items.map("length", (n) => n).add("stage", stepToStreamingStep(scale));

  assertEquals(attempts.length, 7);
});

test("a step that needs another context does not compile", () => {
  const needsScale = createStreamingStep<number, number, unknown, Services>(
    "needsScale",
    async function* ({ input, context }) {
      for await (const item of input) yield item * context.scale;
    },
  );
  const asStep = streamingStepToStep(needsScale);
  const attempts = [
    // @ts-expect-error this pipeline has no context
    () => Pipeline.start<number[]>().add("stage", asStep),
    // @ts-expect-error this pipeline has no context
    () => Pipeline.start<number[]>().add("stage", needsScale),
    // @ts-expect-error this pipeline has no context
    () => StreamingPipeline.start<number>().add("stage", needsScale),
  ];
  Pipeline.start<number[], Services>(() => ({ scale: 1 })).add("stage", asStep);

  assertEquals(attempts.length, 3);
});

test("both builders take steps of either kind, and know what they make", () => {
  const half = createStep<number, number>("half", ({ input }) => input / 2);
  const text = createStreamingStep<number, string>("text", async function* ({ input }) {
    for await (const item of input) yield `${item}`;
  });
  const plus = createHybridStep<string, number>("plus", {
    batch: ({ input }) => input.map(Number),
    async *streaming({ input }) {
      for await (const item of input) yield Number(item);
    },
  });
  const list = Pipeline.start<number[]>()
    .map("half", half)
    .add("text", text)
    .add("plus", plus)
    .map("texts", text)
    .flatMap("flat", createStep<string, string[]>("split", ({ input }) => input.split("")));
  assertType<
    IsExact<BatchState<typeof list>, {
      half: number[];
      text: string[];
      plus: number[];
      texts: string[];
      flat: string[];
    }>
  >();
  const stream = StreamingPipeline.start<number>()
    .map("half", half)
    .add("text", text)
    .add("plus", plus)
    .add("half again", half)
    .map("texts", text);
  assertType<
    IsExact<StateOf<typeof stream>, {
      half: number;
      text: string;
      plus: number;
      "half again": number;
      texts: string;
    }>
  >();
  // @ts-expect-error it reads numbers
  Pipeline.start<string[]>().add("text", text);
  // @ts-expect-error it reads texts
  StreamingPipeline.start<number>().add("plus", plus);
});

test("a batch pipeline that became a stream is composed where its input is what comes out", () => {
  const lengths = StreamingPipeline.start<string, Services>(() => ({ scale: 1 }))
    .batch("words", 2);
  const composed = lengths.compose(pipelineToStreaming(batch));
  assertType<
    IsExact<StateOf<typeof composed>, { words: string[]; lengths: number[]; pairs: number[][] }>
  >();
  const attempts = [
    // @ts-expect-error it reads lists of texts
    () => StreamingPipeline.start<number, Services>().compose(pipelineToStreaming(batch)),
  ];

  assertEquals(attempts.length, 1);
});
