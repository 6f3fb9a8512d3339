// How long the calls of a stage took: its own work, and nothing else.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  type StageOptions,
  type StartOptions,
  StreamingPipeline,
  type StreamingTiming,
} from "../../mod.ts";
import { clock as clockInForce } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { type FakeClock, withFakeClock } from "../support/fake_clock.ts";
import { watch } from "../support/turns.ts";
import type { AnyPipeline } from "../errors/_stages.ts";

const WORK_MS = 10;
const FULL: StartOptions = { metadata: { verbosity: "full" } };

const start = (options?: StartOptions) => StreamingPipeline.start<number>(undefined, options);

/** Resolves when the clock in force has moved on. */
function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void clockInForce.schedule(resolve, milliseconds));
}

async function work(item: number): Promise<number> {
  await sleep(WORK_MS);
  return item;
}

const streamingStep = createStreamingStep<number, number>("step", async function* ({ input }) {
  for await (const item of input) yield await work(item);
});
const step = createStep("step", ({ input }: { input: number }) => work(input));

type Stage = (pipeline: StreamingPipeline<number, number, unknown>) => AnyPipeline;

const PARALLEL: StageOptions = { parallel: true, concurrencyLimit: 2 };

/** Stages that work 10 ms on each item. */
const STAGES: Readonly<Record<string, Stage>> = {
  "map()": (pipeline) => pipeline.map("stage", work),
  "map() parallel": (pipeline) => pipeline.map("stage", work, PARALLEL),
  "map() parallel unordered": (pipeline) =>
    pipeline.map("stage", work, { ...PARALLEL, ordered: false }),
  "map() with a step": (pipeline) => pipeline.map("stage", step),
  "filter()": (pipeline) => pipeline.filter("stage", async (item) => await work(item) >= 0),
  "tap()": (pipeline) => pipeline.tap("stage", work),
  "branch()": (pipeline) => pipeline.branch("stage", () => true, work, work),
  "flatMap() parallel": (pipeline) =>
    pipeline.flatMap("stage", async (item) => [await work(item)], PARALLEL),
  "a streaming step": (pipeline) => pipeline.map("stage", streamingStep),
  "a streaming step that is started again": (pipeline) =>
    pipeline.map("stage", streamingStep, { errorStrategy: "SKIP_FAILED" }),
  "a streaming step with retry": (pipeline) =>
    pipeline.map("stage", streamingStep, { retry: { maxAttempts: 2, backoffMs: 1 } }),
};

