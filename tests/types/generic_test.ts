// Pipelines whose types are not known in full: helpers over any pipeline, keys that are known only
// when it runs, states of type `any`. They take further stages; what can be known is still checked.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type AnyPipeline,
  type AnyStreamingPipeline,
  Pipeline,
  StreamingPipeline,
} from "../../mod.ts";
import { StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import { batch, map } from "../../src/operators/mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

const seen: unknown[] = [];

/** A helper over any pipeline that adds a stage of each family. */
function observed<TInput, TOutput, TState, TContext>(
  pipeline: StreamingPipeline<TInput, TOutput, TState, TContext>,
) {
  return pipeline
    .tap("seen", (item) => seen.push(item))
    .filter("kept", () => true)
    .map("row", (item, _, { state }) => ({ item, seen: state.accumulated.seen }))
    .flatMap("rows", (row) => [row])
    .batch("pages", 2)
    .flatten("flat")
    .take("some", 10);
}

test("a helper over any pipeline adds stages, and its result knows the whole state", async () => {
  const pipeline = observed(StreamingPipeline.start<string>().map("length", (text) => text.length));

  assertType<IsExact<OutputOf<typeof pipeline>, { item: number; seen: number }>>();
  assertType<IsExact<StateOf<typeof pipeline>["length"], number>>();
  assertType<IsExact<StateOf<typeof pipeline>["seen"], number>>();
  assertEquals(await pipeline.executeToArray(["ab"]), [{ item: 2, seen: 2 }]);
  // @ts-expect-error the helper has taken this key
  assertThrows(() => pipeline.take("seen", 1), TypeError, "taken");
});

test("a helper over any pipeline of the small face adds stages, methods and operators", async () => {
  function paged<TInput, TOutput, TState, TContext>(
    pipeline: CorePipeline<TInput, TOutput, TState, TContext>,
  ) {
    return pipeline.tap("seen", (item) => seen.push(item)).use("pages", batch(2))
      .compose(CorePipeline.start<TOutput[]>().use("same", map((page) => page)));
  }
  const pipeline = paged(CorePipeline.start<string>().map("length", (text) => text.length));

  const pages: number[][] = await pipeline.executeToArray(["ab", "c"]);
  assertEquals(pages, [[2, 1]]);
});

test("a helper's key that is taken throws when the helper is called", () => {
  const pipeline = StreamingPipeline.start<number>().map("seen", (item) => item);

  assertThrows(
    () => observed(pipeline),
    TypeError,
    `stage "seen": key must be new, but it is taken`,
  );
});

test("a helper composes, and takes its key from its caller", async () => {
  function composed<TInput, TOutput, TState, TContext>(
    pipeline: StreamingPipeline<TInput, TOutput, TState, TContext>,
  ) {
    return pipeline.compose(
      StreamingPipeline.start<TOutput>().tap("seen", (item) => seen.push(item)),
    );
  }
  function named<TInput, TOutput, TState, TContext, TKey extends string>(
    pipeline: StreamingPipeline<TInput, TOutput, TState, TContext>,
    key: string,
  ) {
    return pipeline.tap(key, (item) => seen.push(item));
  }
  const both = composed(StreamingPipeline.start<number>().map("double", (item) => item * 2));
  const tapped = named(StreamingPipeline.start<number>(), "any");

  assertType<IsExact<OutputOf<typeof both>, number>>();
  assertEquals(await both.executeToArray([1]), [2]);
  assertEquals(await tapped.executeToArray([1]), [1]);
});

test("a helper over pipelines that have a key reads it", async () => {
  function labelled<TInput, TOutput, TState extends { title: string }, TContext>(
    pipeline: StreamingPipeline<TInput, TOutput, TState, TContext>,
  ) {
    return pipeline.map("label", (item, _, { state }) => `${state.accumulated.title}: ${item}`);
  }
  const pipeline = labelled(
    StreamingPipeline.start<number>().map("title", (item) => `no. ${item}`),
  );

  assertType<IsExact<OutputOf<typeof pipeline>, string>>();
  assertEquals(await pipeline.executeToArray([1]), ["no. 1: no. 1"]);
  // @ts-expect-error there is no title
  labelled(StreamingPipeline.start<number>());
});

test("keys that are known only when it runs take further stages, in any method", async () => {
  const key: string = "first";
  const pipeline = StreamingPipeline.start<number>()
    .map(key, (item) => item + 1)
    .filter(`${key} kept`, () => true)
    .map("literal", (item) => `${item}`)
    .tap(`${key} seen`, (_item, _, { state }) => {
      assertType<IsExact<typeof state.accumulated.literal, string>>();
    });

  assertType<IsExact<OutputOf<typeof pipeline>, string>>();
  assertEquals(await pipeline.executeToArray([1]), ["2"]);
});

test("a pipeline is built in a loop", async () => {
  // deno-lint-ignore no-explicit-any -- a state of any keys is what is tested
  let any: StreamingPipeline<number, number, any> = StreamingPipeline.start<number>();
  let open: StreamingPipeline<number, number, Record<string, unknown>> = StreamingPipeline.start();
  for (const key of ["a", "b"]) {
    any = any.map(key, (item) => item + 1);
    open = open.map(key, (item) => item + 1).tap(`${key} seen`, () => {});
  }

  assertEquals(await any.executeToArray([1]), [3]);
  assertEquals(await open.executeToArray([1]), [3]);
});

test("a pipeline of any types takes further stages", async () => {
  const any: AnyStreamingPipeline = StreamingPipeline.start<number>().map("a", (item) => item);
  const more = any.map("x", (item: number) => item + 1).filter("kept", (item) => item > 0);
  const joined = any.compose(StreamingPipeline.start<number>().map("b", (item) => item));
  const behind = StreamingPipeline.start<number>().map("b", (item) => item).compose(any);

  assertType<IsExact<OutputOf<typeof more>, number>>();
  assertEquals(await more.executeToArray([1]), [2]);
  assertEquals(await joined.executeToArray([1]), [1]);
  assertEquals(await behind.executeToArray([1]), [1]);
});

test("what is known of a state with other keys is still checked", () => {
  const key: string = "any";
  const pipeline = StreamingPipeline.start<number>().map("known", (item) => item).tap(
    key,
    () => {},
  );

  // The key might be any text: that "known" is taken shows when it is built.
  assertThrows(() => pipeline.take("known", 1), TypeError, "taken");
  // @ts-expect-error the items are numbers
  pipeline.map("text", (item: string) => item);
});

test("generic functions keep their type where a method takes functions alone, or called by one", async () => {
  const same = <T>(item: T): T => item;
  const pair = <T>(item: T): [T, T] => [item, item];
  const isPresent = <T>(item: T | undefined): item is T => item !== undefined;
  const pipeline = StreamingPipeline.start<number | undefined>()
    .filter("present", (item) => isPresent(item))
    .mapPartitioned("pair", same, pair)
    .scan("last", <T>(_: T[], item: T): T[] => [item], [] as [number, number][])
    .map("called", (item) => same(item))
    .flatMap("item", (item) => same(item))
    .branch("either", () => true, (item) => same(item), (item) => pair(item));
  const core = CorePipeline.start<number>().map("pair", pair).flatMap("item", same);

  assertType<
    IsExact<StateOf<typeof pipeline>, {
      present: number;
      pair: [number, number];
      last: [number, number][];
      called: [number, number][];
      item: [number, number];
      either: [number, number] | [[number, number], [number, number]];
    }>
  >();
  assertEquals(await pipeline.executeToArray([1, undefined]), [[1, 1]]);
  const numbers: number[] = await core.executeToArray([1]);
  assertEquals(numbers, [1, 1]);
});

test("a helper over any batch pipeline adds stages, and keys may be known only when it runs", async () => {
  function counted<TInput, TOutput, TState, TContext>(
    pipeline: Pipeline<TInput, TOutput[], TState, TContext>,
    key: string,
  ) {
    return pipeline.map("same", (item) => item).batch(key, 2).flatten("flat");
  }
  const pipeline = counted(Pipeline.start<number[]>().map("double", (item) => item * 2), "pages");
  const any: AnyPipeline = pipeline;
  const more = any.map("more", (item: number) => item + 1);
  const result = await pipeline.execute([1]);

  assertEquals(result.success && result.data, [2]);
  assertEquals(more.getStageNames(), ["double", "same", "pages", "flat", "more"]);
});
