// timeoutMs: how long one attempt may take.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  type StageOptions,
  StreamingError,
  StreamingPipeline,
} from "../../mod.ts";
import { createDeferred, type Deferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import type { AnyPipeline } from "./_stages.ts";

const TIMEOUT_MS = 100;
const start = StreamingPipeline.start<number>();

/** Calls that answer when a test says so. */
class Calls {
  readonly answers: Deferred<unknown>[] = [];
  readonly signals: AbortSignal[] = [];

  readonly call = (_item: number, _index: number, { signal }: { signal: AbortSignal }) => {
    const answer = createDeferred<unknown>();
    this.answers.push(answer);
    this.signals.push(signal);
    return answer.promise;
  };
}

type Build = (calls: Calls, options: StageOptions) => AnyPipeline;

const BUILDS: Readonly<Record<string, Build>> = {
  "map()": (calls, options) => start.map("stage", calls.call, options),
  "map() parallel": (calls, options) =>
    start.map("stage", calls.call, { parallel: true, ...options }),
  "map() parallel unordered": (calls, options) =>
    start.map("stage", calls.call, { parallel: true, ordered: false, ...options }),
  "filter()": (calls, options) =>
    start.filter("stage", async (...args) => Boolean(await calls.call(...args)), options),
  "tap()": (calls, options) => start.tap("stage", calls.call, options),
  "flatMap()": (calls, options) =>
    start.flatMap("stage", async (...args) => [await calls.call(...args)], options),
  "flatMap() parallel": (calls, options) =>
    start.flatMap("stage", async (...args) => [await calls.call(...args)], {
      parallel: true,
      ...options,
    }),
  "branch()": (calls, options) => start.branch("stage", () => true, calls.call, () => 0, options),
  "takeWhile()": (calls, options) =>
    start.takeWhile("stage", async (...args) => Boolean(await calls.call(...args)), options),
  "skipWhile()": (calls, options) =>
    start.skipWhile("stage", async (...args) => !await calls.call(...args), options),
  "a streaming step per item": (calls, options) =>
    start.map(
      "stage",
      createStreamingStep<number, unknown>("step", async function* ({ input, signal }) {
        for await (const item of input) yield await calls.call(item, 0, { signal });
      }),
      { parallel: true, ...options },
    ),
};

for (const [name, build] of Object.entries(BUILDS)) {
  test(`timeoutMs: ${name} fails with a TimeoutError when the time is over, and not before`, async () => {
    await new TestClock().use(async (clock) => {
      const calls = new Calls();
      const result = watch(build(calls, { timeoutMs: TIMEOUT_MS }).executeToArray([7]));
      await clock.advance(TIMEOUT_MS - 1);
      assertEquals([result.state, calls.signals[0]!.aborted], ["pending", false]);
      await clock.advance(1);

      assertInstanceOf(result.error, StreamingError);
      const { cause, code, itemIndex, item, attempts, retryable } = result.error;
      assertInstanceOf(cause, DOMException);
      assertEquals(cause.name, "TimeoutError");
      assertEquals([code, itemIndex, item, attempts, retryable], ["TimeoutError", 0, 7, 1, true]);
      assertEquals(clock.timerCount, 0);
    });
  });

  test(`timeoutMs: the signal of ${name} is aborted with the TimeoutError`, async () => {
    await new TestClock().use(async (clock) => {
      const calls = new Calls();
      const result = watch(build(calls, { timeoutMs: TIMEOUT_MS }).executeToArray([7]));
      await clock.advance(TIMEOUT_MS);

      assertInstanceOf(result.error, StreamingError);
      assert(calls.signals[0]!.aborted);
      assertStrictEquals(calls.signals[0]!.reason, result.error.cause);
    });
  });

  test(`timeoutMs: whatever ${name} answers afterwards is handled`, async () => {
    await new TestClock().use(async (clock) => {
      const calls = new Calls();
      const options = { timeoutMs: TIMEOUT_MS, errorStrategy: "SKIP_FAILED" } as const;
      const result = watch(build(calls, options).executeToArray([7, 8, 9]));
      for (let turns = 0; turns < 3; turns++) await clock.advance(TIMEOUT_MS);
      for (const answer of calls.answers) answer.reject(new Error("too late"));
      await clock.advance(0);

      assertEquals([result.value, calls.answers.length, clock.timerCount], [[], 3, 0]);
    });
  });

  test(`timeoutMs: ${name} that answers in time leaves no timer behind`, async () => {
    await new TestClock().use(async (clock) => {
      const calls = new Calls();
      const result = watch(build(calls, { timeoutMs: TIMEOUT_MS }).executeToArray([7]));
      await clock.advance(TIMEOUT_MS - 1);
      calls.answers[0]!.resolve(true);
      await clock.advance(0);

      assertEquals([result.state, clock.timerCount], ["resolved", 0]);
      assertEquals(calls.signals[0]!.aborted, false);
    });
  });

  test(`timeoutMs with retry: ${name} has the time for each attempt, and a signal of its own`, async () => {
    await new TestClock().use(async (clock) => {
      const calls = new Calls();
      const retry = { maxAttempts: 3, backoffMs: 10, jitter: 0 };
      const result = watch(build(calls, { timeoutMs: TIMEOUT_MS, retry }).executeToArray([7]));
      await clock.advance(TIMEOUT_MS + 10);
      assertEquals(calls.signals.map(({ aborted }) => aborted), [true, false]);
      await clock.advance(TIMEOUT_MS + 20);
      assertEquals(calls.signals.map(({ aborted }) => aborted), [true, true, false]);
      await clock.advance(TIMEOUT_MS);

      assertInstanceOf(result.error, StreamingError);
      assertEquals([result.error.attempts, calls.signals.length, clock.now(), clock.timerCount], [
        3,
        3,
        3 * TIMEOUT_MS + 30,
        0,
      ]);
    });
  });

  test(`[L12] timeoutMs: nothing is left of ${name} that ignores an abort of its run`, async () => {
    await new TestClock().use(async (clock) => {
      const calls = new Calls();
      const run = build(calls, { timeoutMs: 60_000 }).run([7], { closeTimeoutMs: 1_000 });
      const result = watch(run[Symbol.asyncIterator]().next());
      await clock.advance(1);
      run.abort("stop");
      await clock.advance(1_000);

      assertEquals([result.error, calls.signals[0]!.aborted], ["stop", true]);
      assertEquals(calls.signals[0]!.reason, "stop");
      assertEquals(clock.timerCount, 0);
    });
  });
}

test("timeoutMs does not touch a function that answers at once", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = start.map("stage", (item) => item + 1, { timeoutMs: 1 });

    assertEquals([await pipeline.executeToArray([1, 2]), clock.timerCount], [[2, 3], 0]);
  });
});

