// The hook of `retry` that hears of each attempt that has failed.

import { assertEquals } from "@std/assert";
import {
  createStreamingStep,
  type FailedAttempt,
  Pipeline,
  type RetryOptions,
  retrySource,
  type StreamingError,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { collect } from "../support/collect.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const start = StreamingPipeline.start<number>();
const busy = (number: number) => Object.assign(new Error(`busy ${number}`), { status: 503 });

type Run = (work: () => number, retry: RetryOptions) => Promise<unknown>;

/** Whatever tries again. */
const PLACES: Readonly<Record<string, Run>> = {
  "map()": (work, retry) => start.map("s", work, { retry }).executeToArray([0]),
  "map() side by side": (work, retry) =>
    start.map("s", work, { retry, concurrencyLimit: 2 }).executeToArray([0]),
  "a step over the whole stream": (work, retry) => {
    const step = createStreamingStep<number, number>("step", async function* ({ input }) {
      for await (const _ of input) yield work();
    });
    return start.add("s", step, { retry }).executeToArray([0]);
  },
  "a list": async (work, retry) => {
    const result = await Pipeline.start<number[]>().map("s", work, { retry }).execute([0]);
    if (!result.success) throw result.error.cause;
    return result.data;
  },
  "retrySource()": (work, retry) => collect(retrySource(() => [work()], retry)),
};

for (const [name, run] of Object.entries(PLACES)) {
  test(`onAttempt hears of each attempt that fails: ${name}`, async () => {
    await new TestClock().use(async (clock) => {
      const failed: FailedAttempt[] = [];
      let tries = 0;
      const work = () => {
        tries++;
        if (tries < 3) throw busy(tries);
        return tries;
      };
      const onAttempt = (each: FailedAttempt) => void failed.push(each);
      const result = watch(run(work, { maxAttempts: 5, backoffMs: 10, jitter: 0, onAttempt }));
      await clock.advance(1_000);

      assertEquals(result.value, [3]);
      assertEquals(failed.map(({ number, waitMs }) => [number, waitMs]), [[1, 10], [2, 20]]);
      assertEquals(failed.map(({ error }) => (error as Error).message), ["busy 1", "busy 2"]);
    });
  });

  test(`onAttempt says of the last attempt that none follows: ${name}`, async () => {
    await new TestClock().use(async (clock) => {
      const failed: FailedAttempt[] = [];
      const work = () => {
        throw busy(0);
      };
      const onAttempt = (each: FailedAttempt) => void failed.push(each);
      const result = watch(run(work, { maxAttempts: 2, backoffMs: 10, jitter: 0, onAttempt }));
      await clock.advance(1_000);

      assertEquals(result.state, "rejected");
      assertEquals(failed.map(({ number, waitMs }) => [number, waitMs]), [[1, 10], [2, undefined]]);
      assertEquals(failed.map((each) => "waitMs" in each), [true, false]);
    });
  });
}

test("a promise of onAttempt is waited for before the next attempt", async () => {
  await new TestClock().use(async (clock) => {
    let calls = 0;
    const work = () => {
      calls++;
      throw busy(calls);
    };
    const onAttempt = () => new Promise<void>((resolve) => void clock.schedule(resolve, 500));
    const retry = { maxAttempts: 2, backoffMs: 10, jitter: 0, onAttempt };
    const result = watch(start.map("s", work, { retry }).executeToArray([0]));
    await clock.advance(505);
    assertEquals(calls, 1);
    await clock.advance(1_000);

    assertEquals([calls, result.state, clock.timerCount], [2, "rejected", 0]);
  });
});

for (const how of ["throws", "rejects"]) {
  test(`an onAttempt that ${how} fails the item, beside the error of the attempt`, async () => {
    const onAttempt = () => {
      if (how === "throws") throw new Error("the hook");
      return Promise.reject(new Error("the hook"));
    };
    const work = () => {
      throw busy(1);
    };
    const retry = { maxAttempts: 5, backoffMs: 1, onAttempt };
    const result = watch(start.map("s", work, { retry }).executeToArray([0]));
    await settle();

    const error = result.error as StreamingError;
    assertEquals([(error.cause as Error).message, error.attempts], ["busy 1", 1]);
    assertEquals(error.suppressed.map((each) => (each as Error).message), ["the hook"]);
  });
}

test("onAttempt hears nothing of an attempt that was aborted, and keeps no run", async () => {
  const heard: unknown[] = [];
  const controller = new AbortController();
  const work = () => {
    controller.abort(new Error("enough"));
    throw busy(1);
  };
  const retry = {
    maxAttempts: 5,
    backoffMs: 1,
    onAttempt: (failed: unknown) => heard.push(failed),
  };
  const { signal } = controller;
  const result = watch(start.map("s", work, { retry }).executeToArray([0], { signal }));
  await settle();

  assertEquals([result.state, heard], ["rejected", []]);
});
