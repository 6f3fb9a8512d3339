import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { arriveAt, readTimed, TimedSource } from "../support/timed_source.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { NO_NUMBERS } from "../support/refused.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

testOptions("throttle", (options, methods) => methods.throttle!("key", options), [
  ...NO_NUMBERS.map(([limit, shown]) =>
    [
      { limit, intervalMs: 1 },
      RangeError,
      `limit must be a positive integer, got ${shown}`,
    ] as const
  ),
  ...NO_NUMBERS.map(([intervalMs, shown]) =>
    [
      { limit: 1, intervalMs },
      RangeError,
      `intervalMs must be a finite number of at least 1, got ${shown}`,
    ] as const
  ),
  [{ limit: 1, intervalMs: 1, cost: 2 }, TypeError, "cost must be a function, got 2"],
  [{ limit: 1, intervalMs: 1, burst: 0 }, RangeError, "burst must be a positive integer, got 0"],
]);

test("throttle() is strict: as many items at once as its limit, and the next when the interval is over", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = start.throttle("t", { limit: 2, intervalMs: 100 });

    const { items } = await readTimed(clock, pipeline.execute([0, 1, 2, 3, 4]));

    assertEquals(items, [[0, 0], [0, 1], [100, 2], [100, 3], [200, 4]]);
    assertEquals(clock.timerCount, 0);
  });
});

test("throttle() counts an interval from each item on, not from the first", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = start.throttle("t", { limit: 2, intervalMs: 100 });
    const source = new TimedSource(clock, arriveAt(0, 90, 95, 110));

    const { items } = await readTimed(clock, pipeline.execute(source));

    assertEquals(items.map(([atMs]) => atMs), [0, 90, 100, 190]);
  });
});

test("throttle() says COST_EXCEEDS_LIMIT of an item that costs more than its limit", async () => {
  const options = { limit: 10, intervalMs: 100, cost: () => 11 };

  const { items, error } = await readFailure(start.throttle("t", options).execute(count()));

  assertEquals([items, error.code, error.retryable], [[], "COST_EXCEEDS_LIMIT", false]);
});

test("throttle() lets a burst pass, then one item per token", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = start.throttle("t", { limit: 2, intervalMs: 100, burst: 2 });

    const { items } = await readTimed(clock, pipeline.execute([0, 1, 2, 3, 4]));

    assertEquals(items, [[0, 0], [0, 1], [50, 2], [100, 3], [150, 4]]);
    assertEquals(clock.timerCount, 0);
  });
});

test("throttle() fills its bucket while items are slow, up to the burst", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = start.throttle("t", { limit: 1, intervalMs: 100, burst: 2 });
    const source = new TimedSource(clock, arriveAt(0, 0, 0, 1_000, 1_000, 1_000));

    const { items } = await readTimed(clock, pipeline.execute(source));

    assertEquals(items.map(([atMs]) => atMs), [0, 0, 100, 1_000, 1_000, 1_100]);
  });
});

test("throttle() takes the cost of each item, sync or async", async () => {
  await new TestClock().use(async (clock) => {
    for (const cost of [(item: number) => item, async (item: number) => await item]) {
      const startMs = clock.now();
      const rate = { limit: 10, intervalMs: 100, cost };
      const strict = await readTimed(clock, start.throttle("t", rate).execute([10, 0, 5, 5]));
      assertEquals(strict.items.map(([atMs]) => atMs - startMs), [0, 0, 100, 100]);

      const laterMs = clock.now();
      const bucket = start.throttle("t", { ...rate, burst: 10 });
      const { items } = await readTimed(clock, bucket.execute([10, 0, 5, 5]));
      assertEquals(items.map(([atMs]) => atMs - laterMs), [0, 0, 50, 100]);
    }
  });
});