test("timeoutMs holds for a step", async () => {
  await new TestClock().use(async (clock) => {
    const step = createStep("step", (_: { input: number }) => new Promise(() => {}));
    const pipeline = start.map("stage", step, { timeoutMs: TIMEOUT_MS });
    const result = watch(pipeline.executeToArray([1]));
    await clock.advance(TIMEOUT_MS);

    assertInstanceOf(result.error, StreamingError);
    assertEquals([result.error.code, result.error.stepName], ["TimeoutError", "step"]);
  });
});

test("timeoutMs: each item side by side has a time of its own", async () => {
  await new TestClock().use(async (clock) => {
    const calls = new Calls();
    const pipeline = start.map("stage", calls.call, {
      parallel: true,
      timeoutMs: TIMEOUT_MS,
      errorStrategy: "SKIP_FAILED",
    });
    const result = watch(pipeline.executeToArray([1, 2, 3]));
    await clock.advance(TIMEOUT_MS - 1);
    calls.answers[1]!.resolve("two");
    await clock.advance(1);

    assertEquals([result.value, clock.timerCount], [["two"], 0]);
    assertEquals(calls.signals.map(({ aborted }) => aborted), [true, false, true]);
  });
});

for (const [name, build] of Object.entries(BUILDS)) {
  for (const limit of [{ timeoutMs: TIMEOUT_MS }, { retry: { maxAttempts: 2, totalMs: 100 } }]) {
    test(`[L12] ${Object.keys(limit)}: a call of ${name} that closes the run and ignores it leaves no timer`, async () => {
      await new TestClock().use(async (clock) => {
        const controller = new AbortController();
        const call = () => {
          controller.abort();
          return new Promise<never>(() => {});
        };
        const pipeline = build(call as never, limit as never);
        const options = { signal: controller.signal, closeTimeoutMs: TIMEOUT_MS / 2 };
        const result = watch(pipeline.executeToArray([1], options));
        await clock.advance(TIMEOUT_MS / 2);

        assertEquals([result.state, clock.timerCount], ["rejected", 0]);
      });
    });
  }
}
