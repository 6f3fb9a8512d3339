import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PolicyError, rateLimit, type RateLimitOptions } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { findTooMuch, range, Service } from "./_service.ts";

/** When calls of these costs begin, all of which come at once. */
function timesOf(options: RateLimitOptions<number>, costs: readonly number[]): Promise<number[]> {
  return new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit(options);
    const calls = costs.map((cost) => limit.run(() => service.answer(cost), { input: cost }));
    await clock.advance(1e6);
    await Promise.all(calls);
    assertEquals(clock.timerCount, 0);
    return service.times;
  });
}

test("rateLimit() lets as many begin at once as the limit, and the next when the interval is over", async () => {
  assertEquals(await timesOf({ limit: 2, intervalMs: 100 }, [1, 1, 1, 1, 1]), [
    0,
    0,
    100,
    100,
    200,
  ]);
});

test("rateLimit() counts what calls cost", async () => {
  const options = { limit: 10, intervalMs: 100, cost: Number };

  assertEquals(await timesOf(options, [6, 4, 0, 1, 9, 10]), [0, 0, 0, 100, 100, 200]);
});

test("rateLimit() holds a limit of billions to the last unit", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const bytes = rateLimit({ limit: 4e9, intervalMs: 100, cost: Number });
    for (const input of [4e9 - 1, 1, 1]) bytes.run(() => service.answer(input), { input });
    await clock.advance(1_000);

    assertEquals(service.times, [0, 0, 100]);
  });
});

test("rateLimit() spaces calls evenly with smooth, by what they cost", async () => {
  const options = { limit: 4, intervalMs: 100, smooth: true };

  assertEquals(await timesOf(options, [1, 1, 1, 1, 1]), [0, 25, 50, 75, 100]);
  assertEquals(await timesOf({ ...options, cost: Number }, [2, 1, 4, 1]), [0, 50, 150, 250]);
});

test("rateLimit() holds its limit in every interval, lets none pass another, and waits for nothing else", async () => {
  const call = fc.record({ gapMs: fc.integer({ min: 0, max: 60 }), cost: fc.nat(5) });
  const rate = fc.record({ limit: fc.integer({ min: 5, max: 9 }), smooth: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 25 }), rate, async (calls, { limit, smooth }) => {
      await new TestClock().use(async (clock) => {
        const options = { limit, intervalMs: 100, smooth };
        const service = new Service(clock);
        const policy = rateLimit({ ...options, cost: ({ cost }: { cost: number }) => cost });
        const began: (readonly [atMs: number, cost: number])[] = [];
        const arrived: number[] = [];
        for (const input of calls) {
          await clock.advance(input.gapMs);
          arrived.push(clock.now());
          policy.run(() => {
            service.answer(input);
            began.push([clock.now(), input.cost]);
          }, { input });
        }
        await clock.advance(1e6);

        assertEquals(service.inputs, calls);
        assertEquals(findTooMuch(began, options), undefined);
        for (const [at, [beganMs, cost]] of began.entries()) {
          const least = leastStart(began.slice(0, at), {
            ...options,
            cost,
            arrivedMs: arrived[at]!,
          });
          assertEquals(Math.abs(beganMs - least) < 1e-6, true, `${beganMs} and not ${least}`);
        }
      });
    }),
    { numRuns: 60 },
  );
});

/** The first moment at which a call may begin after these. */
function leastStart(
  before: readonly (readonly [atMs: number, cost: number])[],
  { limit, intervalMs, smooth, cost, arrivedMs }: {
    limit: number;
    intervalMs: number;
    smooth: boolean;
    cost: number;
    arrivedMs: number;
  },
): number {
  const [lastMs, lastCost] = before.at(-1) ?? [-Infinity, 0];
  const gapMs = smooth ? intervalMs * lastCost / limit : 0;
  const earliest = Math.max(arrivedMs, lastMs + gapMs);
  const candidates = [earliest, ...before.map(([atMs]) => atMs + intervalMs)]
    .filter((atMs) => atMs >= earliest).sort((a, b) => a - b);
  return candidates.find((atMs) => {
    const used = before.filter(([startMs]) => startMs + intervalMs > atMs + 1e-9);
    return used.reduce((sum, [, used]) => sum + used, 0) + cost <= limit;
  })!;
}

test("rateLimit() has a limit for each key, and lets keys pass each other", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 1, intervalMs: 100, key: (url: string) => url[0] });
    for (const input of ["a1", "a2", "b1", "a3", "b2"]) {
      limit.run(() => service.answer(input), { input });
    }
    limit.run(() => service.answer("said"), { key: "b" });
    await clock.advance(1_000);

    const calls = service.calls.map(({ input, atMs }) => `${input} ${atMs}`);
    assertEquals(calls.filter((call) => call.startsWith("a")), ["a1 0", "a2 100", "a3 200"]);
    assertEquals(calls.filter((call) => !call.startsWith("a")), ["b1 0", "b2 100", "said 200"]);
    assertEquals(clock.timerCount, 0);
  });
});

test("rateLimit() refuses a call that costs more than its limit, and does not make it", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 10, intervalMs: 100, cost: Number });

    const refused = limit.run(() => service.answer(11), { input: 11 });
    const error = await assertRejects(() => refused, PolicyError);

    assertEquals([error.code, error.retryable], ["COST_EXCEEDS_LIMIT", false]);
    assertEquals(error.message, "A call costs 11, and 10 is the most in an interval");
    assertEquals([service.calls, limit.metrics.refusedCount], [[], 1]);
  });
});

