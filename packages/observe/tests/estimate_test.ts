// When a run will be done: said only where that is known.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "../../../tests/harness.ts";
import { Estimate } from "../src/_estimate.ts";

/** An estimate of a run that does an item each `everyMs`. */
function steady(everyMs: number, items: number): Estimate {
  const estimate = new Estimate();
  for (let done = 1; done <= items; done++) estimate.add(done * everyMs, done);
  return estimate;
}

test("the time that is left is that of the items that are left, at the pace of late", () => {
  assertEquals(steady(500, 10).remainingMs(30), 10_000);
  assertEquals(steady(500, 10).perSecond, 2);
  assertEquals(steady(500, 10).remainingMs(10), 0);
});

test("nothing is said without a total, before three items, or past the total", () => {
  assertEquals(steady(500, 10).remainingMs(undefined), undefined);
  assertEquals(steady(500, 2).remainingMs(30), undefined);
  assertEquals(steady(500, 10).remainingMs(9), undefined);
  assertEquals(new Estimate().remainingMs(10), undefined);
});

test("nothing is said when no item was done for long, and again when there is one", () => {
  const estimate = steady(100, 50);
  for (let ms = 5_100; ms <= 15_000; ms += 100) estimate.add(ms, 50);
  assertEquals(estimate.remainingMs(100), 15_000);
  estimate.add(15_100, 50);
  assertEquals(estimate.remainingMs(100), undefined);
  estimate.add(15_200, 51);
  assertEquals(estimate.remainingMs(100) === undefined, false);
});

test("a slow run is not taken for a silent one", () => {
  const estimate = steady(9_000, 5);
  for (let ms = 45_100; ms <= 56_000; ms += 100) estimate.add(ms, 5);
  assertEquals(typeof estimate.remainingMs(10), "number");
});

test("a pace of long ago is forgotten", () => {
  const estimate = steady(10, 1_000);
  for (let ms = 11_000, done = 1_001; ms <= 60_000; ms += 1_000) estimate.add(ms, done++);
  assertEquals(Math.round(estimate.perSecond * 10), 10);
});

test("whatever is done at whatever moment, what is said is a time", () => {
  const steps = fc.array(fc.tuple(fc.nat(100_000), fc.nat(50)), { maxLength: 50 });
  fc.assert(
    fc.property(steps, fc.nat(500), (steps, total) => {
      const estimate = new Estimate();
      let [atMs, done] = [0, 0];
      for (const [ms, items] of steps) estimate.add(atMs += ms, done += items);
      const remainingMs = estimate.remainingMs(total) ?? 0;
      return Number.isFinite(remainingMs) && remainingMs >= 0;
    }),
    { seed: 20261127 },
  );
});
