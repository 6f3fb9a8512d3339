import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import {
  circuitBreaker,
  type CircuitBreakerMetrics,
  type CircuitBreakerOptions,
  type Policy,
  policy,
  PolicyError,
  rateLimit,
  semaphore,
} from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { httpError, range, Service } from "./_service.ts";

const OPTIONS = { failureRate: 0.5, minimumCalls: 4, openMs: 1_000 };

function stateOf(breaker: Policy<never>): CircuitBreakerMetrics["state"] {
  return (breaker.metrics.parts[0] as CircuitBreakerMetrics).state;
}

const succeed = () => Promise.resolve("answer");
const fail = () => Promise.reject(new Error("down"));

/** Makes so many calls that fail, one after the other. */
async function failTimes(breaker: Policy, times: number): Promise<void> {
  for (const _ of range(times)) await assertRejects(() => breaker.run(fail), Error, "down");
}

test("circuitBreaker() opens when as many of the last calls have failed, and not before there were enough", async () => {
  await new TestClock().use(async () => {
    const breaker = circuitBreaker(OPTIONS);
    await failTimes(breaker, 3);
    assertEquals(stateOf(breaker), "closed");
    await failTimes(breaker, 1);
    assertEquals(stateOf(breaker), "open");

    const other = circuitBreaker(OPTIONS);
    for (const call of [succeed, succeed, succeed, fail, succeed, fail]) {
      await other.run(call).catch(() => {});
      assertEquals(
        stateOf(other),
        call === fail && other.metrics.startedCount === 6 ? "open" : "closed",
      );
    }
  });
});

test("an isFailure that throws fails its call, and leaves no other one waiting", async () => {
  const limit = semaphore(1);
  const isFailure = () => {
    throw new Error("no idea");
  };
  // A rule that comes after the breaker is left as well, and what waits for it is let in.
  const guarded = policy(circuitBreaker({ ...OPTIONS, isFailure }), limit);
  const failing = guarded.run(fail);
  const next = limit.run(succeed);
  const error = await assertRejects(() => failing, AggregateError, "and so has isFailure");
  const answered = guarded.run(() => new Response(null, { status: 500 }));

  assertEquals(error.errors.map(({ message }) => message), ["down", "no idea"]);
  await assertRejects(() => answered, Error, "no idea");
  assertEquals([await next, await limit.run(succeed)], ["answer", "answer"]);
  assertEquals(guarded.metrics.runningCount, 0);
});

test("circuitBreaker() is open when the share of the last calls says so, whatever came before", () => {
  const calls = fc.array(fc.boolean(), { maxLength: 30 });
  const rules = fc.record({
    failureRate: fc.constantFrom(0.1, 0.5, 1),
    minimumCalls: fc.integer({ min: 1, max: 6 }),
  });
  return fc.assert(
    fc.asyncProperty(calls, rules, async (calls, rules) => {
      const breaker = circuitBreaker({ ...rules, openMs: 1_000 });
      for (const [at, fails] of calls.entries()) {
        await breaker.run(fails ? fail : succeed).catch(() => {});
        const last = calls.slice(0, at + 1).slice(-rules.minimumCalls);
        const isOpen = last.length === rules.minimumCalls &&
          last.filter(Boolean).length / last.length >= rules.failureRate;
        assertEquals(stateOf(breaker), isOpen ? "open" : "closed");
        if (isOpen) return;
      }
    }),
  );
});

test("circuitBreaker() makes no call while it is open, and says for how long", async () => {
  await new TestClock().use(async (clock) => {
    const breaker = circuitBreaker(OPTIONS);
    await failTimes(breaker, 4);
    await clock.advance(400);
    let calls = 0;

    const error = await assertRejects(() => breaker.run(() => calls++), PolicyError);

    assertEquals([error.code, error.retryable, error.retryAfterMs], ["CIRCUIT_OPEN", true, 600]);
    assertEquals([calls, breaker.metrics.refusedCount, clock.timerCount], [0, 1, 0]);
  });
});

/** A breaker that is half open, and the one call that it makes. */
async function halfOpen(clock: TestClock, options: Partial<CircuitBreakerOptions> = {}) {
  const breaker = circuitBreaker({ ...OPTIONS, ...options });
  await failTimes(breaker, 4);
  await clock.advance(1_000);
  const service = new Service(clock);
  const trial = watch(breaker.run(() => service.hold("trial")));
  const others = range(3).map((at) => watch(breaker.run(() => service.answer(at))));
  await settle();
  assertEquals([stateOf(breaker), service.inputs], ["halfOpen", ["trial"]]);
  return { breaker, service, trial, others };
}

