// How long the calls of a stage took: its own work, and nothing else.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { assertTiming, FULL, PARALLEL, sleep, STAGES, start, time, WORK_MS } from "./_timing.ts";

for (const [name, build] of Object.entries(STAGES)) {
  test(`the durations of ${name} are of its own work`, async () => {
    await new TestClock().use(async (clock) => {
      assertTiming(await time(clock, build(start(FULL)), [1, 2, 3, 4]), 4, WORK_MS);
    });
  });

  test(`[defect] the durations of ${name} are not of its consumer`, async () => {
    await new TestClock().use(async (clock) => {
      assertTiming(await time(clock, build(start(FULL)), [1, 2, 3, 4], 1_000), 4, WORK_MS);
    });
  });

  test(`the durations of ${name} are not of its source`, async () => {
    await new TestClock().use(async (clock) => {
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
    await new TestClock().use(async (clock) => {
      const slow = async (item: number) => (await sleep(700), item);
      const before = start(FULL).map("before", slow) as StreamingPipeline<number, number, unknown>;
      const stage = build(before) as StreamingPipeline<number, number, unknown>;
      assertTiming(await time(clock, stage.map("after", slow), [1, 2, 3]), 3, WORK_MS);
    });
  });
}

test("a failed call is timed as well", async () => {
  await new TestClock().use(async (clock) => {
    const fail = async () => {
      await sleep(WORK_MS);
      throw new Error("no");
    };
    async function* failLater(item: number): AsyncGenerator<number> {
      yield item;
      await fail();
    }
    for (const each of [{}, PARALLEL]) {
      const options = { errorStrategy: "SKIP_FAILED", ...each } as const;
      for (
        const pipeline of [
          start(FULL).map("stage", fail, options),
          start(FULL).flatMap("stage", fail, options),
          start(FULL).flatMap("stage", failLater, options),
          start(FULL).flatMap("stage", (item) => Promise.resolve(failLater(item)), options),
        ]
      ) assertTiming(await time(clock, pipeline, [1, 2]), 2, WORK_MS);
    }
  });
});

test("a sync call is timed", async () => {
  await new TestClock().use(async (clock) => {
    const { now } = clock;
    let callMs = 0;
    clock.now = () => now.call(clock) + callMs;
    const pipeline = start(FULL).map("stage", (item) => (callMs += 7, item));
    const timing = await time(clock, pipeline, [1, 2, 3]);

    assertTiming(timing, 3, 7);
  });
});

test("a sync generator is timed while it is read", async () => {
  await new TestClock().use(async (clock) => {
    const { now } = clock;
    let workMs = 0;
    clock.now = () => now.call(clock) + workMs;
    function* workAtOnce(item: number): Generator<number> {
      workMs += 3;
      yield item;
      workMs += 4;
    }
    for (const options of [{}, PARALLEL]) {
      const pipeline = start(FULL).flatMap("stage", workAtOnce, options)
        .tap("after", () => void (workMs += 100));

      assertTiming(await time(clock, pipeline, [1, 2, 3]), 3, 7);
    }
  });
});

test("what a step waits for is no work of its own, also where it makes one item of many", async () => {
  await new TestClock().use(async (clock) => {
    const { now } = clock;
    let workMs = 0;
    clock.now = () => now.call(clock) + workMs;
    // It works for 3 ms on each item, and lets the step wait for each hundredth.
    const before = (item: number) => (workMs += 3, item % 100 === 0 ? sleep(500) : undefined);
    const pipeline = start(FULL).tap("before", before)
      .add("stage", async function* ({ input }) {
        let count = 0;
        for await (const _ of input) {
          workMs += 2;
          count++;
        }
        yield count;
      });
    const timing = await time(clock, pipeline, Array.from({ length: 2_000 }, (_, index) => index));

    assertEquals(timing.sampledCount, 1);
    assertAlmostEquals(timing.avgDurationMs, 2 * 2_000, 50);
  });
});
