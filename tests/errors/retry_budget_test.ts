// The shorthand for retry, a rule that answers later, and the time for all attempts, for every way
// to write a stage.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type RetryOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { LONG_MS, RETRY_ROWS } from "./_retry_rows.ts";
import { Attempts, busy, WORKS } from "./_work.ts";

const HUNDRED: RetryOptions = { maxAttempts: 100, backoffMs: 100, backoffFactor: 1, jitter: 0 };
const never = () => new Promise<never>(() => {});

for (const { name, run } of RETRY_ROWS) {
  test(`retry: a promise of shouldRetry is waited for by ${name}`, async () => {
    for (const isYes of [true, false]) {
      await new TestClock().use(async (clock) => {
        const attempts = new Attempts(clock, () => 1);
        const answer = createDeferred<boolean>();
        const retry = { ...HUNDRED, shouldRetry: () => answer.promise };
        const result = watch(run(attempts.work, { retry }, [5]));
        await clock.advance(1_000);
        assertEquals([result.state, attempts.times, clock.timerCount], ["pending", [0], 0]);

        answer.resolve(isYes);
        await clock.advance(1_000);

        assertEquals(result.value!.data, isYes ? [10] : undefined);
        assertEquals(attempts.times, isYes ? [0, 1_100] : [0]);
      });
    }
  });

  test(`retry: no attempt of ${name} begins when the time for all is over, and none is waited for`, async () => {
    await new TestClock().use(async (clock) => {
      const causes: Error[] = [];
      const attempts = new Attempts(clock, undefined, () => {
        causes.push(busy());
        return causes.at(-1);
      });
      let endedAt = -1;
      const retry = { ...HUNDRED, totalMs: 350 };
      const result = watch(
        run(attempts.work, { retry }, [5]).finally(() => endedAt = clock.now()),
      );
      await clock.advance(LONG_MS);

      const { code, cause, attempts: count = 4 } = result.value!.failure!;
      assertEquals([attempts.times, endedAt], [[0, 100, 200, 300], 300]);
      assertEquals([count, code], [4, "RATE_LIMIT"]);
      assertStrictEquals(cause, causes.at(-1));
      assertEquals(clock.timerCount, 0);
    });
  });
}

