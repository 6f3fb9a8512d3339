// What takes a pipeline takes one of either face, and what a run is given.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type FailedItem,
  PipelineRegistry,
  type RunOptions,
  StreamingErrorStrategy,
  StreamingPipeline,
  streamingToPipeline,
} from "../../mod.ts";
import { StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import { batch, fanOut, fold, groupBy, map, partition, pipe } from "../../src/operators/mod.ts";
import {
  asStreams,
  asTransformStream,
  toReadableStream,
  toTransformStream,
} from "../../src/streams/mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

const core = CorePipeline.start<number>().map("text", (number) => `${number}`);
const fluent = StreamingPipeline.start<number>().map("text", (number) => `${number}`);

test("either face is composed with the other", async () => {
  const longCore = CorePipeline.start<string>().map("length", (text) => text.length);
  const longFluent = StreamingPipeline.start<string>().map("length", (text) => text.length);
  const first = fluent.compose(longCore);
  const second = core.compose(longFluent);

  assertType<IsExact<StateOf<typeof first>, { text: string; length: number }>>();
  const fromCore: number[] = await second.executeToArray([10]);
  assertEquals([await first.executeToArray([10]), fromCore], [[2], [2]]);
});

test("groups, sides and branches of either face give a pipeline of either face", async () => {
  const rows = CorePipeline.start<number>().use("rows", batch(2));
  const inFluent = StreamingPipeline.start<number>()
    .groupBy("g", (item) => item, (group) => group.compose(rows))
    .partition("p", () => true, () => CorePipeline.start<number[]>(), (group) => group)
    .fanOut("f", { a: () => CorePipeline.start<number[]>() });
  const inCore = CorePipeline.start<number>()
    .use("g", groupBy((item) => item, () => StreamingPipeline.start<number>().batch("rows", 2)))
    .use("p", partition(() => true, () => StreamingPipeline.start<number[]>(), (group) => group))
    .use("f", fanOut({ a: () => StreamingPipeline.start<number[]>() }));

  assertType<IsExact<OutputOf<typeof inFluent>, number[]>>();
  const items: number[][] = await inCore.executeToArray([1]);
  assertEquals([await inFluent.executeToArray([1]), items], [[[1]], [[1]]]);
});

test("the bridge, the registry and web streams take either face", async () => {
  const batches = [streamingToPipeline(core), streamingToPipeline(fluent)];
  const registry = new PipelineRegistry().register("core", core).register("fluent", fluent);
  const streams = [core, fluent].flatMap((pipeline) => [
    asStreams(pipeline, [1], { highWaterMark: 2, between: (_key, stream) => stream }),
    toReadableStream(pipeline, [1]),
  ]);
  const transforms = [toTransformStream(core), toTransformStream(fluent)];

  assertType<IsExact<typeof streams, ReadableStream<string>[]>>();
  for (const stream of streams) assertEquals((await stream.getReader().read()).value, "1");
  for (const pipeline of batches) {
    const result = await pipeline.execute([1]);
    assertEquals(result.success && result.data, ["1"]);
  }
  assertEquals([registry.has("core"), transforms.length], [true, 2]);
  // @ts-expect-error the pipeline reads numbers
  assertEquals(typeof asStreams(core, ["a"]), "object");
});

test("an operator as a transform stream has the types of the operator", () => {
  const texts = asTransformStream(map((item: number) => `${item}`));
  const rows = asTransformStream(pipe(map((item: number) => item), batch(2)));

  assertType<IsExact<typeof texts.writable, WritableStream<number>>>();
  assertType<IsExact<typeof texts.readable, ReadableStream<string>>>();
  assertType<IsExact<typeof rows.readable, ReadableStream<number[]>>>();
});

test("takeUntil takes a signal, a promise, or a function that gives either", () => {
  const start = StreamingPipeline.start<number>();
  const { signal } = new AbortController();
  const pipelines = [
    start.takeUntil("a", signal),
    start.takeUntil("a", new Promise<string>(() => {})),
    start.takeUntil("a", () => signal),
    start.takeUntil("a", () => new Promise<void>(() => {})),
  ];

  assertType<IsExact<OutputOf<(typeof pipelines)[number]>, number>>();
  // @ts-expect-error a number stops nothing
  const wrong = () => start.takeUntil("a", () => 3);
  assertEquals([pipelines.length, typeof wrong], [4, "function"]);
});

test("a fold in a group is one value, and a window with an aggregate has no items", async () => {
  const sums = CorePipeline.start<number>()
    .use("sum", fold((sum: number, item: number) => sum + item, 0));
  const windows = StreamingPipeline.start<number>().windowTime("w", {
    sizeMs: 10,
    timestamp: (item) => item,
    aggregate: { initial: () => "", add: (text, item: number) => text + item },
  });

  const values: number[] = await sums.executeToArray([1, 2]);
  const [window] = await windows.executeToArray([1, 2]);
  assertType<IsExact<NonNullable<typeof window>["value"], string>>();
  assertEquals([values, window?.value], [[3], "12"]);
  // @ts-expect-error the items are not kept
  assertEquals(window?.items, undefined);
});

test("failed items go into a stream, a stream made per run, or a function", () => {
  const sinks: readonly NonNullable<RunOptions["errorsTo"]>[] = [
    new WritableStream<FailedItem>(),
    () => new WritableStream<FailedItem>(),
    async (failed) => {
      assertType<IsExact<typeof failed, FailedItem>>();
      await failed.error;
    },
  ];
  // @ts-expect-error a stream of texts takes no failed items
  const wrong: RunOptions = { errorsTo: new WritableStream<string>() };

  assertEquals([sinks.length, typeof wrong], [3, "object"]);
});

test("an error strategy is a word, or the constant of that name", () => {
  const word: StreamingErrorStrategy = "SKIP_FAILED";
  const constant: StreamingErrorStrategy = StreamingErrorStrategy.SKIP_FAILED;
  StreamingPipeline.start<number>()
    .map("word", (item) => item, { errorStrategy: word, retry: 3 })
    .map("constant", (item) => item, { errorStrategy: constant, concurrencyLimit: 2 })
    .map("retry", (item) => item, { retry: { maxAttempts: 3, totalMs: 1_000 } });

  assertType<IsExact<typeof StreamingErrorStrategy.FAIL_FAST, "FAIL_FAST">>();
  assertEquals(word, constant);
});