test("throttle() lets an item pass that costs more than the bucket holds, on credit", async () => {
  await new TestClock().use(async (clock) => {
    const options = { limit: 10, intervalMs: 100, burst: 10, cost: (item: number) => item };
    const { items } = await readTimed(clock, start.throttle("t", options).execute([1, 30, 1]));

    assertEquals(items, [[0, 1], [10, 30], [220, 1]]);
  });
});

test("throttle() never lets more pass in any interval than its limit, and waits for nothing else", async () => {
  const moments = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(moments, fc.integer({ min: 1, max: 5 }), async (gaps, limit) => {
      await new TestClock().use(async (clock) => {
        let at = 0;
        const arrivals = arriveAt(...gaps.map((gap) => at += gap));
        const pipeline = start.throttle("t", { limit, intervalMs: 100 });

        const { items } = await readTimed(
          clock,
          pipeline.execute(new TimedSource(clock, arrivals)),
        );

        const times = items.map(([atMs]) => atMs);
        for (const [at, [arrivedMs]] of arrivals.entries()) {
          const freeMs = (times[at - limit] ?? -Infinity) + 100;
          assertEquals(times[at], Math.max(arrivedMs, times[at - 1] ?? 0, freeMs));
        }
      });
    }),
    { numRuns: 40 },
  );
});

test("throttle() never lets more pass in any span than the bucket and the rate give", async () => {
  const moments = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 25 });
  const limit = fc.integer({ min: 1, max: 5 });
  await fc.assert(
    fc.asyncProperty(moments, limit, limit, async (gaps, limit, burst) => {
      await new TestClock().use(async (clock) => {
        let at = 0;
        const arrivals = arriveAt(...gaps.map((gap) => at += gap));
        const pipeline = start.throttle("t", { limit, intervalMs: 100, burst });

        const { items } = await readTimed(
          clock,
          pipeline.execute(new TimedSource(clock, arrivals)),
        );

        assertEquals(items.map(([, item]) => item), arrivals.map(([, item]) => item));
        for (const [first, [fromMs]] of items.entries()) {
          for (const [later, [untilMs]] of items.slice(first).entries()) {
            const passed = later + 1;
            assertLessOrEqual(passed, burst + (untilMs - fromMs) * limit / 100 + 1e-6);
          }
        }
      });
    }),
    { numRuns: 40 },
  );
});

test("throttle() fails where a cost is no number", async () => {
  const pipeline = start.throttle("t", {
    limit: 9,
    intervalMs: 1,
    cost: (item) => item === 1 ? NaN : 1,
  });

  const { items, error } = await readFailure(pipeline.execute(count()));

  assertEquals([items, error.itemIndex, error.cause instanceof RangeError], [[0], 1, true]);
  const message = "An item's cost must be a non-negative number, got NaN";
  assertEquals((error.cause as Error).message, message);
});

test("[L2] throttle() reads nothing while an item waits", async () => {
  await new TestClock().use(async (clock) => {
    const probe = new SourceProbe("an async iterable");
    const items = start.throttle("t", { limit: 1, intervalMs: 100 }).execute(probe.source);
    await items.next();
    const second = watch(items.next());
    await clock.advance(99);

    assertEquals([second.state, probe.pulls], ["pending", 2]);
    await items.return();
  });
});

test("[L12] throttle() ends its wait when the run is closed or aborted", async () => {
  await new TestClock().use(async (clock) => {
    for (const how of ["return", "abort"]) {
      const controller = new AbortController();
      const probe = new SourceProbe("an async iterable");
      const items = start.throttle("t", { limit: 1, intervalMs: 100 })
        .execute(probe.source, { signal: controller.signal });
      await items.next();
      const second = watch(items.next());
      await settle();

      if (how === "return") await items.return();
      else controller.abort(new Error("enough"));
      await settle();

      assertEquals(second.state, how === "return" ? "resolved" : "rejected");
      assertEquals([clock.timerCount, probe.closed, probe.cleaned], [0, 1, 1]);
    }
  });
});
