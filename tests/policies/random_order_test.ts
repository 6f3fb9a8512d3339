// Calls of policies that share rules, held against what the guide says of their order.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { policy, semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";

/** A rule: no more than `limit` run at a time. */
interface Rule {
  readonly limit: number;
  running: number;
}

/** A call of the model. */
interface Call {
  readonly turn: number;
  readonly rules: readonly Rule[];
  readonly lastsMs: number;
}

const isFull = (rule: Rule) => rule.running >= rule.limit;
const share = (a: Call, b: Call) => a.rules.some((rule) => b.rules.includes(rule));

/** Why `call` may not begin before one that has waited for longer; nothing where it may. */
function findOvertaken(call: Call, waiting: ReadonlySet<Call>): Call | undefined {
  const earlier = [...waiting].filter(({ turn }) => turn < call.turn);
  return earlier.find((other) => {
    const full = other.rules.filter(isFull);
    const isFirst = !earlier.some((each) => each.turn < other.turn && share(each, other));
    // It waits for nothing but what the two of them share.
    return isFirst && share(call, other) && full.every((rule) => call.rules.includes(rule));
  });
}

const limits = fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 });
const calls = fc.array(
  fc.record({
    rules: fc.subarray([0, 1, 2], { minLength: 1 }).chain((some) =>
      fc.shuffledSubarray(some, { minLength: some.length })
    ),
    waitsMs: fc.integer({ min: 0, max: 3 }),
    lastsMs: fc.integer({ min: 1, max: 40 }),
    leaves: fc.option(fc.integer({ min: 1, max: 30 }), { freq: 6 }),
  }),
  { minLength: 2, maxLength: 25 },
);

test("[L2] policies that share rules hold their limits, keep the order of arrival and let nothing wait for nothing", async () => {
  await fc.assert(
    fc.asyncProperty(limits, calls, async (limits, calls) => {
      await new TestClock().use(async (clock) => {
        const rules: Rule[] = limits.map((limit) => ({ limit, running: 0 }));
        const parts = limits.map(semaphore);
        const waiting = new Set<Call>();
        const settled: ReturnType<typeof watch>[] = [];
        let nextMs = 0;
        for (const [turn, { rules: used, waitsMs, lastsMs, leaves }] of calls.entries()) {
          // No two things happen at the same moment.
          nextMs += waitsMs + 1 / 64;
          const [first, ...others] = used.map((at) => parts[at]!);
          const provider = policy(first!, ...others);
          const call = {
            turn,
            rules: used.map((at) => rules[at]!),
            lastsMs: lastsMs + turn / 4_096,
          };
          const controller = new AbortController();
          clock.schedule(() => {
            waiting.add(call);
            const run = () => {
              waiting.delete(call);
              assertEquals(findOvertaken(call, waiting)?.turn, undefined);
              for (const rule of call.rules) assert(++rule.running <= rule.limit);
              return new Promise<void>((resolve) => {
                clock.schedule(() => {
                  for (const rule of call.rules) rule.running--;
                  resolve();
                }, call.lastsMs);
              });
            };
            settled.push(watch(provider.run(run, { signal: controller.signal })));
          }, nextMs);
          if (leaves === null) continue;
          clock.schedule(() => {
            controller.abort("left");
            waiting.delete(call);
          }, nextMs + leaves + 1 / 128);
        }
        while (clock.fireNext()) {
          await settle();
          const [longest] = waiting;
          assert(longest === undefined || longest.rules.some(isFull), "it waits for nothing");
        }

        const errors = settled.flatMap(({ state, error }) => state === "rejected" ? [error] : []);
        assertEquals(errors.filter((error) => error !== "left"), []);
        assertEquals([waiting.size, settled.filter(({ state }) => state === "pending")], [0, []]);
        const left = parts.map(({ metrics }) => metrics.waitingCount + metrics.runningCount);
        assertEquals(left, [0, 0, 0]);
      });
    }),
    { numRuns: 200 },
  );
});
