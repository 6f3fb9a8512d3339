import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { range, Service } from "./_service.ts";

test("semaphore() lets as many run at a time as its limit, in the order in which they came", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const places = semaphore(3);
    const all = Promise.all(range(20).map((input) => places.run(() => service.hold(input))));
    for (const _ of range(20)) {
      await settle();
      service.release();
    }

    assertEquals(await all, range(20));
    assertEquals([service.inputs, service.peak], [range(20), 3]);
    assertEquals([places.limit, clock.delays], [3, []]);
  });
});

test("semaphore() gives the place of a call that fails to the next", async () => {
  const places = semaphore(1);
  const failed = watch(places.run(() => Promise.reject(new Error("no"))));
  const thrown = watch(places.run(() => {
    throw new Error("not either");
  }));
  const last = await places.run(() => "last");

  assertEquals([failed.state, thrown.state, last], ["rejected", "rejected", "last"]);
});

test("semaphore() begins at once where it can, before it returns", () => {
  const begun: number[] = [];
  const places = semaphore(2);
  for (const at of range(3)) places.run(() => void begun.push(at));

  assertEquals(begun, [0, 1, 2]);
});

test("semaphore() lets no call overtake one that waits", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const places = semaphore(1);
    places.run(() => service.hold("first"));
    places.run(() => service.hold("second"));
    service.release();
    // The place is free, and the second has not begun yet.
    places.run(() => service.hold("third"));
    await settle();

    assertEquals(service.inputs, ["first", "second"]);
    assertEquals(places.metrics.waitingCount, 1);
  });
});

test("[L12] semaphore() lets those that wait go when their signal is aborted, whatever their place", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const places = semaphore(1);
    const controllers = range(6).map(() => new AbortController());
    const calls = controllers.map(({ signal }, at) =>
      watch(places.run(() => service.hold(at), { signal }))
    );
    for (const at of [3, 1, 5]) controllers[at]!.abort(new Error("enough"));
    await settle();
    assertEquals(calls.map(({ state }) => state), [
      ...["pending", "rejected", "pending", "rejected", "pending", "rejected"],
    ]);

    for (const _ of range(3)) {
      service.release();
      await settle();
    }
    assertEquals(service.inputs, [0, 2, 4]);
    assertEquals(places.metrics, {
      waitingCount: 0,
      runningCount: 0,
      startedCount: 3,
      refusedCount: 0,
      parts: [{
        kind: "semaphore",
        limit: 1,
        waitingCount: 0,
        runningCount: 0,
        startedCount: 3,
        refusedCount: 0,
      }],
    });
  });
});

test("semaphore() lets none begin that waits with the signal that is aborted", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const places = semaphore(1);
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    Object.assign(signal, {
      addEventListener(...args: Parameters<typeof addEventListener>) {
        listeners++;
        addEventListener.apply(signal, args);
      },
      removeEventListener(...args: Parameters<typeof removeEventListener>) {
        listeners--;
        removeEventListener.apply(signal, args);
      },
    });
    const first = watch(places.run(() => service.hold("first")));
    const waiting = range(100).map((at) => places.run(() => service.hold(at), { signal }));
    const outcomes = waiting.map(watch);
    await settle();
    assertEquals(listeners, 1);
    service.release();
    controller.abort(new Error("enough"));
    await settle();

    // The first of them had its turn before the abort.
    assertEquals(first.state, "resolved");
    assertEquals(outcomes.filter(({ state }) => state === "rejected").length, 100);
    assertEquals([service.inputs, places.metrics.runningCount], [["first"], 0]);
  });
});

test("[L12] a signal that nothing waits with is not listened to", async () => {
  const places = semaphore(1);
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  signal.addEventListener = () => void listeners++;
  await places.run(() => {}, { signal });

  assertEquals(listeners, 0);
});

test("run() hands its signal to the call, and one that is never aborted where it has none", async () => {
  const places = semaphore(1);
  const { signal } = new AbortController();

  assertEquals(await places.run((given) => given, { signal }), signal);
  assertEquals((await places.run((given) => given)).aborted, false);
});

test("[L9] semaphore() and run() check what they are given", async () => {
  for (const limit of [0, -1, 1.5, NaN, Infinity]) {
    const message = `Cannot make a semaphore: limit must be a positive integer, got ${limit}`;
    assertThrows(() => semaphore(limit), RangeError, message);
  }
  const places = semaphore(1);
  const run = (...args: unknown[]) =>
    (places.run as (...args: unknown[]) => Promise<unknown>)
      .apply(places, args);
  await assertRejects(() => run("call"), TypeError, "its call must be a function");
  await assertRejects(() => run(() => {}, { sginal: 1 }), TypeError, "unknown option");
});