for (const { name, build } of WORKS) {
  test(`retry: maxAttempts alone is enough for ${name}`, async () => {
    await new TestClock().use(async (clock) => {
      const attempts = new Attempts(clock, () => 1);
      const pipeline = build(attempts.work, { retry: { maxAttempts: 2, jitter: 0 } });
      const result = watch(pipeline.executeToArray([5]));
      await clock.advance(LONG_MS);

      assertEquals([result.value, attempts.waits], [[10], [250]]);
    });
  });

  test(`retry: a promise of shouldRetry that is rejected does not hide why ${name} failed`, async () => {
    await new TestClock().use(async (clock) => {
      const cause = busy();
      const attempts = new Attempts(clock, undefined, () => cause);
      const later = new Error("in shouldRetry");
      const shouldRetry = () => Promise.reject(later);
      const pipeline = build(attempts.work, { retry: { ...HUNDRED, shouldRetry } });
      const result = watch(pipeline.executeToArray([5]));
      await clock.advance(0);

      assertInstanceOf(result.error, StreamingError);
      assertStrictEquals(result.error.cause, cause);
      assertEquals(result.error.suppressed, [later]);
      assertEquals([attempts.times.length, clock.timerCount], [1, 0]);
    });
  });

  test(`[L13] retry: an abort does not wait for a promise of shouldRetry of ${name}`, async () => {
    await new TestClock().use(async (clock) => {
      const attempts = new Attempts(clock);
      const controller = new AbortController();
      const { signal } = controller;
      const retry = { ...HUNDRED, shouldRetry: never };
      const result = watch(build(attempts.work, { retry }).executeToArray([5], { signal }));
      await clock.advance(1_000);
      controller.abort("stop");
      await clock.advance(0);

      assertEquals([result.state, result.error, clock.timerCount], ["rejected", "stop", 0]);
    });
  });

  test(`retry: each item of ${name} has a time of its own`, async () => {
    await new TestClock().use(async (clock) => {
      const attempts = new Attempts(clock, () => 3);
      const pipeline = build(attempts.work, { retry: { ...HUNDRED, totalMs: 350 } });
      const result = watch(pipeline.executeToArray([1, 2, 3, 4]));
      await clock.advance(LONG_MS);

      assertEquals([...result.value ?? []].sort(), [2, 4, 6, 8]);
    });
  });

  test(`retry: ${name} with all its time makes as many attempts as fit into it, and no more`, async () => {
    const times = fc.record({
      totalMs: fc.integer({ min: 1, max: 5_000 }),
      backoffMs: fc.integer({ min: 1, max: 1_000 }),
      backoffFactor: fc.constantFrom(1, 2, 3),
      maxAttempts: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(times, async ({ totalMs, ...retry }) => {
        await new TestClock().use(async (clock) => {
          const attempts = new Attempts(clock);
          const pipeline = build(attempts.work, { retry: { ...retry, jitter: 0, totalMs } });
          const result = watch(pipeline.executeToArray([5]));
          await clock.advance(LONG_MS);

          const expected = [0];
          for (let wait = retry.backoffMs; expected.length < retry.maxAttempts;) {
            const next = expected.at(-1)! + Math.min(wait, 30_000);
            if (next >= totalMs) break;
            expected.push(next);
            wait *= retry.backoffFactor;
          }
          assertEquals([result.state, attempts.times], ["rejected", expected]);
        });
      }),
      { numRuns: 10 },
    );
  });
}

const start = StreamingPipeline.start<number>();
type Call = (item: number, index: number, context: { signal: AbortSignal }) => Promise<unknown>;

/** Stages whose calls can be cut off; a step over the whole stream cannot. */
const CALLS = {
  "map()": (call: Call, retry: RetryOptions) => start.map("stage", call, { retry }),
  "map() parallel": (call: Call, retry: RetryOptions) =>
    start.map("stage", call, { retry, parallel: true }),
  "filter()": (call: Call, retry: RetryOptions) =>
    start.filter("stage", async (...args) => Boolean(await call(...args)), { retry }),
  "flatMap()": (call: Call, retry: RetryOptions) =>
    start.flatMap("stage", async (...args) => [await call(...args)], { retry }),
  "an async generator of flatMap()": (call: Call, retry: RetryOptions) =>
    start.flatMap("stage", async function* (...args) {
      yield await call(...args);
    }, { retry }),
  "scan()": (call: Call, retry: RetryOptions) =>
    start.scan("stage", (_total: unknown, ...args) => call(...args), 0, { retry }),
} as const;

for (const [name, build] of Object.entries(CALLS)) {
  test(`retry: an attempt of ${name} that runs when the time for all is over fails then`, async () => {
    await new TestClock().use(async (clock) => {
      let endedAt = -1;
      const signals: AbortSignal[] = [];
      const call: Call = (_item, _index, { signal }) => {
        signals.push(signal);
        return signals.length < 3 ? Promise.reject(busy()) : never();
      };
      const pipeline = build(call, { ...HUNDRED, totalMs: 350 });
      const result = watch(pipeline.executeToArray([5]).finally(() => endedAt = clock.now()));
      await clock.advance(350);

      assertInstanceOf(result.error, StreamingError);
      const { attempts, code, cause } = result.error;
      assertEquals([attempts, code, endedAt], [3, "TimeoutError", 350]);
      assertEquals((cause as Error).message, "No answer within 350 ms of attempts");
      assertEquals(signals.map(({ aborted }) => aborted), [false, false, true]);
      assertEquals(clock.timerCount, 0);
    });
  });
}

test("retry: timeoutMs is the limit of an attempt, totalMs of all", async () => {
  await new TestClock().use(async (clock: TestClock) => {
    const times: number[] = [];
    const call = () => {
      times.push(clock.now());
      return never();
    };
    const options = { retry: { ...HUNDRED, totalMs: 1_000 }, timeoutMs: 300 };
    const result = watch(start.map("stage", call, options).executeToArray([5]));
    await clock.advance(1_000);

    assertInstanceOf(result.error, StreamingError);
    assertEquals([times, result.error.attempts], [[0, 400, 800], 3]);
    assertEquals(clock.timerCount, 0);
  });
});
