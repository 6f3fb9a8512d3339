// Pipelines whose types are not known in full: helpers over any pipeline, keys that are known only
// when it runs, states of type `any`. They take further stages; what can be known is still checked.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type AnyPipeline,
  type AnyStreamingPipeline,
  createStep,
  createStreamingStep,
  Pipeline,
  type StepResult,
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

/** Each method of the builder, on a pipeline whose types are not known. */
function addAll<TInput, TOutput, TState, TContext>(
  pipeline: StreamingPipeline<TInput, TOutput, TState, TContext>,
  signal: AbortSignal,
) {
  return pipeline
    .use("k01", batch(2)).flatten("k02")
    .add("k03", async function* ({ input }) {
      yield* input;
    })
    .map("k04", (x) => x)
    .map("k05", createStep("s", ({ input }) => input))
    .add(
      "k06",
      createStreamingStep("s", async function* ({ input }) {
        for await (const x of input) yield x;
      }),
    )
    .flatMap("k07", (x) => [x])
    .branch("k08", () => true, (x) => x, (x) => [x] as const)
    .map("k09", (x) => x as TOutput)
    .through("k10", () => new TransformStream<TOutput, TOutput>())
    .buffer("k11", 2)
    .checkpoint("k12")
    .filter("k13", () => true)
    .tap("k14", (x) => seen.push(x))
    .take("k15", 3).skip("k16", 1).takeWhile("k17", () => true).skipWhile("k18", () => false)
    .takeUntil("k19", signal)
    .distinct("k20", { by: (x) => x })
    .batchUntil("k21", () => true).flatMap("k22", (x) => x)
    .scan("k23", (_n, x) => x as TOutput | undefined, undefined as TOutput | undefined)
    .map("k24", (x) => x as TOutput)
    .window("k25", { size: 2 }).flatten("k26")
    .windowTime("k27", { sizeMs: 10 }).flatMap("k28", ({ items }) => items)
    .windowTime("k29", { sizeMs: 10, timestamp: () => 1, by: (x) => x }).flatMap(
      "k30",
      ({ items }) => items,
    )
    .groupBy("k31", (x) => x, (group) => group.map("a", (x) => x))
    .partition("k32", () => true, (a) => a.map("a", (x) => x), (b) => b)
    .mapPartitioned("k33", (x) => x, (x) => x)
    .mergeWith("k34", [1]).map("k35", (x) => x as TOutput)
    .concatWith("k36", [1]).map("k37", (x) => x as TOutput)
    .interleaveWith("k38", [1]).map("k39", (x) => x as TOutput)
    .zipWith("k40", [1]).map("k41", ([x]) => x)
    .combineLatestWith("k42", [1]).map("k43", ([x]) => x)
    .joinWith("k44", [1], {
      leftKey: (x) => x as unknown,
      rightKey: (x) => x as unknown,
      kind: "inner",
      strategy: "hash",
    }).map("k45", ([x]) => x)
    .fanOut("k46", { a: (a) => a.map("x", (x) => x), b: { build: (b) => b, whenFull: "wait" } })
    .route("k47", () => "a", { a: (a) => a, b: (b) => b.batch("c", 2).flatten("d") })
    .throttle("k48", { limit: 1, intervalMs: 1 }).debounce("k49", 1).sample("k50", 1).delay(
      "k51",
      1,
    ).timeout("k52", { betweenMs: 1 })
    .fold("k53", (n: number) => n + 1, 0)
    .compose(StreamingPipeline.start<number>().tap("k54", () => {}));
}

test("a helper over any pipeline adds a stage of every kind", () => {
  const pipeline = addAll(
    StreamingPipeline.start<string>().map("length", (text) => text.length),
    AbortSignal.abort(),
  );

  assertType<IsExact<OutputOf<typeof pipeline>, number>>();
  assertType<IsExact<StateOf<typeof pipeline>["length"], number>>();
  assertEquals(pipeline.getStageNames().length, 55);
  // @ts-expect-error the helper has taken this key
  assertThrows(() => pipeline.take("k04", 1), TypeError, "taken");
});