test("rateLimit() fails where a cost is no number", async () => {
  const limit = rateLimit({ limit: 10, intervalMs: 100, cost: Number });

  for (const input of [NaN, -1, Infinity]) {
    const message = `A call's cost must be a non-negative number, got ${input}`;
    await assertRejects(() => limit.run(() => {}, { input }), RangeError, message);
  }
  await assertRejects(() => limit.run(() => {}, { cost: -1 }), RangeError, "got -1");
  await limit.run(() => {}, { input: NaN, cost: 10 });
  // Also where each call costs 1, and what is said of it has no effect.
  const plain = rateLimit({ limit: 10, intervalMs: 100 });
  for (const cost of [NaN, -1, Infinity, "2"]) {
    await assertRejects(() => plain.run(() => {}, { cost: cost as number }), Error, "cost must be");
  }
});

test("[L12] rateLimit() ends a wait when its signal is aborted, and the next goes on in its place", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 4, intervalMs: 100, cost: Number });
    const controller = new AbortController();
    const { signal } = controller;
    limit.run(() => service.answer("first"), { input: 3 });
    const large = watch(limit.run(() => service.answer("large"), { input: 4, signal }));
    const small = watch(limit.run(() => service.answer("small"), { input: 1 }));
    await settle();
    assertEquals([large.state, small.state, clock.timerCount], ["pending", "pending", 1]);

    const reason = new Error("enough");
    controller.abort(reason);
    await settle();

    assertEquals([large.error, small.state], [reason, "resolved"]);
    assertEquals(service.inputs, ["first", "small"]);
    assertEquals([clock.timerCount, limit.metrics.waitingCount], [0, 0]);
  });
});

test("rateLimit() refuses to begin for a signal that is aborted already", async () => {
  const limit = rateLimit({ limit: 4, intervalMs: 100 });
  const signal = AbortSignal.abort(new Error("enough"));

  await assertRejects(() => limit.run(() => {}, { signal }), Error, "enough");
  assertEquals(limit.metrics.startedCount, 0);
});

test("rateLimit() rejects those that wait where no timer can be had", async () => {
  await new TestClock().use(async (clock) => {
    const limit = rateLimit({ limit: 1, intervalMs: 100 });
    const { schedule } = clock;
    await limit.run(() => {});
    Object.assign(clock, {
      schedule() {
        throw new Error("no timers");
      },
    });
    await assertRejects(() => limit.run(() => {}), Error, "no timers");
    Object.assign(clock, { schedule });
    const next = watch(limit.run(() => {}));
    await clock.advance(100);

    assertEquals([next.state, limit.metrics.waitingCount, clock.timerCount], ["resolved", 0, 0]);
  });
});

test("[L9] rateLimit() checks its options at once", () => {
  const make = (options: unknown) => () => rateLimit(options as RateLimitOptions);

  for (const limit of [0, -1, 1.5, NaN, Infinity, "3", undefined]) {
    const shown = typeof limit === "string" ? `"${limit}"` : limit;
    const message = `Cannot call rateLimit: limit must be a positive integer, got ${shown}`;
    assertThrows(make({ limit, intervalMs: 1 }), RangeError, message);
  }
  assertThrows(make({ limit: 1, intervalMs: 0 }), RangeError, "intervalMs must be a finite number");
  assertThrows(make({ limit: 1, intervalMs: 1, cost: 1 }), TypeError, "cost must be a function");
  assertThrows(make({ limit: 1, intervalMs: 1, key: 1 }), TypeError, "key must be a function");
  assertThrows(make({ limit: 1, intervalMs: 1, smooth: 1 }), TypeError, "smooth must be a boolean");
  assertThrows(make({ limit: 1, interval: 1 }), TypeError, `Did you mean intervalMs?`);
  assertThrows(make(undefined), TypeError, "options must be an object");
});

/** How often the clock is looked at, and a timer is set, for each of so many calls. */
async function costOfWaiting(count: number): Promise<number> {
  return await new TestClock().use(async (clock) => {
    const limit = rateLimit({ limit: 10, intervalMs: 100 });
    for (const _ of range(count)) limit.run(() => {});
    await settle();
    const looks = countLooks(clock);
    await clock.advance(5_000);
    return (looks.count + clock.delays.length) / limit.metrics.startedCount;
  });
}

function countLooks(clock: TestClock): { count: number } {
  const looks = { count: 0 };
  const { now } = clock;
  Object.assign(clock, {
    now() {
      looks.count++;
      return now.call(clock);
    },
  });
  return looks;
}

test("[L11] rateLimit() looks at a call as often with 100,000 that wait as with 1,000", async () => {
  const few = await costOfWaiting(1_000);
  const many = await costOfWaiting(100_000);

  assertEquals(many <= few * 1.1, true, `${many} looks, and ${few} where few wait`);
});

test("rateLimit() has one timer, however many wait, and none when nothing does", async () => {
  await new TestClock().use(async (clock) => {
    const limit = rateLimit({ limit: 1, intervalMs: 100, key: Number });
    const all = range(1_000).map((input) => limit.run(() => {}, { input: input % 10 }));
    await settle();
    assertEquals(clock.timerCount, 1);
    await clock.advance(1e5);

    await Promise.all(all);
    assertEquals([clock.timerCount, limit.metrics.waitingCount], [0, 0]);
  });
});
