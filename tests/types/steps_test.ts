// Steps: what is inferred where they are written inline, and what they refuse where they are not.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type CreatedStep,
  type CreatedStreamingStep,
  createStep,
  createStreamingStep,
  createTransform,
  Pipeline,
  type Step,
  type StepResult,
  StreamingPipeline,
  type StreamingStep,
  type StreamingStepAccumulated,
  type StreamingStepInput,
  type StreamingStepOutput,
} from "../../mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

interface Services {
  readonly scale: number;
}

const start = StreamingPipeline.start<string, Services>(() => ({ scale: 10 }));
const lengths = start.map("length", (text) => text.length);

const toText = createStreamingStep<number, string>("toText", async function* ({ input }) {
  for await (const item of input) yield `${item}`;
});
const addLength = createStreamingStep<number, number, { length: number }>(
  "addLength",
  async function* ({ input, state }) {
    for await (const item of input) yield item + state.accumulated.length;
  },
);
const scale = createStreamingStep<number, number, unknown, Services>(
  "scale",
  async function* ({ input, context }) {
    for await (const item of input) yield item * context.scale;
  },
);

test("an inline generator function knows its input, state and context", async () => {
  const pipeline = lengths.add("sum", async function* ({ input, state, context, signal }) {
    assertType<IsExact<typeof input, AsyncGenerator<number, void, undefined>>>();
    assertType<IsExact<typeof state.accumulated.length, number>>();
    assertType<IsExact<typeof context, Services>>();
    assertType<IsExact<typeof signal, AbortSignal>>();
    for await (const item of input) yield [item, state.accumulated.length, context.scale];
  });

  assertType<IsExact<StateOf<typeof pipeline>, { length: number; sum: number[] }>>();
  assertEquals(await pipeline.executeToArray(["ab", "c"]), [[2, 2, 10], [1, 1, 10]]);
});

test("an inline createStreamingStep knows the same, in add, map, flatMap and branch", async () => {
  const pipeline = lengths
    .add(
      "added",
      createStreamingStep("add", async function* ({ input, state, context }) {
        assertType<IsExact<typeof input, AsyncGenerator<number, void, undefined>>>();
        assertType<IsExact<typeof context, Services>>();
        for await (const item of input) yield item + state.accumulated.length;
      }),
    )
    .map(
      "mapped",
      createStreamingStep("map", async function* ({ input, state, context }) {
        assertType<IsExact<typeof state.accumulated.added, number>>();
        for await (const item of input) yield item * context.scale;
      }),
      { parallel: true, concurrencyLimit: 2 },
    )
    .flatMap(
      "flat",
      createStreamingStep("flatMap", async function* ({ input, state }) {
        assertType<IsExact<typeof state.accumulated.mapped, number>>();
        for await (const item of input) yield* [item, `${item}`];
      }),
    )
    .branch(
      "either",
      (item) => typeof item === "number",
      createStreamingStep("one", async function* ({ input, state }) {
        assertType<IsExact<typeof state.accumulated.flat, string | number>>();
        for await (const item of input) yield `number ${item}`;
      }),
      createStreamingStep("other", async function* ({ input }) {
        for await (const item of input) yield `text ${item}`;
      }),
    );

  assertType<IsExact<OutputOf<typeof pipeline>, string>>();
  assertEquals(await pipeline.executeToArray(["ab"]), ["number 40", "text 40"]);
});

test("a step made elsewhere gives its output type to the next stage", async () => {
  const pipeline = lengths
    .add("added", addLength)
    .map("scaled", scale)
    .map("text", toText, { parallel: true })
    .map("last", (text) => text.at(-1));

  assertType<
    IsExact<StateOf<typeof pipeline>, {
      length: number;
      added: number;
      scaled: number;
      text: string;
      last: string | undefined;
    }>
  >();
  assertEquals(await pipeline.executeToArray(["abc"]), ["0"]);
});

test("a step for one value is taken by add, map, flatMap and branch", async () => {
  const half = createStep("half", ({ input }: { input: number }) => input / 2);
  const pair = createStep("pair", ({ input }: { input: number }) => Promise.resolve([input, 1]));
  const pipeline = lengths
    .add("added", half)
    .map("mapped", half)
    .flatMap("flat", pair)
    .branch("either", (item) => item > 1, half, (item) => item);

  assertType<IsExact<typeof half, CreatedStep<number, number>>>();
  assertType<IsExact<typeof pair, CreatedStep<number, number[]>>>();
  assertType<IsExact<OutputOf<typeof pipeline>, number>>();
  assertEquals(await pipeline.executeToArray(["12345678"]), [1, 1]);
});

