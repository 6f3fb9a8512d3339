// What comes out of a pipeline, by the way it is run.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { type PipelineRun, StreamingPipeline, type WebTransform } from "../../mod.ts";
import { test } from "../harness.ts";

const pipeline = StreamingPipeline.start<string>().map("length", (text) => text.length);

test("each end has the type of the items", async () => {
  const array = await pipeline.executeToArray(["a"]);
  const items = pipeline.execute(["a"]);
  const run = pipeline.run(["a"]);
  const stream = pipeline.toReadableStream(["a"]);
  const transform = pipeline.toTransformStream();

  assertType<IsExact<typeof array, number[]>>();
  assertType<IsExact<typeof items, AsyncGenerator<number, void, undefined>>>();
  assertType<IsExact<typeof run, PipelineRun<number>>>();
  assertType<IsExact<typeof run.readable, ReadableStream<number>>>();
  assertType<IsExact<typeof stream, ReadableStream<number>>>();
  assertType<IsExact<typeof transform, WebTransform<number, string>>>();
  await pipeline.executeForEach(["a"], (item, index) => {
    assertType<IsExact<typeof item, number>>();
    assertType<IsExact<typeof index, number>>();
  });
});

test("executeReduce has the type of its first value", async () => {
  const sum = await pipeline.executeReduce(["a", "bc"], (sum, item) => sum + item, 0);
  const positions = await pipeline.executeReduce(
    ["a", "bc"],
    (sum, _item, index) => sum + index,
    0,
  );
  const list = await pipeline.executeReduce(
    ["a", "bc"],
    async (list, item) => [...list, await `${item}`],
    [] as string[],
  );
  const byLength = await pipeline.executeReduce(
    ["a", "bc"],
    (map, item) => map.set(item, true),
    new Map<number, boolean>(),
  );

  assertType<IsExact<typeof sum, number>>();
  assertType<IsExact<typeof positions, number>>();
  assertType<IsExact<typeof list, string[]>>();
  assertType<IsExact<typeof byLength, Map<number, boolean>>>();
  assertEquals([sum, positions, list, byLength.size], [3, 1, ["1", "2"], 2]);
});

test("pipeThrough takes a pipeline between two streams of other types", async () => {
  const source = new ReadableStream<string>({
    start(controller) {
      controller.enqueue("abc");
      controller.close();
    },
  });
  const lengths = source.pipeThrough(pipeline.toTransformStream());

  assertType<IsExact<typeof lengths, ReadableStream<number>>>();
  const items: number[] = [];
  const reader = lengths.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    items.push(read.value);
  }
  assertEquals(items, [3]);
});
