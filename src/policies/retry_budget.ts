import type { Policy } from "../base/policy.ts";
import { requireInteger, requireKnownOptions, requireShare } from "../internal/validation.ts";
import { Gate } from "./_gate.ts";
import { createPolicy } from "./_policy_value.ts";

const SUBJECT = { operator: "retryBudget" };
const OPTIONS = ["ratio", "burst"];
/** A small run may try again what fails by chance. */
const DEFAULT_BURST = 10;
/** Sums of fractions are not exact. */
const ONE_RETRY = 1 - 1e-9;

/**
 * How many retries there may be.
 *
 * @category Policies
 */
export interface RetryBudgetOptions {
  /** How many retries each call brings, as a share: from 0 up to 1. */
  readonly ratio: number;
  /** How many retries are kept at most, and at the start: a positive integer. @default {10} */
  readonly burst?: number | undefined;
}

/**
 * Lets retries be no more than a share of the calls: while a service is down, retries of everything
 * would multiply its load.
 *
 * Each call that is not a retry brings `ratio` of one, each retry takes one, and `burst` are kept at
 * most. So over any stretch there are no more retries than `burst` and `ratio` of its calls. An item
 * for which none is left fails with the error of its last attempt, as if its attempts were used up.
 * It counts the retries of the option `retry`, of stages and of `retrySource`.
 *
 * After the retry budget of Finagle.
 *
 * @param options The share, and how many are kept.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @category Policies
 *
 * @example One retry for all
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { retryBudget } from "@headrace/pipeline/policies";
 * import { assertEquals } from "@std/assert";
 *
 * const budget = retryBudget({ ratio: 0, burst: 1 });
 * const busy = () => Promise.reject(Object.assign(new Error("busy"), { status: 503 }));
 * const pipeline = StreamingPipeline.start<number>().map("answer", busy, {
 *   errorStrategy: "SKIP_FAILED",
 *   retry: { maxAttempts: 5, backoffMs: 1 },
 *   policy: budget,
 * });
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), []);
 * assertEquals(budget.metrics.startedCount, 4);
 * ```
 */
export function retryBudget(options: RetryBudgetOptions): Policy {
  requireKnownOptions(SUBJECT, options, OPTIONS);
  const { ratio, burst = DEFAULT_BURST } = options;
  requireShare(SUBJECT, "ratio", ratio, true);
  requireInteger(SUBJECT, "burst", burst, 1);
  const gate = new RetryBudgetGate(ratio, burst);
  return createPolicy<unknown, RetryBudgetGate>({
    createGate: () => gate,
    describe: () => ({
      kind: "retryBudget",
      left: gate.left,
      retryCount: gate.retryCount,
      deniedCount: gate.deniedCount,
    }),
    retries: gate,
  });
}

class RetryBudgetGate extends Gate {
  left: number;
  retryCount = 0;
  deniedCount = 0;
  /** Retries that were allowed and have not begun, which add nothing. */
  #due = 0;
  readonly #ratio: number;
  readonly #burst: number;

  constructor(ratio: number, burst: number) {
    super();
    this.left = burst;
    this.#ratio = ratio;
    this.#burst = burst;
  }

  mayRetry(): boolean {
    const isLeft = this.left >= ONE_RETRY;
    if (!isLeft) this.deniedCount++;
    return isLeft;
  }

  retry(): void {
    this.left = Math.max(this.left - 1, 0);
    this.retryCount++;
    this.#due++;
  }

  pass(): number {
    if (this.#due > 0) this.#due--;
    else this.left = Math.min(this.left + this.#ratio, this.#burst);
    return 0;
  }
}