/** Runs to the end, the reader taking its time for each item; the timing of `stage`. */
async function time(
  clock: FakeClock,
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

function assertTiming(timing: StreamingTiming, count: number, durationMs: number): void {
  assertEquals([timing.itemCount, timing.sampledCount], [count, count]);
  assertAlmostEquals(timing.avgDurationMs, durationMs, 1e-9);
  for (const quantile of ["p50DurationMs", "p95DurationMs", "p99DurationMs"] as const) {
    assertAlmostEquals(timing[quantile]!, durationMs, durationMs * 0.01);
  }
}

for (const [name, build] of Object.entries(STAGES)) {
  test(`the durations of ${name} are of its own work`, async () => {
    await withFakeClock(async (clock) => {
      assertTiming(await time(clock, build(start(FULL)), [1, 2, 3, 4]), 4, WORK_MS);
    });
  });

  test(`[defect] the durations of ${name} are not of its consumer`, async () => {
    await withFakeClock(async (clock) => {
      assertTiming(await time(clock, build(start(FULL)), [1, 2, 3, 4], 1_000), 4, WORK_MS);
    });
  });

  test(`the durations of ${name} are not of its source`, async () => {
    await withFakeClock(async (clock) => {
      async function* slow() {
        for (const item of [1, 2, 3, 4]) {
          await sleep(500);
          yield item;
        }
      }
      assertTiming(await time(clock, build(start(FULL)), slow()), 4, WORK_MS);
    });
  });

  test(`the durations of ${name} are not of the stages before and after it`, async () => {
    await withFakeClock(async (clock) => {
      const slow = async (item: number) => (await sleep(700), item);
      const before = start(FULL).map("before", slow) as StreamingPipeline<number, number, unknown>;
      const stage = build(before) as StreamingPipeline<number, number, unknown>;
      assertTiming(await time(clock, stage.map("after", slow), [1, 2, 3]), 3, WORK_MS);
    });
  });

  test(`short runs are timed whole by default: ${name}`, async () => {
    await withFakeClock(async (clock) => {
      const items = Array.from({ length: 100 }, (_, index) => index);
      assertTiming(await time(clock, build(start()), items), 100, WORK_MS);
    });
  });
}

test("the duration of flatMap() is of the call alone, not of reading what it returned", async () => {
  await withFakeClock(async (clock) => {
    async function* later(item: number): AsyncGenerator<number> {
      await sleep(WORK_MS);
      yield item;
    }
    for (const options of [{}, PARALLEL]) {
      const pipeline = start(FULL).flatMap("stage", later, options);

      assertTiming(await time(clock, pipeline, [1, 2, 3]), 3, 0);
    }
  });
});

test("a failed call is timed as well", async () => {
  await withFakeClock(async (clock) => {
    const fail = async () => {
      await sleep(WORK_MS);
      throw new Error("no");
    };
    for (const options of [{}, PARALLEL]) {
      const pipeline = start(FULL).map("stage", fail, { errorStrategy: "SKIP_FAILED", ...options });
      assertTiming(await time(clock, pipeline, [1, 2]), 2, WORK_MS);
    }
  });
});

test("a sync call is timed", async () => {
  await withFakeClock(async (clock) => {
    const { now } = clock;
    let callMs = 0;
    clock.now = () => now.call(clock) + callMs;
    const pipeline = start(FULL).map("stage", (item) => (callMs += 7, item));
    const timing = await time(clock, pipeline, [1, 2, 3]);

    assertTiming(timing, 3, 7);
  });
});

const MANY = Array.from({ length: 6_400 }, (_, index) => index);

/** More of the first calls are timed: twice as seldom each time, until the rate is reached. */
function assertSampled(sampledCount: number, itemCount: number, every: number): void {
  const least = Math.floor(itemCount / every);
  const most = Math.ceil(itemCount / every) + Math.log2(every) + 2;
  assert(sampledCount >= least && sampledCount <= most, `${sampledCount} of ${itemCount}`);
}

test("one sync call in 1,024 is timed by default, and a few more of the first", async () => {
  const pipeline = start().map("stage", (item) => item);
  await pipeline.executeToArray(MANY);
  const { timing } = (await pipeline.getMetadata()).steps[0]!;
  await pipeline.executeToArray([1]);
  const short = (await pipeline.getMetadata()).steps[0]!.timing;

  assertEquals([timing.itemCount, short.itemCount, short.sampledCount], [6_400, 1, 1]);
  assertSampled(timing.sampledCount, 6_400, 1_024);
});

test("sampleRate is the share of sync calls that is timed", async () => {
  for (const every of [1, 2, 10, 100]) {
    const pipeline = start({ metadata: { sampleRate: 1 / every } }).map("stage", (item) => item);
    await pipeline.executeToArray(MANY);

    assertSampled((await pipeline.getMetadata()).steps[0]!.timing.sampledCount, 6_400, every);
  }
});

test("every stage of a loop is timed as often as the others", async () => {
  const pipeline = start()
    .map("one", (item) => item)
    .map("two", (item) => item)
    .tap("three", () => {});
  await pipeline.executeToArray(MANY);
  const { steps } = await pipeline.getMetadata();

  const [one, ...others] = steps.map(({ timing }) => timing.sampledCount);
  assertSampled(one!, 6_400, 1_024);
  assertEquals(others, [one, one]);
});

for (const [name, options] of [["one at a time", {}], ["side by side", PARALLEL]] as const) {
  test(`asynchronous calls ${name} are all timed up to a budget, then by sample`, async () => {
    const pipeline = start().map("stage", (item) => Promise.resolve(item), options);
    await pipeline.executeToArray(MANY);
    const { sampledCount } = (await pipeline.getMetadata()).steps[0]!.timing;

    // The budget is 512; of the other 5,888 one in 1,024 is timed.
    assert(sampledCount >= 512, `${sampledCount}`);
    assertSampled(sampledCount - 512, 5_888, 1_024);
  });
}

test("asynchronous calls between sync stages are all timed up to the budget", async () => {
  const pipeline = start()
    .map("before", (item) => item)
    .map("stage", (item) => Promise.resolve(item))
    .map("after", (item) => item);
  await pipeline.executeToArray(MANY.slice(0, 300));
  const stage = (await pipeline.getMetadata()).steps[1]!;

  assertEquals([stage.key, stage.timing.sampledCount], ["stage", 300]);
});

test("full times every call", async () => {
  const pipeline = start(FULL)
    .map("sync", (item) => item)
    .map("async", (item) => Promise.resolve(item))
    .map("parallel", (item) => Promise.resolve(item), PARALLEL);
  await pipeline.executeToArray(MANY.slice(0, 2_000));
  const { steps } = await pipeline.getMetadata();

  assertEquals(steps.map(({ timing }) => timing.sampledCount), [2_000, 2_000, 2_000]);
});

for (const verbosity of ["off", "counts"] as const) {
  test(`${verbosity} times nothing and looks at no clock for a call`, async () => {
    await withFakeClock(async (clock) => {
      let looks = 0;
      const { now } = clock;
      clock.now = () => (looks++, now.call(clock));
      const run = (count: number) =>
        start({ metadata: { verbosity } })
          .map("sync", (item) => item)
          .map("async", (item) => Promise.resolve(item))
          .map("parallel", (item) => Promise.resolve(item), PARALLEL)
          .map("step", streamingStepAtOnce)
          .run(MANY.slice(0, count));
      const first = run(10);
      for await (const _ of first);
      const few = looks;
      for await (const _ of run(100));

      for (const { timing } of first.metadata().steps) {
        assertEquals(timing, { itemCount: 10, sampledCount: 0, avgDurationMs: 0 });
      }
      assertEquals(looks, 2 * few);
    });
  });
}

const streamingStepAtOnce = createStreamingStep<number, number>("step", ({ input }) => input);
