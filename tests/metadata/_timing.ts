// Stages whose work takes a known time, and what the figures must say of it.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  type StageOptions,
  type StartOptions,
  StreamingPipeline,
  type StreamingTiming,
} from "../../mod.ts";
import { clock as clockInForce } from "../../src/internal/clock.ts";
import type { AnyPipeline } from "../errors/_stages.ts";
import type { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";

/** What each stage takes for an item. */
export const WORK_MS = 10;
/** Times every call. */
export const FULL: StartOptions = { metadata: { verbosity: "full" } };

/** An empty pipeline over numbers. */
export function start(
  options?: StartOptions,
): StreamingPipeline<number, number, Record<never, never>> {
  return StreamingPipeline.start<number>(undefined, options);
}

/** Resolves when the clock in force has moved on. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void clockInForce.schedule(resolve, milliseconds));
}

async function work(item: number): Promise<number> {
  await sleep(WORK_MS);
  return item;
}

/** Works before the item, and after it. */
async function* workLater(item: number): AsyncGenerator<number> {
  await sleep(WORK_MS * 0.75);
  yield item;
  await sleep(WORK_MS * 0.25);
}

/** The items of a generator, each made when it is read. */
function streamOf(items: AsyncGenerator<number>): ReadableStream<number> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await items.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

/** Half of the work of an item. */
async function* workHalf(item: number): AsyncGenerator<number> {
  await sleep(WORK_MS / 2);
  yield item;
}

const streamingStep = createStreamingStep<number, number>("step", async function* ({ input }) {
  for await (const item of input) yield await work(item);
});
const step = createStep("step", ({ input }: { input: number }) => work(input));

type Stage = (pipeline: StreamingPipeline<number, number, unknown>) => AnyPipeline;

/** Two at a time. */
export const PARALLEL: StageOptions = { parallel: true, concurrencyLimit: 2 };

/** Stages that work 10 ms on each item. */
export const STAGES: Readonly<Record<string, Stage>> = {
  "map()": (pipeline) => pipeline.map("stage", work),
  "map() parallel": (pipeline) => pipeline.map("stage", work, PARALLEL),
  "map() parallel unordered": (pipeline) =>
    pipeline.map("stage", work, { ...PARALLEL, ordered: false }),
  "map() with a step": (pipeline) => pipeline.map("stage", step),
  "filter()": (pipeline) => pipeline.filter("stage", async (item) => await work(item) >= 0),
  "tap()": (pipeline) => pipeline.tap("stage", work),
  "branch()": (pipeline) => pipeline.branch("stage", () => true, work, work),
  "flatMap()": (pipeline) => pipeline.flatMap("stage", async (item) => [await work(item)]),
  "flatMap() with an async generator": (pipeline) => pipeline.flatMap("stage", workLater),
  "flatMap() with a promise of an async generator": (pipeline) =>
    pipeline.flatMap("stage", async (item) => (await sleep(WORK_MS / 2), workHalf(item))),
  "flatMap() with a web stream": (pipeline) =>
    pipeline.flatMap("stage", (item) => streamOf(workLater(item))),
  "flatMap() parallel with an async generator": (pipeline) =>
    pipeline.flatMap("stage", workLater, PARALLEL),
  "flatMap() parallel unordered with an async generator": (pipeline) =>
    pipeline.flatMap("stage", workLater, { ...PARALLEL, ordered: false }),
  "a streaming step per item": (pipeline) => pipeline.map("stage", streamingStep, PARALLEL),
  "branch() with a streaming step": (pipeline) =>
    pipeline.branch("stage", () => true, streamingStep, work),
  "flatMap() parallel": (pipeline) =>
    pipeline.flatMap("stage", async (item) => [await work(item)], PARALLEL),
  "a streaming step": (pipeline) => pipeline.map("stage", streamingStep),
  "a streaming step that is started again": (pipeline) =>
    pipeline.map("stage", streamingStep, { errorStrategy: "SKIP_FAILED" }),
  "a streaming step with retry": (pipeline) =>
    pipeline.map("stage", streamingStep, { retry: { maxAttempts: 2, backoffMs: 1 } }),
};

/** Runs to the end, the reader taking its time for each item; the timing of `stage`. */
export async function time(
  clock: TestClock,
  pipeline: AnyPipeline,
  source: Iterable<number> | AsyncIterable<number>,
  readerMs = 0,
): Promise<StreamingTiming> {
  const reading = watch((async () => {
    for await (const _ of pipeline.execute(source as number[])) {
      if (readerMs > 0) await sleep(readerMs);
    }
  })());
  await clock.advance(1e9);
  assertEquals(reading.state, "resolved");
  const { steps } = await pipeline.getMetadata();
  return steps.find(({ key }) => key === "stage")!.timing;
}

/** Holds the timing against `count` calls of `durationMs` each. */
export function assertTiming(timing: StreamingTiming, count: number, durationMs: number): void {
  assertEquals([timing.itemCount, timing.sampledCount], [count, count]);
  assertAlmostEquals(timing.avgDurationMs, durationMs, 1e-9);
  for (const quantile of ["p50DurationMs", "p95DurationMs", "p99DurationMs"] as const) {
    assertAlmostEquals(timing[quantile]!, durationMs, durationMs * 0.01);
  }
}
