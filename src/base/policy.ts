/**
 * Policies as those see them that are given one. How they work is in `src/policies/`.
 *
 * @module
 */

/**
 * Stands around each attempt of the calls to one service: how many at a time, how often, and whether
 * at all. It is a value that stages, runs and plain functions share.
 *
 * Calls that have to wait do so in the order of arrival, and can be aborted meanwhile.
 *
 * @typeParam TInput What its functions look at: the item of a stage, `input` of a plain call.
 * @category Policies
 */
export interface Policy<in TInput = unknown> {
  /**
   * Makes one attempt: waits until the policy lets it begin, calls `call`, and tells the policy what
   * came of it. Resolves with the answer of `call`, and rejects with what it throws.
   */
  run<TOutput>(
    call: (signal: AbortSignal) => TOutput | PromiseLike<TOutput>,
    options?: PolicyRunOptions<TInput>,
  ): Promise<TOutput>;
  /** The figures of this moment. */
  readonly metrics: PolicyMetrics;
  /** For the engine alone: what lets attempts begin. */
  readonly "~admission": unknown;
  /** Carries the type of the input; it exists for the compiler alone. */
  readonly "~input"?: ((input: TInput) => void) | undefined;
}

/**
 * A policy that says how many calls may run at a time: it can stand in the place of
 * `concurrencyLimit`, and stages that share it share that number.
 *
 * @typeParam TInput What its functions look at.
 * @category Policies
 */
export interface ConcurrencyPolicy<in TInput = unknown> extends Policy<TInput> {
  /** How many calls may run at a time, now. */
  readonly limit: number;
}

/**
 * Options of one call of a plain function.
 *
 * @typeParam TInput What the functions of the policy look at.
 * @category Policies
 */
export interface PolicyRunOptions<TInput = unknown> {
  /** Ends the wait when it is aborted, and is handed to the call. */
  readonly signal?: AbortSignal | undefined;
  /** What the functions `cost` and `key` of the policy get. */
  readonly input?: TInput | undefined;
  /** What the call costs, in place of what the functions `cost` say: a non-negative number. */
  readonly cost?: number | undefined;
  /** The key of the call, in place of what the functions `key` say. */
  readonly key?: unknown;
}

/**
 * How many calls a policy has had.
 *
 * @category Policies
 */
export interface PolicyCounts {
  /** How many wait to begin. */
  readonly waitingCount: number;
  /** How many have begun and not ended. */
  readonly runningCount: number;
  /** How many have begun. */
  readonly startedCount: number;
  /** How many were refused, and not made. */
  readonly refusedCount: number;
}

/**
 * The figures of a rate limit.
 *
 * @category Policies
 */
export interface RateLimitMetrics extends PolicyCounts {
  /** Which policy it is. */
  readonly kind: "rateLimit";
  /** The most in any interval. */
  readonly limit: number;
  /** How much of it is used up at this moment; of the key that has used most. */
  readonly used: number;
  /** How much longer the service has asked for silence; of the key with the longest. */
  readonly pausedMs: number;
}

/**
 * The figures of a semaphore.
 *
 * @category Policies
 */
export interface SemaphoreMetrics extends PolicyCounts {
  /** Which policy it is. */
  readonly kind: "semaphore";
  /** How many calls may run at a time. */
  readonly limit: number;
}

/**
 * Whether calls are made: all, none, or one to see whether the service works again.
 *
 * @category Policies
 */
export type CircuitState = "closed" | "open" | "halfOpen";

/**
 * The figures of a circuit breaker.
 *
 * @category Policies
 */
export interface CircuitBreakerMetrics extends PolicyCounts {
  /** Which policy it is. */
  readonly kind: "circuitBreaker";
  /** Its state; where there are keys, `open` where that of one is, else `halfOpen` where one is. */
  readonly state: CircuitState;
  /** How many breakers are not closed: 0 or 1 where there are no keys. */
  readonly openCount: number;
  /** The share of the last calls that have failed since the state changed; the largest of all keys. */
  readonly failureRate: number;
}

/**
 * The figures of an adaptive limit.
 *
 * @category Policies
 */
export interface AdaptiveMetrics extends PolicyCounts {
  /** Which policy it is. */
  readonly kind: "adaptive";
  /** How many calls may run at a time, now. */
  readonly limit: number;
  /** The fewest. */
  readonly min: number;
  /** The most. */
  readonly max: number;
  /** How long calls take in the long run, in milliseconds; 0 before the first round. */
  readonly latencyMs: number;
}

/**
 * The figures of a retry budget.
 *
 * @category Policies
 */
export interface RetryBudgetMetrics extends PolicyCounts {
  /** Which policy it is. */
  readonly kind: "retryBudget";
  /** How many retries are left, with a fraction. */
  readonly left: number;
  /** How many it has let be made. */
  readonly retryCount: number;
  /** How many it has not. */
  readonly deniedCount: number;
}

/**
 * The figures of a budget.
 *
 * @category Policies
 */
export interface BudgetMetrics extends PolicyCounts {
  /** Which policy it is. */
  readonly kind: "budget";
  /** How much may be spent. */
  readonly limit: number;
  /** How much was spent. */
  readonly spent: number;
}

/**
 * The figures of one policy that is not made of others.
 *
 * @category Policies
 */
export type PolicyPartMetrics =
  | AdaptiveMetrics
  | BudgetMetrics
  | CircuitBreakerMetrics
  | RateLimitMetrics
  | RetryBudgetMetrics
  | SemaphoreMetrics;

/**
 * The figures of a policy.
 *
 * @category Policies
 */
export interface PolicyMetrics extends PolicyCounts {
  /** The figures of the policies that it is made of, in their order; of itself where it is one. */
  readonly parts: readonly PolicyPartMetrics[];
}

/**
 * What the policy of a stage has done in a run.
 *
 * @category Policies
 */
export interface StagePolicyFigures {
  /** How many attempts of the stage wait to begin. */
  readonly waitingCount: number;
  /** How many have had to wait. */
  readonly waitedCount: number;
  /** How long they have waited in sum, in milliseconds. */
  readonly waitedMs: number;
  /** How many calls may run at a time, now; absent where a number says it. */
  readonly limit?: number | undefined;
}
