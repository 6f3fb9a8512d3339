// What is counted and timed of stages across the bridge.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  createParallel,
  createStep,
  createStreamingStep,
  createTransform,
  Pipeline,
  type PipelineMetadata,
  pipelineToStreaming,
  type StepMetadata,
  StreamingPipeline,
  streamingStepToStep,
  streamingToPipeline,
} from "../../../mod.ts";
import { coded, dataOf } from "../_helpers.ts";
import { test } from "../../harness.ts";
import { expectBalance } from "../../../src/testing/balance.ts";
import { TestClock } from "../../../src/testing/test_clock.ts";

const words = Pipeline.start<string[]>()
  .map("lengths", (word) => word.length)
  .filter("long", (length) => length > 2)
  .add("sum", createTransform("total", (lengths: number[]) => lengths.length));

/** The counts of each stage of a streaming run, and that they add up. */
function countsOf({ steps }: PipelineMetadata): unknown[] {
  for (const step of steps) expectBalance(step);
  return steps.map(({ key, inputCount, outputCount, errorCount }) => [
    key,
    inputCount,
    outputCount,
    errorCount,
  ]);
}

test("a batch stage in a stream has the mode batch, its step's name, and counts values", async () => {
  const pipeline = pipelineToStreaming(words).map("after", (count) => count)
    .map("beside", (count) => count, { parallel: true });
  await pipeline.executeToArray([["mill", "a"], ["to"], ["wheel"]]);
  const metadata = await pipeline.getMetadata();

  assertEquals(metadata.steps.map((step) => [step.key, step.stepName, step.executionMode]), [
    ["lengths", "lengths", "batch"],
    ["long", "filter_long", "batch"],
    ["sum", "total", "batch"],
    ["after", "after", "streaming"],
    ["beside", "beside", "parallel-streaming"],
  ]);
  assertEquals(countsOf(metadata), [
    ["lengths", 3, 3, 0],
    ["long", 3, 3, 0],
    ["sum", 3, 3, 0],
    ["after", 3, 3, 0],
    ["beside", 3, 3, 0],
  ]);
});

test("a batch stage in a stream that fails is counted where it failed", async () => {
  const checked = createStep<number, number>("checked", ({ input }) => {
    if (input === 0) throw coded("NONE");
    return input;
  });
  const pipeline = pipelineToStreaming(words.add("checked", checked));
  await pipeline.executeToArray([["mill"], ["a"]]).catch(() => {});
  const metadata = await pipeline.getMetadata();

  assertEquals(countsOf(metadata), [
    ["lengths", 2, 2, 0],
    ["long", 2, 2, 0],
    ["sum", 2, 2, 0],
    ["checked", 2, 1, 1],
  ]);
  assertEquals([metadata.status, metadata.steps.at(-1)?.errors?.length], ["failed", 1]);
});

test("a batch stage in a stream is timed, and the metadata of its own list is not mixed in", async () => {
  await new TestClock().use(async (clock) => {
    const slow = createStep<number, number>("slow", async ({ input }) => {
      await clock.advance(input);
      return input;
    });
    const pipeline = pipelineToStreaming(Pipeline.start<number[]>().map("stage", slow));
    await pipeline.executeToArray([[100, 100], [300, 300]]);
    const [step] = (await pipeline.getMetadata()).steps;

    const { itemCount, sampledCount, minDurationMs, maxDurationMs } = step!.timing;
    assertEquals([itemCount, sampledCount, minDurationMs, maxDurationMs], [2, 2, 200, 600]);
  });
});

test("the metadata options of pipelineToStreaming hold", async () => {
  const pipeline = pipelineToStreaming(words, { metadata: { verbosity: "off" } });
  await pipeline.executeToArray([["mill"]]);

  assertEquals((await pipeline.getMetadata()).steps.map(({ timing }) => timing.sampledCount), [
    0,
    0,
    0,
  ]);
});

test("the trace of a run is one, through every inner run; each stage has a span", async () => {
  const told: { readonly traceId?: string; readonly spanId?: string }[] = [];
  const look = createStep<number, number>("look", ({ input, traceId, spanId }) => {
    told.push({ traceId: traceId!, spanId: spanId! });
    return input;
  });
  const streamed = createStreamingStep<number, number>("stream", async function* (context) {
    const { input, traceId, spanId } = context;
    told.push({ traceId, spanId });
    yield* input;
  });
  const pipeline = Pipeline.start<number[]>()
    .map("items", look)
    .add("stream", streamed)
    .add("crossed", streamingStepToStep(streamed))
    .add(
      "both",
      createParallel("both", [
        createTransform("same", (list: number[]) => list),
        streamed as never,
      ]),
    )
    .add("first", createTransform("first", ([list]) => list as number[]))
    .branch("either", () => true, streamingStepToStep(streamed), streamingStepToStep(streamed));
  const streaming = StreamingPipeline.start<number>().map("each", look).add("all", streamed);

  const { metadata } = await pipeline.execute([1, 2]);
  expectOneTrace(told.splice(0), metadata.traceId!);
  const inner = await streamingToPipeline(streaming).execute([1, 2]);
  expectOneTrace(told.splice(0), inner.metadata.traceId!);
  const run = pipelineToStreaming(pipeline).run([[1, 2]]);
  for await (const _ of run) { /* reads all */ }
  expectOneTrace(told.splice(0), run.traceId);
  assertNotEquals(inner.metadata.traceId, metadata.traceId);
});

