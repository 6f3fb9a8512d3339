// Tests that are written wrong: they must say so, and neither pass, hang nor spoil those that follow.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { durable, memoryStore } from "../../src/durable/mod.ts";
import { clock as libraryClock, systemClock } from "../../src/internal/clock.ts";
import {
  type CallOptions,
  CallProbe,
  ChaosError,
  expectBalance,
  killAtEveryPoint,
  type LawOptions,
  operatorLaws,
  settle,
  type SourceOptions,
  SourceProbe,
  TestClock,
  underChaos,
  until,
  watch,
} from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const start = () => StreamingPipeline.start<number>();

test("CallProbe holds calls of several runs with the same index, and releases each", async () => {
  const calls = new CallProbe({ hold: true });
  const pipeline = start().map("load", calls.wrap((n: number) => n * 2, true));
  const [first, second] = [1, 2].map((n) => watch(pipeline.executeToArray([n])));
  await until("two calls run", () => calls.running === 2);
  assertEquals(calls.held, [0, 0]);
  calls.release(0);
  await settle();
  assertEquals([first!.value, second!.state, calls.held], [[2], "pending", [0]]);
  calls.releaseAll();
  await settle();

  assertEquals([second!.value, calls.held], [[4], []]);
});

test("[L9] CallProbe checks its options, and that a call that it holds has a context", async () => {
  const make = (options: unknown) => () => new CallProbe(options as CallOptions);
  const error = new Error("gone");
  assertThrows(
    make({ hold: 3 }),
    TypeError,
    "hold must be true, or a function of the index, got 3",
  );
  assertThrows(make({ obeys: "no" }), TypeError, `obeys must be a boolean, got "no"`);
  assertThrows(make({ failures: { 1: error } }), TypeError, "failures must be a Map of indexes");
  make({ hold: undefined, obeys: undefined, failures: undefined })();

  const load = new CallProbe({ hold: true }).wrap((n) => n, true) as (n: number) => Promise<number>;
  await assertRejects(() => load(1), TypeError, "must be the context of a stage, got undefined");
});

test("[L9] SourceProbe checks its options, and is silent where it can be", () => {
  const make = (options: unknown, kind: "a sync iterable" | "an async iterable") => () =>
    new SourceProbe(kind, options as SourceOptions<number>);

  const items = new Set([1]);
  assertThrows(
    make({ items }, "an async iterable"),
    TypeError,
    "items must be an array, got a Set",
  );
  for (const name of ["gate", "meet"]) {
    const given = { [name]: Promise.resolve() };
    assertThrows(make(given, "an async iterable"), TypeError, `${name} must be a function`);
  }
  const options = { silentAfter: 0 };
  assertThrows(make(options, "a sync iterable"), TypeError, "a sync iterable has no silentAfter");
  make(options, "an async iterable")();
  make({ items: undefined, silentAfter: undefined, gate: undefined }, "a sync iterable")();
});

test("[L9] until(), watch(), expectBalance() and operatorLaws() refuse what would say nothing", async () => {
  const never = (() => Promise.resolve(false)) as unknown as () => boolean;
  await assertRejects(
    () => until("never", never),
    TypeError,
    "must return a boolean, got a promise",
  );
  assertThrows(() => watch(5 as never), TypeError, "what is watched must be a promise, got 5");
  const run = start().run([]);
  assertThrows(() => expectBalance(run.metadata() as never), TypeError, "the figures of a stage");
  assertThrows(() => expectBalance(undefined as never), TypeError, "got undefined");
  for (const model of [(items: number[]) => Promise.resolve(items), () => {}]) {
    const options = { items: [1, 2], model } as unknown as LawOptions<number, number>;
    const list = () => operatorLaws("same", () => start().map("same", (n) => n), options);
    assertThrows(list, TypeError, "what model returns must be an array, got");
  }
  await run[Symbol.asyncIterator]().return?.();
});

test("TestClock says that two were in use at the same time, and the library has its own again", async () => {
  const first = new TestClock().use(() => settle());
  const second = new TestClock().use(async () => {
    await first;
    await settle();
  });

  await assertRejects(() => second, Error, "what used another one before has ended first");
  assertEquals(libraryClock, systemClock);
});

test("TestClock in use within another gives it back, also where it never ends itself", async () => {
  const outer = new TestClock();
  await outer.use(async () => {
    await new TestClock().use(() => settle());
    assertEquals(libraryClock, outer);
    watch(new TestClock().use(() => new Promise(() => {})));
  });

  assertEquals(libraryClock, systemClock);
});

test("TestClock.finish() says that the library is not on it", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const work = watch(start().delay("later", 60_000).executeToArray([1], { signal }));
  const finishing = new TestClock().finish(new Promise(() => {}));

  await assertRejects(() => finishing, Error, "no timer is set: the library is not on this clock");
  assertEquals(work.state, "pending");
  controller.abort();
  await settle();
  assertEquals(work.state, "rejected");
});

test("underChaos() ends what hangs also where the time of the platform stands still", async () => {
  const { now } = performance;
  performance.now = () => 0;
  try {
    const hanging = underChaos(() => new Promise(() => {}), { seeds: 1, waitMs: 20 });
    await assertRejects(() => hanging, ChaosError, "It has not settled within 20 ms");
  } finally {
    performance.now = now;
  }
});

test("killAtEveryPoint() refuses a job with a store of its own: no kill would be noticed", async () => {
  const createJob = () =>
    durable(start(), { id: "own", store: memoryStore(), mode: "snapshots", commit: { items: 1 } });

  for (const sink of ["plain", "transactional"] as const) {
    const killing = killAtEveryPoint({ createJob, items: [1, 2], sink });
    await assertRejects(() => killing, TypeError, "store");
  }
});