test("a step that reads something else is refused", () => {
  const run = () => {
    // @ts-expect-error the items are strings
    start.add("text", toText);
    // @ts-expect-error the items are strings
    start.map("text", toText);
    // @ts-expect-error the items are strings
    start.map("text", toText, { parallel: true });
    // @ts-expect-error the items are strings
    start.flatMap("text", toText);
    // @ts-expect-error the items are strings
    start.branch("text", () => true, toText, toText);
    const half = createStep<number, number>("half", ({ input }) => input / 2);
    // @ts-expect-error the items are strings
    start.map("half", half);
  };

  run();
});

test("a step that needs the state of a key that does not exist yet is refused", () => {
  const numbers = StreamingPipeline.start<number, Services>();

  // @ts-expect-error no stage is called "length"
  numbers.add("added", addLength);
  // @ts-expect-error no stage is called "length"
  numbers.map("other", (item) => item).map("added", addLength);
  // @ts-expect-error the values of "length" are no numbers
  numbers.map("length", (item) => [item]).map("n", ([item = 0]) => item).map("added", addLength);
  const found = numbers.map("length", (item) => item).map("added", addLength);
  assertType<IsExact<OutputOf<typeof found>, number>>();
});

test("a step that needs another context is refused", () => {
  // @ts-expect-error this pipeline has no context
  StreamingPipeline.start<number>().map("scaled", scale);
  // @ts-expect-error this pipeline has another context
  StreamingPipeline.start<number, { scale: string }>().map("scaled", scale);
});

test("a step may yield less, read more and need less than it is given", () => {
  const readsMore = createStreamingStep<string | number, 1 | 2>(
    "more",
    async function* ({ input }) {
      for await (const item of input) yield item === "" ? 1 : 2;
    },
  );
  const pipeline = lengths.map("one or two", readsMore);

  assertType<IsExact<OutputOf<typeof pipeline>, 1 | 2>>();
});

test("a step tells what it reads, yields and needs", () => {
  assertType<IsExact<StreamingStepInput<typeof addLength>, AsyncGenerator<number>>>();
  assertType<IsExact<StreamingStepOutput<typeof toText>, AsyncGenerator<string>>>();
  assertType<IsExact<StreamingStepAccumulated<typeof addLength>, { length: number }>>();
  assertType<IsExact<StreamingStepInput<string>, never>>();
  assertType<IsExact<StreamingStepOutput<() => void>, never>>();
  assertType<IsExact<typeof toText, CreatedStreamingStep<number, string>>>();
});

test("the state of a pipeline is read from its type, as in the seed", () => {
  const pipeline = StreamingPipeline.start<string>()
    .add("step1", async function* ({ input }) {
      for await (const text of input) yield { value: text.length };
    })
    .add("step2", async function* ({ input }) {
      for await (const { value } of input) yield `Value: ${value}`;
    });
  // deno-lint-ignore no-explicit-any -- as the seed writes it
  type PipelineState = typeof pipeline extends StreamingPipeline<any, any, infer S, any> ? S
    : never;

  assertType<IsExact<PipelineState["step1"], { value: number }>>();
  assertType<IsExact<PipelineState["step2"], string>>();
  assertType<IsExact<keyof PipelineState, "step1" | "step2">>();
});

test("an inline createStep knows its input, state and context, in either kind of pipeline", async () => {
  const createContext = (): Services => ({ scale: 10 });
  const streaming = StreamingPipeline.start<string, Services>(createContext)
    .map("length", createStep("measure", ({ input }) => input.length))
    .add("scaled", createStep("scale", ({ input, context }) => input * context.scale))
    .flatMap("both", createStep("both", ({ input, state }) => [input, state.length]))
    .branch(
      "side",
      (item) => item > 5,
      createStep("text", ({ input, state }) => `${input}/${state.scaled}`),
      createStep("same", ({ input }) => input),
    );
  assertType<IsExact<OutputOf<typeof streaming>, string | number>>();
  assertEquals(await streaming.executeToArray(["a", "bc"]), ["10/10", 1, "20/20", 2]);

  const batch = Pipeline.start<string[], Services>(createContext)
    .map("length", createStep("measure", ({ input }) => input.length))
    .flatMap("both", createStep("both", ({ input, state }) => [input, state.length.length]))
    .map("scaled", createTransform("scale", (input, state) => input * state.both.length))
    .add("sum", createStep("sum", ({ input, context }) => input.length * context.scale));
  const result = await batch.execute(["a", "bc"]);
  assertType<IsExact<typeof result, StepResult<number>>>();
  assertEquals(result.success && result.data, 40);
});

test("a step that was written by hand is taken where it is known to be one", async () => {
  const hand: Step<string, number> = createStep("measure", ({ input }) => input.length);
  const stream: StreamingStep<number, number> = createStreamingStep<number, number>(
    "twice",
    async function* ({ input }) {
      for await (const item of input) yield* [item, item];
    },
  );
  const pipeline = StreamingPipeline.start<string>().map("length", hand).add("twice", stream);
  assertEquals(await pipeline.executeToArray(["a"]), [1, 1]);
});
