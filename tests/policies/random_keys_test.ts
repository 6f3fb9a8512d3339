// Calls with keys, of policies that share limits, held against what the guide says of them.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Policy } from "../../mod.ts";
import { policy, rateLimit, semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { findTooMuch } from "./_service.ts";

const OF_KEY = { limit: 1, intervalMs: 16 };
const OF_ALL = { limit: 3, intervalMs: 32 };
const PLACES = 2;

const calls = fc.array(
  fc.record({
    key: fc.nat(4),
    // The rules in one of their orders, or some of them.
    rules: fc.constantFrom<number[]>([0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 1], [1, 2], [0], [1]),
    waitsMs: fc.nat(12),
    lastsMs: fc.integer({ min: 1, max: 20 }),
    leaves: fc.option(fc.integer({ min: 1, max: 40 }), { freq: 4 }),
  }),
  { minLength: 5, maxLength: 40 },
);

test("[L2] limits of keys and of all hold together, keep the order of each key and leave nothing waiting", async () => {
  await fc.assert(
    fc.asyncProperty(calls, async (calls) => {
      await new TestClock().use(async (clock) => {
        const parts: Policy<number>[] = [
          rateLimit({ ...OF_KEY, key: (key: number) => key }),
          rateLimit(OF_ALL),
          semaphore(PLACES),
        ];
        const policies = new Map<string, Policy<number>>();
        const began: { at: number; atMs: number; key: number; rules: readonly number[] }[] = [];
        const outcomes: ReturnType<typeof watch>[] = [];
        let running = 0;
        let peak = 0;
        let arrivesMs = 0;
        for (const [at, { key, rules, waitsMs, lastsMs, leaves }] of calls.entries()) {
          arrivesMs += waitsMs;
          const name = rules.join();
          const [first, ...others] = rules.map((rule) => parts[rule]!);
          const shared = policies.get(name) ?? policy(first!, ...others);
          policies.set(name, shared);
          const controller = new AbortController();
          const call = () => {
            began.push({ at, atMs: clock.now(), key, rules });
            const hasPlace = rules.includes(2);
            if (hasPlace) peak = Math.max(peak, ++running);
            return new Promise<void>((resolve) => {
              clock.schedule(() => {
                if (hasPlace) running--;
                resolve();
              }, lastsMs);
            });
          };
          const run = () => shared.run(call, { input: key, signal: controller.signal });
          clock.schedule(() => outcomes.push(watch(run())), arrivesMs);
          if (leaves !== null) clock.schedule(() => controller.abort("left"), arrivesMs + leaves);
        }
        while (clock.fireNext()) await settle();

        const errors = outcomes.flatMap(({ state, error }) => state === "resolved" ? [] : [error]);
        assertEquals(errors.filter((error) => error !== "left"), []);
        const left = parts.map(({ metrics }) => metrics.waitingCount + metrics.runningCount);
        assertEquals([left, peak <= PLACES], [[0, 0, 0], true]);
        const times = (rule: number, of: (key: number) => boolean = () => true) =>
          began.filter(({ rules, key }) => rules.includes(rule) && of(key))
            .map(({ atMs }) => [atMs, 1] as const);
        assertEquals(findTooMuch(times(1), OF_ALL), undefined);
        for (const key of [0, 1, 2, 3, 4]) {
          assertEquals(findTooMuch(times(0, (each) => each === key), OF_KEY), undefined);
          for (const name of policies.keys()) {
            const order = began.filter((each) => each.key === key && each.rules.join() === name);
            assertEquals(order.every(({ at }, place) => at >= (order[place - 1]?.at ?? 0)), true);
          }
        }
      });
    }),
    { numRuns: 200 },
  );
});