function expectOneTrace(
  told: readonly { readonly traceId?: string; readonly spanId?: string }[],
  traceId: string,
): void {
  assert(told.length >= 3);
  for (const each of told) {
    assertEquals(each.traceId, traceId);
    assert(/^[0-9a-f]{16}$/.test(each.spanId!), each.spanId);
  }
}

/** What the metadata of a batch run says of each of its stages' lists. */
function listsOf({ steps = [] }: StepMetadata): unknown[] {
  return steps.map(({ key, listMetadata }) => {
    if (listMetadata === undefined) return [key];
    const { totalItems, successCount, failureCount, skippedCount, executionStrategy } =
      listMetadata;
    return [key, totalItems, successCount, failureCount, skippedCount, executionStrategy];
  });
}

test("[defect] streamingToPipeline says of each stage what became of its items", async () => {
  const pipeline = streamingToPipeline(
    StreamingPipeline.start<number>()
      .map("tens", (item) => item * 10)
      .filter("some", (item) => item !== 20)
      .map("checked", (item) => {
        if (item === 30) throw coded("THIRTY");
        return item;
      }, { errorStrategy: "SKIP_FAILED", parallel: true, concurrencyLimit: 3 })
      .batch("pairs", 2),
  );
  const result = await pipeline.execute([1, 2, 3, 4, 5]);

  assertEquals(dataOf(result), [[10, 40], [50]]);
  assertEquals(listsOf(result.metadata), [
    ["tens", 5, 5, 0, 0, "sequential"],
    ["some", 5, 4, 0, 1, "sequential"],
    ["checked", 4, 3, 1, 1, "parallel"],
    ["pairs", 3, 3, 0, 0, "sequential"],
  ]);
  assertEquals(result.metadata.listMetadata, result.metadata.steps?.at(-1)?.listMetadata);
  assertEquals(result.metadata.steps?.[2]?.listMetadata?.concurrencyLimit, 3);
});

test("a batch pipeline and streamingToPipeline of the same stages count the same", async () => {
  const keep = (item: number) => item % 3 !== 0;
  const batch = Pipeline.start<number[]>()
    .map("a", (item) => item + 1)
    .filter("b", keep)
    .batch("c", 2)
    .flatten("d");
  const stream = StreamingPipeline.start<number>()
    .map("a", (item) => item + 1)
    .filter("b", keep)
    .batch("c", 2)
    .flatten("d");
  const items = [1, 2, 3, 4, 5, 6, 7];
  const one = await batch.execute(items);
  const other = await streamingToPipeline(stream).execute(items);

  assertEquals(dataOf(one), dataOf(other));
  assertEquals(listsOf(one.metadata), listsOf(other.metadata));
});

test("the time of a streaming pipeline is that of the batch stage that runs it", async () => {
  await new TestClock().use(async (clock) => {
    await clock.advance(1_000);
    const pipeline = streamingToPipeline(
      StreamingPipeline.start<number>()
        .map("slow", async (item) => (await clock.advance(100), item))
        .map("slower", async (item) => (await clock.advance(200), item)),
    );
    const { metadata } = await pipeline.execute([1, 2]);

    const { steps = [], startTime, endTime, durationMs } = metadata;
    assertEquals([startTime, endTime, durationMs], [1_000, 1_600, 600]);
    assertEquals(steps.map(({ startTime, durationMs }) => [startTime, durationMs]), [
      [1_000, 600],
      [1_600, 0],
    ]);
    assertEquals(steps.map(({ listMetadata }) => listMetadata?.itemTimings?.avg), [100, 200]);
  });
});

test("a failed streaming pipeline tells how far its first stage has come", async () => {
  const pipeline = streamingToPipeline(
    StreamingPipeline.start<number>().map("first", (item) => item).map("second", (item) => {
      if (item === 3) throw coded("THREE");
      return item;
    }),
  );
  const { success, metadata } = await pipeline.execute([1, 2, 3, 4]);

  assertEquals([success, metadata.stepName], [false, "second"]);
  assertEquals(listsOf(metadata), [["first", 3, 3, 0, 0, "sequential"]]);
});

test("stages keep their keys and order over the bridge", () => {
  const streaming = StreamingPipeline.start<number>().map("a", (n) => n).checkpoint("b").take(
    "c",
    1,
  );

  assertEquals(streamingToPipeline(streaming).getStageNames(), ["a", "b", "c"]);
});
