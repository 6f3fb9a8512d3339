// State: the type of each key's value, and of what can be read of a whole stage.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type CheckpointMode,
  createStep,
  createStreamingStep,
  StreamingPipeline,
  type StreamingPipeline as Pipeline,
  type StreamingState,
} from "../../mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

const stages = StreamingPipeline.start<string>()
  .map("length", (text) => text.length)
  .filter("some", (length): length is 1 | 2 => length < 3)
  .flatMap("parts", (item) => [`${item}`])
  .batch("batches", 2)
  .flatten("part")
  .branch("side", (part) => part === "1", () => true, (part) => [part]);

test("the value of each key has the item type of its stage", async () => {
  assertType<
    IsExact<StateOf<typeof stages>, {
      length: number;
      some: 1 | 2;
      parts: string;
      batches: string[];
      part: string;
      side: boolean | string[];
    }>
  >();

  const pipeline = stages.map("seen", (_item, _index, { state }) => {
    assertType<IsExact<typeof state.accumulated.length, number>>();
    assertType<IsExact<typeof state.accumulated.some, 1 | 2>>();
    assertType<IsExact<typeof state.accumulated.parts, string>>();
    assertType<IsExact<typeof state.accumulated.batches, string[]>>();
    assertType<IsExact<typeof state.accumulated.side, boolean | string[]>>();
    return state.accumulated.some;
  });
  assertType<IsExact<OutputOf<typeof pipeline>, 1 | 2>>();
  assertEquals(await pipeline.executeToArray(["a", "abc"]), [1]);
});

test("the value of a checkpoint is a readonly array of the items, which stay what they are", async () => {
  const pipeline = stages.checkpoint("all").map("seen", (item, _index, { state }) => {
    assertType<IsExact<typeof item, boolean | string[]>>();
    assertType<IsExact<typeof state.accumulated.all, readonly (boolean | string[])[]>>();
    // @ts-expect-error the array is readonly
    const change = () => state.accumulated.all.push(true);
    // @ts-expect-error its elements are, too
    const replace = () => state.accumulated.all[0] = true;
    return [change, replace].length;
  });

  assertType<
    IsExact<StateOf<typeof pipeline>["all"], readonly (boolean | string[])[]>
  >();
  assertEquals(await pipeline.executeToArray(["a"]), [2]);
});

test("stream and materialize have the item type of the stage", async () => {
  const pipeline = stages.add("step", async function* ({ input, state }) {
    const lengths = state.stream("length");
    const parts = state.materialize("parts");
    assertType<IsExact<typeof lengths, AsyncGenerator<number, void, undefined>>>();
    assertType<IsExact<typeof parts, Promise<string[]>>>();
    const has = state.hasSnapshot("batches");
    assertType<IsExact<typeof has, boolean>>();
    yield await parts;
    for await (const _ of input);
  });

  assertType<IsExact<OutputOf<typeof pipeline>, string[]>>();
  assertEquals(await pipeline.executeToArray(["ab"]), [["2"]]);
});

test("a step that was made elsewhere reads the state that it asks for", async () => {
  const step = createStreamingStep<unknown, number, { length: number }>(
    "sum",
    async function* ({ state }) {
      const lengths = await state.materialize("length");
      assertType<IsExact<typeof lengths, number[]>>();
      yield lengths.reduce((sum, length) => sum + length, 0);
    },
  );
  const pipeline = stages.add("sum", step);

  assertEquals(await pipeline.executeToArray(["a", "abc"]), [4]);
});

test("a step of one item gets the accumulated values themselves", async () => {
  const pipeline = StreamingPipeline.start<string>().map("length", (text) => text.length).map(
    "sum",
    createStep<number, number, { length: number }>("sum", ({ input, state }) => {
      assertType<IsExact<typeof state, { length: number }>>();
      return input + state.length;
    }),
  );

  assertEquals(await pipeline.executeToArray(["ab"]), [4]);
});

test("keys that do not exist, or not yet, are refused", () => {
  stages.map("seen", (_item, _index, { state }) => {
    // @ts-expect-error no stage is called "nowhere"
    state.accumulated.nowhere;
    // @ts-expect-error the stage's own key is not there
    state.accumulated.seen;
    // @ts-expect-error a later stage's key is not there
    state.accumulated.later;
    // @ts-expect-error no stage is called "nowhere"
    state.hasSnapshot("nowhere");
    // @ts-expect-error accumulated is readonly
    state.accumulated = undefined as never;
  }).tap("later", () => {});

  stages.add("step", async function* ({ input, state }) {
    // @ts-expect-error no stage is called "nowhere"
    const unknown = () => state.stream("nowhere");
    // @ts-expect-error the stage's own key is not there
    const own = () => state.materialize("step");
    // @ts-expect-error a later stage's key is not there
    const later = () => state.materialize("later");
    for await (const _ of input) yield [unknown, own, later];
  }).tap("later", () => {});

  StreamingPipeline.start<number>().add("step", async function* ({ input, state }) {
    // @ts-expect-error there is no earlier stage
    const first = () => state.stream("anything");
    for await (const _ of input) yield first;
  });
});

test("a step or function that needs the state of a key that does not exist yet does not compile", () => {
  type Needs = { readonly early: number };
  const step = createStreamingStep<number, number, Needs>(
    "step",
    async function* ({ input, state }) {
      for await (const item of input) yield item + state.accumulated.early;
    },
  );
  const one = createStep<number, number, Needs>("one", ({ input, state }) => input + state.early);
  const numbers = StreamingPipeline.start<number>();

  // @ts-expect-error no stage is called "early"
  numbers.add("a", step);
  // @ts-expect-error no stage is called "early"
  numbers.map("a", step);
  // @ts-expect-error no stage is called "early"
  numbers.map("a", step, { parallel: true });
  // @ts-expect-error no stage is called "early"
  numbers.map("a", one);
  // @ts-expect-error no stage is called "early"
  numbers.branch("a", () => true, one, one);
  // @ts-expect-error "early" comes later
  numbers.map("a", one).map("early", (item) => item);
  // @ts-expect-error the values of "early" are no numbers
  numbers.map("early", String).map("b", Number).add("a", step);

  const found = numbers.map("early", (item) => item).checkpoint("all").add("a", step);
  assertType<IsExact<OutputOf<typeof found>, number>>();
});

test("a state with more keys is taken where one with fewer is asked for", () => {
  const read = ({ accumulated }: StreamingState<{ readonly length: number }>) => accumulated.length;
  const pipeline = stages.map("seen", (_item, _index, { state }) => read(state));

  assertType<IsExact<OutputOf<typeof pipeline>, number>>();
});

test("a checkpoint's key that is taken is refused", () => {
  const run = () => {
    // @ts-expect-error duplicate key
    stages.checkpoint("length");
    // @ts-expect-error duplicate key
    stages.checkpoint("all").checkpoint("all");
  };

  assertType<IsExact<typeof run, () => void>>();
});

test("checkpoints is one of three words", () => {
  assertType<IsExact<CheckpointMode, "on-demand" | "always" | "never">>();
  const pipeline: Pipeline<number, number, unknown> = StreamingPipeline.start<number>(undefined, {
    checkpoints: "always",
  });
  const run = () => {
    // @ts-expect-error not one of the three
    StreamingPipeline.start<number>(undefined, { checkpoints: "sometimes" });
    return pipeline;
  };

  assertEquals(typeof run, "function");
});