test("circuitBreaker() makes one call when its time is over; the others go on when that succeeds", async () => {
  await new TestClock().use(async (clock) => {
    const { breaker, service, others } = await halfOpen(clock);
    assertEquals(others.map(({ state }) => state), ["pending", "pending", "pending"]);
    service.release();
    await settle();

    assertEquals(stateOf(breaker), "closed");
    assertEquals(service.inputs, ["trial", 0, 1, 2]);
    await failTimes(breaker, 1);
    assertEquals(stateOf(breaker), "closed", "what failed before the trial counts no more");
  });
});

test("circuitBreaker() is open again when that call fails, and refuses the others", async () => {
  await new TestClock().use(async (clock) => {
    const breaker = circuitBreaker(OPTIONS);
    await failTimes(breaker, 4);
    await clock.advance(1_000);
    const trial = watch(breaker.run(fail));
    const others = range(3).map(() => watch(breaker.run(succeed)));
    await settle();

    assertEquals([stateOf(breaker), trial.state], ["open", "rejected"]);
    assertEquals(
      others.map(({ error }) => (error as PolicyError).code),
      Array(3).fill("CIRCUIT_OPEN"),
    );
    await clock.advance(999);
    await assertRejects(() => breaker.run(succeed), PolicyError);
    await clock.advance(1);
    assertEquals(await breaker.run(succeed), "answer");
  });
});

test("circuitBreaker() makes another call where the one of the half open state was aborted", async () => {
  await new TestClock().use(async (clock) => {
    const breaker = circuitBreaker(OPTIONS);
    await failTimes(breaker, 4);
    await clock.advance(1_000);
    const controller = new AbortController();
    const trial = watch(
      breaker.run(
        (signal) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
        { signal: controller.signal },
      ),
    );
    const next = watch(breaker.run(succeed));
    controller.abort(new Error("enough"));
    await settle();

    assertEquals([trial.state, next.value, stateOf(breaker)], ["rejected", "answer", "closed"]);
  });
});

test("circuitBreaker() counts nothing of calls that began before it changed", async () => {
  await new TestClock().use(async (clock) => {
    const breaker = circuitBreaker(OPTIONS);
    const service = new Service(clock);
    const late = range(4).map(() =>
      watch(breaker.run(async () => {
        await service.hold("late");
        throw new Error("late");
      }))
    );
    await failTimes(breaker, 4);
    await clock.advance(1_000);
    await breaker.run(succeed);
    for (const _ of late) service.release();
    await settle();

    assertEquals(late.map(({ state }) => state), Array(4).fill("rejected"));
    assertEquals(stateOf(breaker), "closed");
  });
});

test('circuitBreaker({ whenOpen: "wait" }) keeps calls in line, and lets them go on when it is closed', async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const breaker = circuitBreaker({ ...OPTIONS, whenOpen: "wait" });
    await failTimes(breaker, 4);
    const calls = range(3).map((at) => watch(breaker.run(() => service.answerIn(100)(at))));
    await clock.advance(500);
    assertEquals([service.calls, breaker.metrics.waitingCount, clock.timerCount], [[], 3, 1]);
    await clock.advance(5_000);

    assertEquals(calls.map(({ value }) => value), [0, 1, 2]);
    assertEquals(service.times, [1_000, 1_100, 1_100]);
    assertEquals([breaker.metrics.waitingCount, clock.timerCount], [0, 0]);
  });
});

test("retry waits for a circuit to close, and no call is made meanwhile", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const breaker = circuitBreaker(OPTIONS);
    const work = (item: number) => {
      service.answer(item);
      return clock.now() < 900 ? fail() : Promise.resolve(item);
    };
    const retry = { maxAttempts: 5, backoffMs: 1, shouldRetry: () => true };
    const pipeline = StreamingPipeline.start<number>()
      .map("s", work, { concurrencyLimit: 4, retry, policy: breaker });

    const result = watch(pipeline.executeToArray(range(4)));
    await clock.advance(1e5);

    assertEquals(result.value, range(4));
    assertEquals(service.times.filter((atMs) => atMs < 1_000).length, 4);
  });
});

const caused = (error: Error, status: number) => () =>
  Promise.reject(Object.assign(error, { cause: httpError(status) }));
const FAILURES: readonly (readonly [what: string, outcome: () => unknown, counts: boolean])[] = [
  ["an error without a status", () => Promise.reject(new Error("no")), true],
  ["HTTP 500", () => Promise.reject(httpError(500)), true],
  ["HTTP 429", () => Promise.reject(httpError(429)), true],
  ["HTTP 408", () => Promise.reject(httpError(408)), true],
  ["HTTP 400", () => Promise.reject(httpError(400)), false],
  ["HTTP 404 below another error", caused(new Error("no"), 404), false],
  ["HTTP 502 above HTTP 404", caused(httpError(502), 404), true],
  ["HTTP 200, of an answer that cannot be used", () => Promise.reject(httpError(200)), true],
  ["a response with status 503", () => new Response("", { status: 503 }), true],
  ["a response with status 404", () => new Response("", { status: 404 }), false],
  ["an answer that looks like a failure", () => ({ status: 500 }), false],
];

