import { assertEquals, assertThrows } from "@std/assert";
import { retrySource, StreamingPipeline } from "../../mod.ts";
import { policy, retryBudget, type RetryBudgetOptions, semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { collect } from "../support/collect.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { httpError, range } from "./_service.ts";

const RETRY = { maxAttempts: 3, backoffMs: 1, jitter: 0 };

function figuresOf(budget: ReturnType<typeof retryBudget>) {
  const [figures] = budget.metrics.parts;
  if (figures?.kind !== "retryBudget") throw new Error("no retry budget");
  const { left, retryCount, deniedCount } = figures;
  return { left: Math.round(left * 100) / 100, retryCount, deniedCount };
}

test("retryBudget() lets as many retries be made as it has, and each call bring a share of one", async () => {
  await new TestClock().use(async (clock) => {
    const budget = retryBudget({ ratio: 0.2, burst: 3 });
    const busy = () => Promise.reject(httpError(503));
    const options = { errorStrategy: "COLLECT_ERRORS", retry: RETRY, policy: budget } as const;
    const pipeline = StreamingPipeline.start<number>().map("s", busy, options);
    const result = watch(pipeline.executeToArray(range(100)));
    await clock.advance(1e4);

    assertEquals(result.value, []);
    // 3 at first, and 20 of the 100 calls.
    const { retryCount, deniedCount } = figuresOf(budget);
    assertEquals([retryCount, budget.metrics.startedCount], [22, 122]);
    // The first item has all of its attempts.
    assertEquals(deniedCount, 99);
    const [step] = (await pipeline.getMetadata()).steps;
    assertEquals([step?.retryCount, step?.errors?.at(-1)?.attempts], [22, 1]);
  });
});

test("retryBudget() keeps no more than its burst, however many calls succeed", async () => {
  const budget = retryBudget({ ratio: 1, burst: 2 });
  const pipeline = StreamingPipeline.start<number>().map("s", (item) => item, { policy: budget });
  await pipeline.executeToArray(range(50));

  assertEquals(figuresOf(budget), { left: 2, retryCount: 0, deniedCount: 0 });
});

test("retryBudget() is spent by all that share it, sources included, and twice where it is named twice", async () => {
  await new TestClock().use(async (clock) => {
    const budget = retryBudget({ ratio: 0, burst: 3 });
    const fail = () => Promise.reject(httpError(503));
    const shared = policy(budget, semaphore(8), budget);
    const first = watch(collect(retrySource(fail, { ...RETRY, policy: shared })));
    await clock.advance(100);
    assertEquals(figuresOf(budget), { left: 1, retryCount: 2, deniedCount: 0 });

    const second = watch(
      StreamingPipeline.start<number>().map("s", fail, { retry: RETRY, policy: shared })
        .executeToArray([1]),
    );
    await clock.advance(100);
    assertEquals([first.state, second.state], ["rejected", "rejected"]);
    assertEquals(figuresOf(budget), { left: 0, retryCount: 3, deniedCount: 1 });
  });
});

test("a retry that the rules do not ask for takes nothing of a budget", async () => {
  const budget = retryBudget({ ratio: 0, burst: 3 });
  const fail = () => Promise.reject(new Error("not to be tried again"));
  const options = { errorStrategy: "SKIP_FAILED", retry: RETRY, policy: budget } as const;
  await StreamingPipeline.start<number>().map("s", fail, options).executeToArray(range(9));

  assertEquals(figuresOf(budget), { left: 3, retryCount: 0, deniedCount: 0 });
});

test("[L9] retryBudget() checks its options at once", () => {
  const make = (options: unknown) => () => retryBudget(options as RetryBudgetOptions);

  for (const ratio of [-0.1, 1.1, NaN, undefined]) {
    assertThrows(make({ ratio }), RangeError, "Cannot call retryBudget: ratio must be a number");
  }
  assertThrows(
    make({ ratio: 0.1, burst: 0 }),
    RangeError,
    "burst must be a positive integer, got 0",
  );
  assertThrows(make({ ratio: 0.1, bursts: 1 }), TypeError, "Did you mean burst?");
});
