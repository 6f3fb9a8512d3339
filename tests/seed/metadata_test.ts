// The document's Decision 4, "Inline Metadata" and "Aggregated Metadata".

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createStreamingStep, type StreamingMetadata, StreamingPipeline } from "../../mod.ts";
import { clock as clockInForce } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";

interface Input {
  readonly id: number;
}

interface Output {
  readonly doubled: number;
}

const sleep = (ms: number) =>
  new Promise<void>((resolve) => void clockInForce.schedule(resolve, ms));

async function processItem({ id }: Input): Promise<Output> {
  await sleep(5);
  return { doubled: id * 2 };
}

const INPUTS: readonly Input[] = [{ id: 1 }, { id: 2 }, { id: 3 }];

test("inline metadata: a step attaches it to each item that it yields", async () => {
  await new TestClock().use(async (clock) => {
    const stepWithMetadata = createStreamingStep<
      Input,
      Output & { _metadata: { durationMs: number; stepName: string; itemIndex: number } }
    >(
      "stepWithMetadata",
      async function* ({ input }) {
        let itemIndex = 0;

        for await (const item of input) {
          const startTime = clock.now();

          const result = await processItem(item);

          const durationMs = clock.now() - startTime;

          // Yield with metadata
          yield {
            ...result,
            _metadata: {
              durationMs,
              stepName: "stepWithMetadata",
              itemIndex: itemIndex++,
            },
          };
        }
      },
    );
    const pipeline = StreamingPipeline.start<Input>().map("step", stepWithMetadata);
    const result = watch(pipeline.executeToArray(INPUTS));
    await clock.advance(1_000);

    assertEquals(
      result.value,
      [1, 2, 3].map((id, itemIndex) => ({
        doubled: id * 2,
        _metadata: { durationMs: 5, stepName: "stepWithMetadata", itemIndex },
      })),
    );
  });
});

test("inline metadata: executeWithMetadata() gives the same beside the item", async () => {
  await new TestClock().use(async (clock) => {
    const step = createStreamingStep<Input, Output>(
      "stepWithMetadata",
      async function* ({ input }) {
        for await (const item of input) yield await processItem(item);
      },
    );
    const pipeline = StreamingPipeline.start<Input>().map("step", step);
    const results: unknown[] = [];
    const reading = watch((async () => {
      for await (const result of pipeline.executeWithMetadata(INPUTS)) results.push(result);
    })());
    await clock.advance(1_000);

    assertEquals(reading.state, "resolved");
    assertEquals(
      results,
      [1, 2, 3].map((id, itemIndex) => ({
        data: { doubled: id * 2 },
        metadata: { durationMs: 5, stepName: "stepWithMetadata", itemIndex },
      })),
    );
  });
});

test("aggregated metadata: after the stream completes, it has the figures of each step", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = StreamingPipeline.start<number>()
      .map("step1", async (item) => {
        await sleep(10);
        return item;
      }, { parallel: true })
      .map("step2", (item) => {
        if (item % 20 === 0) throw new Error("every twentieth");
        return item;
      }, { errorStrategy: "COLLECT_ERRORS" })
      .map("step3", async (item) => {
        await sleep(5);
        return item;
      }, { parallel: true });
    const items = watch(pipeline.executeToArray(Array.from({ length: 100 }, (_, index) => index)));
    await clock.advance(10_000);
    assertEquals(items.value?.length, 95);

    // After stream completes, aggregate metadata
    const metadata = await pipeline.getMetadata();

    assertEquals(metadata.stepName, "pipeline_complete");
    const [step1, step2, step3] = metadata.steps;
    assertEquals(
      metadata.steps.map(({ stepName, timing, errorCount }) => [
        stepName,
        timing.itemCount,
        errorCount,
      ]),
      [["step1", 100, 0], ["step2", 100, 5], ["step3", 95, 0]],
    );
    assertEquals([step1!.errors, step2!.errors!.length], [undefined, 5]);
    assertAlmostEquals(step1!.timing.avgDurationMs, 10, 1e-9);
    assertAlmostEquals(step1!.timing.p95DurationMs!, 10, 0.1);
    assertAlmostEquals(step3!.timing.avgDurationMs, 5, 1e-9);
    assertAlmostEquals(step3!.timing.p95DurationMs!, 5, 0.05);
  });
});

test("metadata types: a step has every field of the document", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .map("step", (item) => {
      if (item === 0) throw new Error("zero");
      return item;
    }, { errorStrategy: "COLLECT_ERRORS" });
  await pipeline.executeToArray([0, 1, 2]);
  const stage: StreamingMetadata = (await pipeline.getMetadata()).steps[0]!;
  const { itemCount, sampledCount, avgDurationMs, p50DurationMs, p95DurationMs, p99DurationMs } =
    stage.timing;

  assertEquals([stage.stepName, itemCount, stage.errorCount, stage.executionMode], [
    "step",
    3,
    1,
    "streaming",
  ]);
  assertEquals([stage.traceId.length, stage.spanId.length, stage.errors!.length], [32, 16, 1]);
  assert(sampledCount >= 1 && sampledCount <= itemCount);
  for (const ms of [avgDurationMs, p50DurationMs, p95DurationMs, p99DurationMs]) {
    assert(typeof ms === "number" && ms >= 0);
  }
});

test("sampling rate: 1 % of a very large stream", async () => {
  const pipeline = StreamingPipeline.start<number>(undefined, { metadata: { sampleRate: 0.01 } })
    .map("step", (item) => item);
  await pipeline.executeToArray(Array.from({ length: 20_000 }, (_, index) => index));
  const { itemCount, sampledCount } = (await pipeline.getMetadata()).steps[0]!.timing;

  assertEquals(itemCount, 20_000);
  assert(sampledCount >= 200 && sampledCount <= 210, `${sampledCount}`);
});

test("lazy aggregation: the figures can be asked for while items flow", async () => {
  const run = StreamingPipeline.start<number>().map("step", (item) => item).run([1, 2, 3]);
  const counts: number[] = [];
  for await (const _ of run) counts.push(run.metadata().steps[0]!.timing.itemCount);

  assertEquals(counts, [1, 2, 3]);
});
