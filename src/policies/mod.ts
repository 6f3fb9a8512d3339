/**
 * Policies for services that are slow, limited or down: values that apply to each attempt, and
 * that stages, runs and plain functions share.
 *
 * @example A stage and a plain function that share what a provider allows
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { policy, rateLimit, semaphore } from "@headrace/pipeline/policies";
 * import { assertEquals } from "@std/assert";
 *
 * const provider = policy(semaphore(8), rateLimit({ limit: 500, intervalMs: 60_000 }));
 * const ask = (text: string) => Promise.resolve(text.length);
 * const pipeline = StreamingPipeline.start<string>()
 *   .map("answer", ask, { concurrencyLimit: 16, retry: 3, policy: provider });
 *
 * assertEquals(await pipeline.executeToArray(["mill", "wheel"]), [4, 5]);
 * assertEquals(await provider.run(() => ask("race")), 4);
 * assertEquals(provider.metrics.startedCount, 3);
 * ```
 *
 * @module
 */

export type {
  AdaptiveMetrics,
  BudgetMetrics,
  CircuitBreakerMetrics,
  CircuitState,
  ConcurrencyPolicy,
  Policy,
  PolicyCounts,
  PolicyMetrics,
  PolicyPartMetrics,
  PolicyRunOptions,
  RateLimitMetrics,
  RetryBudgetMetrics,
  SemaphoreMetrics,
} from "../base/policy.ts";
export { adaptive, type AdaptiveOptions } from "./adaptive.ts";
export {
  type BatchCall,
  bisect,
  type BisectedCall,
  type BisectOptions,
  type BisectWithOptions,
} from "./bisect.ts";
export { budget, type BudgetOptions } from "./budget.ts";
export { circuitBreaker, type CircuitBreakerOptions } from "./circuit_breaker.ts";
export { policy, type PolicyInput } from "./policy.ts";
export { PolicyError, type PolicyErrorDetails } from "./policy_error.ts";
export { rateLimit, type RateLimitOptions } from "./rate_limit.ts";
export { retryBudget, type RetryBudgetOptions } from "./retry_budget.ts";
export { semaphore } from "./semaphore.ts";
