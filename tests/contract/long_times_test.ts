// Times of any length: what waits for a time waits for all of it, whether it was given or computed,
// in every option, operator and source. A timer of the platform fires at once where it is set to
// more than 2^31 - 1 ms, and the fake clock refuses to be.

import { assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import {
  createStep,
  Pipeline,
  type RetryOptions,
  retrySource,
  StreamingPipeline,
} from "../../mod.ts";
import { delayMs } from "../../src/internal/backoff.ts";
import { MAX_TIMER_MS } from "../../src/internal/clock.ts";
import { resolveRetry } from "../../src/internal/retry_options.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const start = StreamingPipeline.start<number>();
const never = () => new Promise<never>(() => {});

/** An item, and then nothing more. */
async function* oneAndSilence(): AsyncGenerator<number, void, undefined> {
  yield 1;
  await never();
}

/** The first thing that comes out of a live pipeline, which is closed then. */
async function first(items: AsyncGenerator<unknown>): Promise<void> {
  try {
    await items.next();
  } finally {
    await items.return(undefined);
  }
}

async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

/** Fails once, as `error` says. */
function failsOnce(error: object = {}): () => number {
  let calls = 0;
  return () => {
    if (calls++ === 0) throw Object.assign(new Error("once"), { code: "TIMEOUT" }, error);
    return 1;
  };
}

const waiting = (ms: number): RetryOptions => {
  return { maxAttempts: 2, backoffMs: ms, maxBackoffMs: ms, jitter: 0 };
};
const asked = (ms: number): RetryOptions => ({ ...waiting(ms), backoffMs: 0 });

/** What is over `ms` after it has begun, and not before. */
const ROWS: Readonly<Record<string, (ms: number) => Promise<unknown>>> = {
  "timeoutMs of map()": (timeoutMs) => start.map("s", never, { timeoutMs }).executeToArray([1]),
  "timeoutMs of map() parallel": (timeoutMs) =>
    start.map("s", never, { timeoutMs, parallel: true }).executeToArray([1]),
  "timeoutMs of flatMap()": (timeoutMs) =>
    start.flatMap("s", never, { timeoutMs }).executeToArray([1]),
  "timeoutMs of filter()": (timeoutMs) =>
    start.filter("s", never, { timeoutMs }).executeToArray([1]),
  "timeoutMs of distinct()": (timeoutMs) =>
    start.distinct("s", { by: never, timeoutMs }).executeToArray([1]),
  "timeoutMs of a list": async (timeoutMs) =>
    await Pipeline.start<number[]>().map("s", createStep("s", never), { timeoutMs }).execute([1]),
  "backoffMs of map()": (ms) =>
    start.map("s", failsOnce(), { retry: waiting(ms) }).executeToArray([1]),
  "backoffMs of map() parallel": (ms) =>
    start.map("s", failsOnce(), { retry: waiting(ms), parallel: true }).executeToArray([1]),
  "backoffMs of add()": (ms) => {
    const call = failsOnce();
    const step = async function* ({ input }: { input: AsyncIterable<number> }) {
      for await (const _ of input) yield call();
    };
    return start.add("s", step, { retry: waiting(ms) }).executeToArray([1]);
  },
  "backoffMs of a step": (ms) =>
    start.add("s", createStep("s", failsOnce(), { retry: waiting(ms) })).executeToArray([1]),
  "backoffMs of a batch pipeline's step": (ms) =>
    Pipeline.start<number>().add("s", createStep("s", failsOnce(), { retry: waiting(ms) }))
      .execute(1),
  "backoffMs of retrySource()": (ms) => {
    const call = failsOnce();
    return start.executeToArray(retrySource(() => [call()], waiting(ms)));
  },
  "Retry-After in map()": (ms) =>
    start.map("s", failsOnce({ retryAfterMs: ms }), { retry: asked(ms) }).executeToArray([1]),
  "Retry-After in retrySource()": (ms) => {
    const call = failsOnce({ retryAfterMs: ms });
    return start.executeToArray(retrySource(() => [call()], asked(ms)));
  },
  closeTimeoutMs: async (closeTimeoutMs) => {
    const abort = new AbortController();
    const { signal } = abort;
    const run = start.map("s", never).executeToArray([1], { signal, closeTimeoutMs });
    await settle();
    abort.abort();
    await run;
  },
  metricsIntervalMs: async (metricsIntervalMs) => {
    const run = start.run(oneAndSilence(), { metricsIntervalMs });
    const reading = readAll(run);
    const metrics = run.metrics[Symbol.asyncIterator]();
    await metrics.next();
    await run[Symbol.asyncDispose]();
    await reading;
  },
  "throttle()": (intervalMs) =>
    start.throttle("s", { limit: 1, intervalMs }).executeToArray([1, 2]),
  "delay()": (ms) => start.delay("s", ms).executeToArray([1]),
  "debounce()": (ms) => first(start.debounce("s", ms).execute(oneAndSilence())),
  "sample()": (ms) => first(start.sample("s", ms).execute(oneAndSilence())),
  "betweenMs of timeout()": (betweenMs) =>
    start.timeout("s", { betweenMs }).executeToArray(oneAndSilence()),
  "firstMs of timeout()": (firstMs) =>
    start.timeout("s", { betweenMs: 1, firstMs }).executeToArray(
      (async function* () {
        yield await never();
      })(),
    ),
  "maxWaitMs of batch()": (maxWaitMs) =>
    first(start.batch("s", { maxWaitMs }).execute(oneAndSilence())),
  "windowTime() by the clock": (ms) =>
    first(start.windowTime("s", { sizeMs: Math.floor(ms) }).execute(oneAndSilence())),
  "idleMs of groupBy()": (idleMs) => {
    const gather = (group: typeof start) => group.batch("b", 10);
    return first(start.groupBy("s", () => 1, gather, { idleMs }).execute(oneAndSilence()));
  },
};

const LONG_TIMES = fc.oneof(
  fc.constantFrom(2, 100.5, MAX_TIMER_MS, MAX_TIMER_MS + 0.5, 2 ** 31, 2 ** 32, 2 ** 32 + 1),
  fc.integer({ min: 2, max: 40 * MAX_TIMER_MS }),
);

for (const [name, begin] of Object.entries(ROWS)) {
  test(`[L9] ${name} is waited for, however long it is`, async () => {
    await fc.assert(
      fc.asyncProperty(LONG_TIMES, async (ms) => {
        await new TestClock().use(async (clock) => {
          const work = watch(begin(ms));
          await clock.advance(ms - 2);
          assertEquals(work.state, "pending");
          await clock.advance(3);
          assertEquals([work.state === "pending", clock.timerCount], [false, 0]);
        });
      }),
      { numRuns: 12, examples: [[2 ** 31], [2_592_000_000]] },
    );
  });
}

test("[L9] a time that is beyond all timers is waited for, and leaves nothing when it is closed", async () => {
  await new TestClock().use(async (clock) => {
    const run = start.map("s", never, { timeoutMs: Number.MAX_VALUE }).run([1]);
    const reading = watch(run[Symbol.asyncIterator]().next());
    await clock.advance(5 * MAX_TIMER_MS);
    assertEquals([reading.state, clock.timerCount], ["pending", 1]);

    const closing = run.abort(new Error("enough"));
    await clock.advance(5_000);
    await closing;
    assertEquals([reading.state, clock.timerCount], ["rejected", 0]);
  });
});

test("a wait between attempts is a number of at least 0, up to maxBackoffMs", () => {
  const factors = fc.record({
    backoffMs: fc.oneof(
      fc.constant(0),
      fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    ),
    backoffFactor: fc.double({ min: 1, noNaN: true, noDefaultInfinity: true }),
    maxBackoffMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const failed = (number: number) => {
    const lastMs = Number.MAX_VALUE;
    return { number, error: new Error("no"), startMs: 0, waits: { lastMs } };
  };
  fc.assert(
    fc.property(factors, fc.integer({ min: 1, max: 1e6 }), (factors, attempt) => {
      const retry = resolveRetry({ operator: "map" }, { maxAttempts: 2, ...factors });
      const waitMs = delayMs(retry, failed(attempt));
      assertEquals(waitMs >= 0 && waitMs <= factors.maxBackoffMs, true, String(waitMs));
      const decorrelated = { ...retry, jitter: "decorrelated" } as const;
      const otherMs = delayMs(decorrelated, failed(attempt));
      assertEquals(otherMs >= 0 && otherMs <= factors.maxBackoffMs, true, String(otherMs));
    }),
    { examples: [[{ backoffMs: 0, backoffFactor: 2, maxBackoffMs: 1, jitter: 0 }, 2_000]] },
  );
  const retry = resolveRetry({ operator: "map" }, { maxAttempts: 2, backoffMs: 1 });
  assertGreater(delayMs(retry, failed(2_000)), 20_000);
});
