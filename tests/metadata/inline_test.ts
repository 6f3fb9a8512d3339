// executeWithMetadata: inline metadata beside the item.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { createStreamingStep, StreamingPipeline, type StreamingStepResult } from "../../mod.ts";
import { test } from "../harness.ts";
import { readFailure } from "../operators/_outcome.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { watch } from "../../src/testing/turns.ts";

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const result of results) collected.push(result);
  return collected;
}

test("inline metadata stands beside the item, which is untouched", async () => {
  const items = [Object.freeze({ name: "a" }), Object.freeze([1, 2]), null, undefined, () => 1, 0];
  const pipeline = StreamingPipeline.start<unknown>().map("same", (item) => item);
  const results = await collect(pipeline.executeWithMetadata(items));

  for (const [index, { data }] of results.entries()) assertStrictEquals(data, items[index]);
  assertEquals(results.map((result) => Object.keys(result)), items.map(() => ["data", "metadata"]));
  assertEquals(results.map(({ metadata }) => metadata.itemIndex), [0, 1, 2, 3, 4, 5]);
});

test("inline metadata has the name of the last stage: the step's, or the key", async () => {
  const nameOf = async (results: AsyncIterable<StreamingStepResult<unknown>>) =>
    (await collect(results))[0]!.metadata.stepName;
  const start = StreamingPipeline.start<number>();
  const step = createStreamingStep<number, number>("the step", ({ input }) => input);

  assertEquals(await nameOf(start.map("key", (item) => item).executeWithMetadata([1])), "key");
  assertEquals(await nameOf(start.add("key", step).executeWithMetadata([1])), "the step");
  assertEquals(await nameOf(start.executeWithMetadata([1])), "source");
});

test("[defect] the inline duration is from asking to having, not what the reader takes", async () => {
  await new TestClock().use(async (clock) => {
    const sleep = (ms: number) => new Promise<void>((resolve) => void clock.schedule(resolve, ms));
    const pipeline = StreamingPipeline.start<number>().map("stage", async (item) => {
      await sleep(item);
      return item;
    });
    const durations: number[] = [];
    const reading = watch((async () => {
      for await (const { metadata } of pipeline.executeWithMetadata([10, 20, 30])) {
        durations.push(metadata.durationMs);
        await sleep(1_000);
      }
    })());
    await clock.advance(10_000);

    assertEquals([reading.state, durations], ["resolved", [10, 20, 30]]);
  });
});

test("indexes are those of what comes out", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .map("even", (item) => {
      if (item % 2 === 1) throw new Error("odd");
      return item;
    }, { errorStrategy: "SKIP_FAILED" });
  const results = await collect(pipeline.executeWithMetadata([1, 2, 3, 4]));

  assertEquals(results.map(({ data, metadata }) => [data, metadata.itemIndex]), [[2, 0], [4, 1]]);
});

test("[L1] [L4] executeWithMetadata() opens nothing before it is read, and closes its source", async () => {
  const probe = new SourceProbe("an async iterable");
  const results = StreamingPipeline.start<number>().executeWithMetadata(probe.source);
  assertEquals(probe.opened, 0);
  for await (const { data } of results) {
    if (data === 1) break;
  }

  assertEquals([probe.pulls, probe.closed, probe.cleaned], [2, 1, 1]);
});

test("[L6] executeWithMetadata() gives what is before the error, then the error", async () => {
  const pipeline = StreamingPipeline.start<number>().map("stage", (item) => {
    if (item === 2) throw new Error("two");
    return item;
  });
  const { items, error } = await readFailure(pipeline.executeWithMetadata([1, 2, 3]));

  assertEquals([items.map(({ data }) => data), error.key, error.itemIndex], [[1], "stage", 1]);
});
