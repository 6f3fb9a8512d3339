// L9: an option that is `undefined` is one that is left out. The types ask for each option that may
// be left out, so that a new one has to be named here.

import { assertEquals } from "@std/assert";
import {
  bisect,
  type BisectOptions,
  budget,
  type BudgetOptions,
  circuitBreaker,
  type CircuitBreakerOptions,
  type Policy,
  type PolicyRunOptions,
  rateLimit,
  type RateLimitOptions,
  retryBudget,
  type RetryBudgetOptions,
} from "../../src/policies/mod.ts";
import { test } from "../harness.ts";

type LeftOut<TOptions> = {
  readonly [TName in keyof TOptions as undefined extends TOptions[TName] ? TName : never]-?:
    undefined;
};

const none = undefined;
const RATE: LeftOut<RateLimitOptions> = { cost: none, smooth: none, key: none };
const BREAKER: LeftOut<CircuitBreakerOptions> = { whenOpen: none, isFailure: none, key: none };
const RETRIES: LeftOut<RetryBudgetOptions> = { burst: none };
const BUDGET: LeftOut<BudgetOptions> = { cost: none };
const BISECT: LeftOut<BisectOptions> = { when: none };
const RUN: LeftOut<PolicyRunOptions> = { signal: none, input: none, cost: none, key: none };

const POLICIES: Readonly<Record<string, Policy>> = {
  rateLimit: rateLimit({ limit: 1, intervalMs: 1, ...RATE }),
  circuitBreaker: circuitBreaker({ failureRate: 1, minimumCalls: 1, openMs: 1, ...BREAKER }),
  retryBudget: retryBudget({ ratio: 1, ...RETRIES }),
  budget: budget({ limit: 1, ...BUDGET }),
};

for (const [name, policy] of Object.entries(POLICIES)) {
  test(`[L9] ${name}(): an option that is undefined is one that is left out`, async () => {
    assertEquals(await policy.run(() => "answer", RUN), "answer");
  });
}

test("[L9] a key and a cost that are undefined are those that the policy finds", async () => {
  const limit = rateLimit({
    limit: 3,
    intervalMs: 60_000,
    key: (text: string) => text,
    cost: (text: string) => text.length,
  });
  await limit.run(() => {}, { input: "mill".slice(1), ...{ cost: none, key: none } });

  const [metrics] = limit.metrics.parts;
  assertEquals(metrics?.kind === "rateLimit" && metrics.used, 3);
});

test("[L9] bisect(): an option that is undefined is one that is left out", async () => {
  assertEquals(await bisect((items: readonly number[]) => items, BISECT)([1]), [
    { status: "fulfilled", value: 1 },
  ]);
});
