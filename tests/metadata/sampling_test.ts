// Which calls are timed, and what that costs.

import { assert, assertEquals } from "@std/assert";
import { createStreamingStep } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { assertTiming, FULL, PARALLEL, STAGES, start, time, WORK_MS } from "./_timing.ts";

for (const [name, build] of Object.entries(STAGES)) {
  test(`short runs are timed whole by default: ${name}`, async () => {
    await new TestClock().use(async (clock) => {
      const items = Array.from({ length: 16 }, (_, index) => index);
      assertTiming(await time(clock, build(start()), items), 16, WORK_MS);
    });
  });
}

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
  const stages = {
    "map()": start().map("stage", (item) => Promise.resolve(item), options),
    "flatMap()": start().flatMap("stage", (item) => Promise.resolve([item, item]), options),
    "flatMap() with an async generator": start().flatMap("stage", async function* (item) {
      yield* [item, item];
    }, options),
  };
  for (const [stage, pipeline] of Object.entries(stages)) {
    test(`asynchronous calls of ${stage} ${name} are all timed up to a budget, then by sample`, async () => {
      await pipeline.executeToArray(MANY);
      const { sampledCount } = (await pipeline.getMetadata()).steps[0]!.timing;

      // The budget is 16; of the other 6,384 one in 1,024 is timed, and more of the first.
      assert(sampledCount >= 16, `${sampledCount}`);
      assertSampled(sampledCount - 16, 6_384, 1_024);
    });
  }
}

test("asynchronous calls between sync stages are all timed up to the budget", async () => {
  const pipeline = start()
    .map("before", (item) => item)
    .map("stage", (item) => Promise.resolve(item))
    .map("after", (item) => item);
  await pipeline.executeToArray(MANY.slice(0, 16));
  const stage = (await pipeline.getMetadata()).steps[1]!;

  assertEquals([stage.key, stage.timing.sampledCount], ["stage", 16]);
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
    await new TestClock().use(async (clock) => {
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

for (const [name, options] of [["one at a time", {}], ["side by side", PARALLEL]] as const) {
  test(`an item that gives many, ${name}, is timed by few looks at the clock`, async () => {
    await new TestClock().use(async (clock) => {
      const { now } = clock;
      let workMs = 0;
      let looks = 0;
      clock.now = () => (looks++, now.call(clock) + workMs);
      function* workOften(): Generator<number> {
        for (let part = 0; part < 5_000; part++) {
          workMs++;
          yield part;
        }
      }
      const pipeline = start().flatMap("stage", workOften, options);
      const timing = await time(clock, pipeline, [1]);

      assertTiming(timing, 1, timing.avgDurationMs);
      // The pull that finds the end may count as the others.
      assert([5_000, 5_001].includes(timing.avgDurationMs), `${timing.avgDurationMs}`);
      assert(looks < 200, `${looks}`);
    });
  });
}

test("what one item gives is sampled by itself: the stages after flatMap() are timed as well", async () => {
  const pipeline = start().flatMap("stage", (item) => MANY.slice(0, 16).map((part) => part + item))
    .map("after", (part) => part);
  await pipeline.executeToArray(MANY.slice(0, 400));
  const [stage, after] = (await pipeline.getMetadata()).steps;

  assertSampled(stage!.timing.sampledCount, 400, 1_024);
  assertSampled(after!.timing.sampledCount, 6_400, 1_024);
});
