import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { SlidingWindow } from "../../src/internal/sliding_window.ts";
import { test } from "../harness.ts";

/** Takes what can be had at each moment, and returns what was taken when. */
function takeAll(
  { limit, intervalMs }: { readonly limit: number; readonly intervalMs: number },
  asks: readonly (readonly [afterMs: number, amount: number])[],
) {
  const window = new SlidingWindow(limit, intervalMs);
  const taken: { readonly atMs: number; readonly amount: number; readonly askedMs: number }[] = [];
  let askedMs = 0;
  let nowMs = 0;
  for (const [afterMs, amount] of asks) {
    askedMs += afterMs;
    nowMs = Math.max(nowMs, askedMs);
    for (let waitMs = 1; waitMs > 0;) {
      waitMs = window.waitMs(amount, nowMs);
      nowMs += waitMs;
    }
    window.take(amount, nowMs);
    taken.push({ atMs: nowMs, amount, askedMs });
  }
  return taken;
}

/** How much was taken in the interval that ends with each of them. */
function* listUses(
  taken: readonly { readonly atMs: number; readonly amount: number }[],
  intervalMs: number,
): Generator<number> {
  let used = 0;
  let first = 0;
  for (const { atMs, amount } of taken) {
    used += amount;
    for (; taken[first]!.atMs <= atMs - intervalMs; first++) used -= taken[first]!.amount;
    yield used;
  }
}

test("SlidingWindow never gives more than its limit in any interval, fractions included", () => {
  // Moments that are exact as numbers, so that the test adds up.
  const gap = fc.integer({ min: 0, max: 240 }).map((eighths) => eighths / 8);
  const ask = fc.tuple(gap, fc.double({ min: 0, max: 5, noNaN: true }));
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 200 }), (asks) => {
      const taken = takeAll({ limit: 5, intervalMs: 100 }, asks);
      for (const used of listUses(taken, 100)) assertLessOrEqual(used, 5 + 1e-6);
    }),
  );
});

test("SlidingWindow counts many moments together, and is a thousandth of the interval late at most", () => {
  const limit = 4_000;
  const intervalMs = 1_000;
  // Eight thousand moments in each interval, twice as many as may pass.
  const asks = Array.from({ length: 30_000 }, () => [0.125, 1] as const);
  const taken = takeAll({ limit, intervalMs }, asks);

  for (const used of listUses(taken, intervalMs)) assertLessOrEqual(used, limit);
  for (const [at, { atMs, askedMs }] of taken.entries()) {
    const freeMs = at < limit ? 0 : taken[at - limit]!.atMs + intervalMs;
    const earliest = Math.max(askedMs, freeMs, taken[at - 1]?.atMs ?? 0);
    assertLessOrEqual(atMs - earliest, intervalMs / 1_024 + 1e-6);
  }
});

test("SlidingWindow takes nothing for nothing, and gives the whole limit at once", () => {
  const window = new SlidingWindow(3, 10);
  window.take(0, 0);
  assertEquals([window.used(0), window.waitMs(3, 0)], [0, 0]);
  window.take(3, 0);
  assertEquals([window.used(9), window.waitMs(0, 9), window.waitMs(1, 9)], [3, 0, 1]);
  assertEquals([window.used(10), window.waitMs(3, 10)], [0, 0]);
});