for (const [what, outcome, counts] of FAILURES) {
  test(`circuitBreaker() ${counts ? "counts" : "does not count"} ${what} as a failure`, async () => {
    const breaker = circuitBreaker({ ...OPTIONS, minimumCalls: 1 });
    await breaker.run(outcome).catch(() => {});

    assertEquals(stateOf(breaker), counts ? "open" : "closed");
  });
}

test("circuitBreaker() asks isFailure, where it is given", async () => {
  const isFailure = (error: unknown) => (error as Error).message === "down";
  const breaker = circuitBreaker({ ...OPTIONS, minimumCalls: 1, isFailure });
  await assertRejects(() => breaker.run(() => Promise.reject(httpError(500))));
  assertEquals(stateOf(breaker), "closed");
  await assertRejects(() => breaker.run(fail));
  assertEquals(stateOf(breaker), "open");
});

test("circuitBreaker() counts a call whose time is over, and none that was aborted", async () => {
  const hang = (signal: AbortSignal) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  for (const [name, state] of [["TimeoutError", "open"], ["AbortError", "closed"]] as const) {
    const breaker = circuitBreaker({ ...OPTIONS, minimumCalls: 1 });
    const controller = new AbortController();
    const call = watch(breaker.run(hang, { signal: controller.signal }));
    controller.abort(new DOMException("over", name));
    await settle();

    assertEquals([call.state, stateOf(breaker)], ["rejected", state]);
  }
});

test("circuitBreaker() has a breaker for each key", async () => {
  await new TestClock().use(async () => {
    const breaker = circuitBreaker({ ...OPTIONS, key: (host: string) => host });
    for (const _ of range(4)) {
      await assertRejects(() => breaker.run(fail, { input: "a" }), Error, "down");
    }
    await assertRejects(() => breaker.run(succeed, { input: "a" }), PolicyError);

    assertEquals(await breaker.run(succeed, { input: "b" }), "answer");
    const [metrics] = breaker.metrics.parts as [CircuitBreakerMetrics];
    assertEquals([metrics.state, metrics.openCount], ["open", 1]);
  });
});

test("the figures of circuitBreaker() can be read, however many keys it has", async () => {
  const breaker = circuitBreaker({ ...OPTIONS, key: (host: number) => host });
  let answer = () => {};
  const held = new Promise<void>((resolve) => answer = resolve);
  const running = range(150_000).map((host) => breaker.run(() => held, { input: host }));

  const { parts: [metrics], runningCount } = breaker.metrics;

  assertEquals([metrics!.kind, runningCount], ["circuitBreaker", running.length]);
  answer();
  await Promise.all(running);
});

test("circuitBreaker() stays open as long as the service has asked for", async () => {
  await new TestClock().use(async (clock) => {
    const breaker = circuitBreaker({ ...OPTIONS, minimumCalls: 1 });
    const error = httpError(503, { "retry-after": "5" });
    await assertRejects(() => breaker.run(() => Promise.reject(error)));
    await clock.advance(4_999);
    await assertRejects(() => breaker.run(succeed), PolicyError);
    await clock.advance(1);

    assertEquals(await breaker.run(succeed), "answer");
  });
});

test("a call that a breaker refuses uses nothing up of other rules", async () => {
  await new TestClock().use(async () => {
    const limit = rateLimit({ limit: 5, intervalMs: 1_000 });
    const provider = policy(limit, circuitBreaker({ ...OPTIONS, minimumCalls: 4 }));
    await failTimes(provider, 4);
    for (const _ of range(9)) await assertRejects(() => provider.run(succeed), PolicyError);

    const [metrics] = limit.metrics.parts;
    assertEquals(metrics?.kind === "rateLimit" && metrics.used, 4);
  });
});

test("[L9] circuitBreaker() checks its options at once", () => {
  const make = (options: unknown) => () => circuitBreaker(options as CircuitBreakerOptions);

  for (const failureRate of [0, -1, 1.1, NaN]) {
    assertThrows(make({ ...OPTIONS, failureRate }), RangeError, `got ${failureRate}`);
  }
  assertThrows(make({ ...OPTIONS, minimumCalls: 0 }), RangeError, "minimumCalls must be");
  assertThrows(make({ ...OPTIONS, openMs: 0 }), RangeError, "openMs must be");
  assertThrows(make({ ...OPTIONS, whenOpen: "waits" }), TypeError, `Did you mean wait?`);
  assertThrows(make({ ...OPTIONS, key: 1 }), TypeError, "key must be a function");
  assertThrows(make({ ...OPTIONS, isFailure: 1 }), TypeError, "isFailure must be a function");
});
