import { assertEquals, assertGreater, assertLessOrEqual, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import {
  adaptive,
  type AdaptiveOptions,
  type ConcurrencyPolicy,
  policy,
} from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { httpError, range, Service } from "./_service.ts";

/** Makes as many calls as the limit says, which all succeed or fail at one moment: a round. */
async function round(limit: ConcurrencyPolicy, call: () => unknown): Promise<number> {
  await Promise.allSettled(range(limit.limit).map(() => limit.run(call)));
  return limit.limit;
}

const succeed = () => Promise.resolve("answer");
const refuse = () => Promise.reject(httpError(429));

test("adaptive() doubles its limit each round until it falls, and then grows by one", async () => {
  await new TestClock().use(async () => {
    const limit = adaptive({ min: 1, max: 100 });
    const limits = [];
    for (const _ of range(5)) limits.push(await round(limit, succeed));
    assertEquals(limits, [2, 4, 8, 16, 32]);

    assertEquals(await round(limit, refuse), 22, "0.7 of 32");
    assertEquals(await round(limit, succeed), 23);
    assertEquals(await round(limit, succeed), 24);
  });
});

test("adaptive() stays between its bounds", async () => {
  await new TestClock().use(async () => {
    const limit = adaptive({ min: 3, max: 10 });
    for (const _ of range(5)) await round(limit, succeed);
    assertEquals(limit.limit, 10);
    for (const _ of range(9)) await round(limit, refuse);
    assertEquals(limit.limit, 3);
  });
});

test("adaptive() falls once for all refusals of calls that began before it fell", async () => {
  await new TestClock().use(async (clock) => {
    const limit = adaptive({ min: 1, max: 64 });
    for (const _ of range(5)) await round(limit, succeed);
    const service = new Service(clock);
    const calls = range(32).map(() =>
      watch(limit.run(async () => {
        await service.hold("busy");
        throw httpError(503);
      }))
    );
    await settle();
    for (const _ of calls) service.release();
    await settle();

    assertEquals([calls.every(({ state }) => state === "rejected"), limit.limit], [true, 22]);
  });
});

const OVERLOADS: Readonly<Record<string, () => Promise<unknown>>> = {
  "HTTP 429": refuse,
  "HTTP 503": () => Promise.reject(httpError(503)),
  "HTTP 529": () => Promise.reject(httpError(529)),
  "a time limit": () => Promise.reject(new DOMException("late", "TimeoutError")),
  "ETIMEDOUT": () => Promise.reject(Object.assign(new Error("late"), { code: "ETIMEDOUT" })),
  "a response with status 429": () => Promise.resolve(new Response("", { status: 429 })),
};
const OTHERS: typeof OVERLOADS = {
  "HTTP 500": () => Promise.reject(httpError(500)),
  "HTTP 404": () => Promise.reject(httpError(404)),
  "any other error": () => Promise.reject(new Error("no")),
};

for (const [name, call] of Object.entries({ ...OVERLOADS, ...OTHERS })) {
  const falls = name in OVERLOADS;

  test(`adaptive() ${falls ? "falls" : "stays as it is"} for ${name}`, async () => {
    await new TestClock().use(async () => {
      const limit = adaptive({ min: 1, max: 64 });
      for (const _ of range(4)) await round(limit, succeed);
      assertEquals(await round(limit, call), falls ? 11 : 16);
    });
  });
}

test("adaptive() falls with rising latency, in proportion, to a half at most", async () => {
  await new TestClock().use(async (clock) => {
    const rise = async (factor: number) => {
      const limit = adaptive({ min: 1, max: 64 });
      const service = new Service(clock);
      for (const _ of range(6)) await during(clock, round(limit, () => service.answerIn(100)(0)));
      assertEquals(limit.limit, 64);
      return await during(clock, round(limit, () => service.answerIn(100 * factor)(0)));
    };

    assertEquals(await rise(1.4), 64);
    assertEquals(await rise(2), 48);
    assertEquals(await rise(10), 32);
  });
});

/** What comes of work that needs some time. */
async function during<T>(
  clock: { advance(ms: number): Promise<void> },
  work: Promise<T>,
): Promise<T> {
  await clock.advance(10_000);
  return await work;
}

test("adaptive() does not grow where its limit is not made use of", async () => {
  await new TestClock().use(async () => {
    const limit = adaptive({ min: 8, max: 64 });
    for (const _ of range(100)) await limit.run(succeed);
    assertEquals(limit.limit, 8);
  });
});

test("[L2] adaptive() as concurrencyLimit has as many calls run as its limit, and finds what a service takes", async () => {
  await new TestClock().use(async (clock) => {
    for (const ordered of [true, false]) {
      const limit = adaptive({ min: 1, max: 100 });
      const service = new Service(clock);
      let refused = 0;
      const most: number[] = [];
      const work = (item: number) => {
        if (service.running >= 20) {
          refused++;
          return Promise.reject(httpError(429));
        }
        const answer = service.answerIn(100)(item);
        most.push(service.running - limit.limit);
        return answer;
      };
      const retry = { maxAttempts: 20, backoffMs: 10 };
      const pipeline = StreamingPipeline.start<number>()
        .map("s", work, { concurrencyLimit: limit, ordered, retry });
      const result = watch(pipeline.executeToArray(range(2_000)));
      await clock.advance(1e6);

      assertEquals([result.state, result.value?.length], ["resolved", 2_000]);
      assertLessOrEqual(Math.max(...most), 0);
      // It comes back to what the service takes again and again, and no more often than that.
      assertGreater(service.peak, 18);
      assertLessOrEqual(refused, 2_000 / 20);
      assertEquals([limit.metrics.runningCount, clock.timerCount], [0, 0]);
    }
  });
});

test("two stages that share an adaptive limit have no more calls run together", async () => {
  await new TestClock().use(async (clock) => {
    const limit = adaptive({ min: 4, max: 4 });
    const service = new Service(clock);
    const work = (item: number) => service.answerIn(10)(item);
    const pipeline = StreamingPipeline.start<number>()
      .map("a", work, { concurrencyLimit: limit })
      .flatMap("b", async (item) => [await work(item)], { concurrencyLimit: limit });
    const result = watch(pipeline.executeToArray(range(50)));
    await clock.advance(1e5);

    assertEquals([result.state, service.peak, service.calls.length], ["resolved", 4, 100]);
    const [step] = (await pipeline.getMetadata()).steps;
    assertEquals(step?.policy?.limit, 4);
  });
});

test("adaptive() shows its limit and its latency", async () => {
  await new TestClock().use(async (clock) => {
    const limit = adaptive({ min: 2, max: 64 });
    const service = new Service(clock);
    await during(clock, round(limit, () => service.answerIn(100)(0)));

    const [metrics] = policy(limit).metrics.parts;
    assertEquals(metrics, {
      kind: "adaptive",
      limit: 4,
      min: 2,
      max: 64,
      latencyMs: 100,
      waitingCount: 0,
      runningCount: 0,
      startedCount: 2,
      refusedCount: 0,
    });
  });
});

test("[L9] adaptive() checks its options at once", () => {
  const make = (options: unknown) => () => adaptive(options as AdaptiveOptions);

  assertThrows(make({ min: 0, max: 1 }), RangeError, "min must be a positive integer, got 0");
  assertThrows(make({ min: 1, max: 1.5 }), RangeError, "max must be a positive integer, got 1.5");
  assertThrows(
    make({ min: 2, max: 1 }),
    RangeError,
    "Cannot make an adaptive limit: max must be at least min, got 1 and 2",
  );
});
