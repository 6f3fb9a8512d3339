// What the functions of a stage are given, and what becomes of their answers, without annotations.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

interface Services {
  readonly prefix: string;
}

const withContext = StreamingPipeline.start<string, Services>(() => ({ prefix: ">" }));

test("a function knows its item, index, state, context, signal and ids", async () => {
  const pipeline = withContext
    .map("length", (text) => text.length)
    .map("seen", (item, index, { state, context, signal, traceId, spanId }) => {
      assertType<IsExact<typeof item, number>>();
      assertType<IsExact<typeof index, number>>();
      assertType<IsExact<typeof state.accumulated.length, number>>();
      assertType<IsExact<typeof context, Services>>();
      assertType<IsExact<typeof signal, AbortSignal>>();
      assertType<IsExact<typeof traceId | typeof spanId, string>>();
      return `${context.prefix}${index}:${item}:${state.accumulated.length}`;
    });

  assertType<IsExact<OutputOf<typeof pipeline>, string>>();
  assertType<IsExact<StateOf<typeof pipeline>, { length: number; seen: string }>>();
  assertEquals(await pipeline.executeToArray(["ab", "c"]), [">0:2:2", ">1:1:1"]);
});

test("every stage that calls a function types its state and context", async () => {
  const pipeline = withContext
    .map("length", (text) => text.length)
    .filter("filter", (item, _, { state }) => item === state.accumulated.length)
    .tap("tap", (item, _, { context }) => context.prefix + item)
    .takeWhile("takeWhile", (item, _, { state }) => item === state.accumulated.filter)
    .skipWhile("skipWhile", (item, _, { context }) => context.prefix.length > item)
    .flatMap("flatMap", (item, _, { state }) => [item, state.accumulated.tap])
    .branch(
      "branch",
      (item, _, { state }) => item > state.accumulated.length,
      (_item, _, { context }) => context.prefix,
      (item, _, { state }) => `${item + state.accumulated.skipWhile}`,
    );

  assertType<IsExact<OutputOf<typeof pipeline>, string>>();
  assertEquals(await pipeline.executeToArray("ab"), ["4", "4"]);
});

test("state has no key of a stage that comes later, nor of the stage itself", () => {
  const pipeline = StreamingPipeline.start<number>().map("first", (item) => item);

  pipeline
    // @ts-expect-error "second" is the stage that is being made
    .map("second", (item, _, { state }) => item + state.accumulated.second)
    // @ts-expect-error "fourth" comes later
    .tap("third", (_item, _, { state }) => state.accumulated.fourth)
    // @ts-expect-error "fifth" does not exist
    .map("fourth", (_item, _, { state }) => state.hasSnapshot("fifth"));
  assertType<IsExact<StateOf<typeof pipeline>, { first: number }>>();
});

test("what an async function promises is the item, and its state is no promise", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .map("page", async (item) => await [item, item])
    .flatMap("item", async (items) => await items)
    .map("not thenable", (item) => ({ then: undefined, item }))
    .map("cached or fetched", ({ item }) => item > 1 ? `${item}` : Promise.resolve("one"));

  assertType<
    IsExact<StateOf<typeof pipeline>, {
      page: number[];
      item: number;
      "not thenable": { then: undefined; item: number };
      "cached or fetched": string;
    }>
  >();
  assertEquals(await pipeline.executeToArray([1, 2]), ["one", "one", "2", "2"]);
});

test("flatMap takes arrays, sets, generators, async generators, streams and promises of them", () => {
  const start = StreamingPipeline.start<string>();
  const outputs = [
    start.flatMap("a", (text) => [text.length]),
    start.flatMap("a", (text) => new Set([text.length])),
    start.flatMap("a", function* (text) {
      yield text.length;
    }),
    start.flatMap("a", async function* (text) {
      yield await text.length;
    }),
    start.flatMap("a", (text) =>
      new ReadableStream<number>({
        start: (controller) => controller.enqueue(text.length),
      })),
    start.flatMap("a", async (text) => await new Set([text.length])),
    start.flatMap("a", (text) => text.length > 1 ? [text.length] : new Set([text.length])),
  ];

  assertType<IsExact<OutputOf<typeof outputs[number]>, number>>();
  assertType<IsExact<StateOf<typeof outputs[number]>, { a: number }>>();
  const strings = start.flatMap("string", (text) => text);
  assertType<IsExact<OutputOf<typeof strings>, string>>();
  // @ts-expect-error a number is not many
  start.flatMap("b", (text) => text.length);
  // @ts-expect-error nor is an object
  start.flatMap("b", (text) => ({ text }));
});

test("a function of the wrong item does not compile", () => {
  const start = StreamingPipeline.start<string>();

  // @ts-expect-error the items are strings
  start.map("a", (item: number) => item);
  // @ts-expect-error the items are strings
  start.flatMap("a", (item: number) => [item]);
  // @ts-expect-error the items are strings
  start.filter("a", (item: number) => item > 1);
  // @ts-expect-error the items are strings
  start.tap("a", (item: number) => item);
  // @ts-expect-error the items are strings
  start.takeWhile("a", (item: number) => item > 1);
  // @ts-expect-error the items are strings
  start.skipWhile("a", (item: number) => item > 1);
  // @ts-expect-error the items are strings
  start.branch("a", (item: number) => item > 1, (item) => item, (item) => item);
  // @ts-expect-error the items are strings
  start.branch("a", () => true, (item: number) => item, (item: number) => item);
});

test("context is unknown where no builder is given or its type is not named", () => {
  const bare = StreamingPipeline.start<number>();
  const unnamed = StreamingPipeline.start<number>(() => ({ answer: 42 }));

  bare.tap("a", (_item, _, { context }) => assertType<IsExact<typeof context, unknown>>());
  unnamed.tap("a", (_item, _, { context }) => assertType<IsExact<typeof context, unknown>>());
  // @ts-expect-error the builder does not return what is named
  StreamingPipeline.start<number, { answer: string }>(() => ({ answer: 42 }));
});
