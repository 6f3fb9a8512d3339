import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { policy, rateLimit, semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { findTooMuch, range, Service } from "./_service.ts";

test("policy() uses nothing up of one rule while another keeps a call waiting", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const rate = rateLimit({ limit: 2, intervalMs: 100 });
    const slow = policy(semaphore(1), rate);
    slow.run(() => service.hold("slow 1"));
    slow.run(() => service.hold("slow 2"));
    slow.run(() => service.hold("slow 3"));
    rate.run(() => service.answer("other"));
    await settle();

    // Those that wait for the semaphore have taken nothing of the rate.
    assertEquals(service.inputs, ["slow 1", "other"]);
    await clock.advance(150);
    service.release();
    await settle();
    assertEquals(service.calls.at(-1), { input: "slow 2", atMs: 150 });
  });
});

test("policy() holds every limit at the moment at which calls begin, not at which they came", async () => {
  const call = fc.record({
    gapMs: fc.integer({ min: 0, max: 40 }),
    cost: fc.integer({ min: 1, max: 5 }),
    takesMs: fc.integer({ min: 0, max: 80 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { maxLength: 25 }),
      fc.constantFrom(1, 2, 5),
      async (calls, places) => {
        await new TestClock().use(async (clock) => {
          const service = new Service(clock);
          const requests = { limit: 3, intervalMs: 70 };
          const tokens = { limit: 7, intervalMs: 110 };
          const provider = policy(
            rateLimit(requests),
            semaphore(places),
            rateLimit({ ...tokens, cost: ({ cost }: { cost: number }) => cost }),
          );
          const outcomes = [];
          for (const input of calls) {
            await clock.advance(input.gapMs);
            outcomes.push(
              watch(provider.run(() => service.answerIn(input.takesMs)(input), { input })),
            );
          }
          await clock.advance(1e5);

          assertEquals(outcomes.every(({ state }) => state === "resolved"), true);
          assertEquals(service.inputs, calls);
          assertEquals(service.peak <= places, true);
          assertEquals(findTooMuch(service.times.map((atMs) => [atMs, 1]), requests), undefined);
          const spent = calls.map(({ cost }, at) => [service.times[at]!, cost] as const);
          assertEquals(findTooMuch(spent, tokens), undefined);
          const { waitingCount, runningCount, startedCount } = provider.metrics;
          assertEquals([waitingCount, runningCount, startedCount], [0, 0, calls.length]);
          assertEquals(clock.timerCount, 0);
        });
      },
    ),
    { numRuns: 60 },
  );
});

test("a policy that is a part of several lets their calls begin in the order in which they came", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const shared = rateLimit({ limit: 1, intervalMs: 100 });
    const one = policy(shared, semaphore(1));
    const two = policy(semaphore(1), shared);
    for (const at of range(6)) {
      const provider = at % 3 === 0 ? one : at % 3 === 1 ? two : shared;
      provider.run(() => service.answer(at));
    }
    await clock.advance(1_000);

    assertEquals(service.inputs, range(6));
    assertEquals(service.times, range(6).map((at) => at * 100));
    assertEquals(shared.metrics.startedCount, 6);
    assertEquals([one, two].map(({ metrics }) => metrics.startedCount), [2, 2]);
  });
});

test("what one call gives back at several rules goes to those that came first, whichever rule they wait for", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const shared = semaphore(1);
    const own = semaphore(1);
    const both = policy(own, shared);
    policy(shared, own).run(() => service.answerIn(10)(0));
    for (const at of range(6)) {
      (at < 3 ? both : shared).run(() => service.answerIn(10)(at + 1));
    }
    await clock.advance(1_000);

    assertEquals(service.inputs, range(7));
    assertEquals(service.peak, 1);
  });
});

test("a call that waits for what its policy does not share keeps no other waiting", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const shared = semaphore(2);
    const held = policy(shared, semaphore(1));
    held.run(() => service.hold("held 1"));
    held.run(() => service.hold("held 2"));
    shared.run(() => service.answer("free"));
    await settle();

    assertEquals(service.inputs, ["held 1", "free"]);
    assertEquals([held.metrics.waitingCount, shared.metrics.waitingCount], [1, 1]);
  });
});

test("no order in which rules are named can keep two policies waiting for each other", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const a = semaphore(1);
    const b = semaphore(1);
    const calls = range(40).map((at) => {
      const provider = at % 2 === 0 ? policy(a, b) : policy(b, a);
      return watch(provider.run(() => service.answerIn(10)(at)));
    });
    await clock.advance(1_000);

    assertEquals(calls.filter(({ state }) => state !== "resolved"), []);
    assertEquals([service.inputs, service.peak], [range(40), 1]);
  });
});

test("policy() is made of what its policies are made of, each of them once", async () => {
  const places = semaphore(1);
  const inner = policy(places, rateLimit({ limit: 9, intervalMs: 100 }));
  const outer = policy(inner, places, inner);

  assertEquals(await outer.run(() => "answer"), "answer");
  assertEquals(outer.metrics.parts.map(({ kind }) => kind), ["semaphore", "rateLimit"]);
  assertEquals([inner, places].map(({ metrics }) => metrics.startedCount), [1, 1]);
});

test("policy() begins each call as soon as it may, whichever rule has kept it waiting", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const provider = policy(
      rateLimit({ limit: 3, intervalMs: 100 }),
      rateLimit({ limit: 10, intervalMs: 100, cost: Number }),
    );
    for (const input of [9, 1, 1, 1, 10, 1, 1, 8]) {
      provider.run(() => service.answer(input), { input });
    }
    await clock.advance(1_000);

    assertEquals(service.times, [0, 0, 100, 100, 200, 300, 300, 300]);
  });
});

test("[L9] policy() takes policies, and at least one", () => {
  const make = policy as (...args: unknown[]) => unknown;

  assertThrows(
    () => make(),
    TypeError,
    "Cannot make a policy: it is made of one policy, or several",
  );
  assertThrows(
    () => make(semaphore(1), { limit: 1 }),
    TypeError,
    "argument 2 must be a policy such as semaphore(4), got an object",
  );
});