test("a helper's key that is taken throws when the helper is called", () => {
  const pipeline = StreamingPipeline.start<number>().map("seen", (item) => item);

  assertThrows(
    () => observed(pipeline),
    TypeError,
    `the stage "seen" (tap): its key must be new, but it is taken`,
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
  const appended = StreamingPipeline.start<number>().map("b", (item) => item).compose(any);

  assertType<IsExact<OutputOf<typeof more>, number>>();
  assertEquals(await more.executeToArray([1]), [2]);
  assertEquals(await joined.executeToArray([1]), [1]);
  assertEquals(await appended.executeToArray([1]), [1]);
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

test("generic functions keep their type, given as they are or called by one", async () => {
  const same = <T>(item: T): T => item;
  const pair = <T>(item: T): [T, T] => [item, item];
  const later = async <T>(item: T): Promise<T> => await item;
  const isPresent = <T>(item: T | undefined): item is T => item !== undefined;
  async function* twice<T>({ input }: { readonly input: AsyncIterable<T> }) {
    for await (const item of input) yield* [item, item];
  }
  const pipeline = StreamingPipeline.start<number | undefined>()
    .filter("present", isPresent)
    .mapPartitioned("pair", same, pair)
    .scan("last", <T>(_: T[], item: T): T[] => [item], [] as [number, number][])
    .map("bare", same)
    .map("called", (item) => same(item))
    .map("promised", later)
    .map("side by side", same, { concurrencyLimit: 2 })
    .flatMap("item", same)
    .branch("either", () => true, same, pair)
    .add("twice", twice);
  const core = CorePipeline.start<number | undefined>()
    .filter("present", isPresent).map("pair", pair).flatMap("item", same)
    .use("operator", map(pair));

  assertType<
    IsExact<StateOf<typeof pipeline>, {
      present: number;
      pair: [number, number];
      last: [number, number][];
      bare: [number, number][];
      called: [number, number][];
      promised: [number, number][];
      "side by side": [number, number][];
      item: [number, number];
      either: [number, number] | [[number, number], [number, number]];
      twice: [number, number] | [[number, number], [number, number]];
    }>
  >();
  assertEquals(await pipeline.executeToArray([1, undefined]), [[1, 1], [1, 1]]);
  const pairs: [number, number][] = await core.executeToArray([1]);
  assertEquals(pairs, [[1, 1], [1, 1]]);
});

test("generic functions keep their type in a batch pipeline", async () => {
  const pair = <T>(item: T): [T, T] => [item, item];
  const pipeline = Pipeline.start<number[]>().map("pair", pair).flatMap("item", pair);

  const result = await pipeline.execute([1]);

  assertType<IsExact<typeof result, StepResult<[number, number][]>>>();
  assertEquals(result.success && result.data, [[1, 1], [1, 1]]);
});

test("a helper over any batch pipeline adds stages, and keys may be known only when it runs", async () => {
  function counted<TInput, TOutput, TState, TContext>(
    pipeline: Pipeline<TInput, TOutput[], TState, TContext>,
    key: string,
  ) {
    return pipeline
      .map("same", (item) => item)
      .map("step", createStep("step", ({ input }) => input))
      .flatMap("many", (item) => [item])
      .filter("kept", () => true)
      .add("whole", createStep("whole", ({ input }) => input))
      .batch(key, 2)
      .flatten("flat");
  }
  const pipeline = counted(Pipeline.start<number[]>().map("double", (item) => item * 2), "pages");
  const any: AnyPipeline = pipeline;
  const more = any.map("more", (item: number) => item + 1);
  const result = await pipeline.execute([1]);

  assertEquals(result.success && result.data, [2]);
  assertEquals(more.getStageNames(), [
    "double",
    "same",
    "step",
    "many",
    "kept",
    "whole",
    "pages",
    "flat",
    "more",
  ]);
});
