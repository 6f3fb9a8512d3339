import type { Policy } from "../base/policy.ts";
import { BUDGET_SPENT } from "../internal/admission.ts";
import { requireFunction, requireKnownOptions, requireNumber } from "../internal/validation.ts";
import { Gate } from "./_gate.ts";
import { createPolicy } from "./_policy_value.ts";
import { PolicyError } from "./policy_error.ts";

const SUBJECT = { operator: "make a budget" };
const OPTIONS = ["limit", "cost"];
/** Sums of fractions are not exact. Of whole units, no limit allows one more. */
const TOLERANCE = 1e-9;
const MOST_TOLERANT_LIMIT = 1e6;

/**
 * How much may be spent.
 *
 * @typeParam TInput What `cost` looks at: the item of a stage, `input` of a plain call.
 * @category Policies
 */
export interface BudgetOptions<TInput = unknown> {
  /** How many units there are in all, of what `cost` counts: a non-negative number. */
  readonly limit: number;
  /** What an attempt spends: a non-negative number. 1 by default. */
  readonly cost?: ((input: TInput) => number) | undefined;
}

/**
 * Stops a run in good order when so many tokens, requests or other units are spent.
 *
 * Each attempt spends what it costs when it begins, retries included, and gives nothing back. The
 * first that would spend more than is left is not made: its run stops as by `run.stop()`, so that
 * what is in flight comes out, and the status is `stopped`. Items that are refused are counted in
 * `abandonedCount`. A run that begins when the budget is spent stops at its first item.
 *
 * A plain call is refused with the code `BUDGET_SPENT`. So are the items of a batch pipeline's list,
 * which has to have all of them, and the openings of `retrySource`.
 *
 * @typeParam TInput What `cost` looks at.
 * @param options How much there is, and what an attempt spends.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @category Policies
 *
 * @example No more than ten tokens
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { budget } from "@headrace/pipeline/policies";
 * import { assertEquals } from "@std/assert";
 *
 * const tokens = budget({ limit: 10, cost: (text: string) => text.length });
 * const pipeline = StreamingPipeline.start<string>()
 *   .map("shout", (text) => text.toUpperCase(), { policy: tokens });
 *
 * assertEquals(await pipeline.executeToArray(["mill", "wheel", "race"]), ["MILL", "WHEEL"]);
 * assertEquals((await pipeline.getMetadata()).status, "stopped");
 * ```
 */
export function budget<TInput = unknown>(options: BudgetOptions<TInput>): Policy<TInput> {
  requireKnownOptions(SUBJECT, options, OPTIONS);
  const { limit, cost } = options;
  requireNumber(SUBJECT, "limit", limit, 0);
  if (cost !== undefined) requireFunction(SUBJECT, "cost", cost);
  const gate = new BudgetGate(limit);
  return createPolicy<TInput, BudgetGate>({
    createGate: () => gate,
    describe: () => ({ kind: "budget", limit, spent: gate.spent }),
    costOf: cost,
    // A refused attempt would be refused again, whatever shouldRetry says.
    retries: { mayRetry: (error) => !gate.refusals.has(error as object) },
  });
}

class BudgetGate extends Gate {
  spent = 0;
  /** The errors by which attempts were refused. */
  readonly refusals: WeakSet<object> = new WeakSet();
  readonly #limit: number;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  override check(cost: number): void {
    const limit = this.#limit;
    const { spent } = this;
    if (spent + cost - limit <= Math.min(limit, MOST_TOLERANT_LIMIT) * TOLERANCE) return;
    const message = `The budget is spent: ${spent} of ${limit}, and a call costs ${cost}`;
    const refusal = new PolicyError(message, { code: BUDGET_SPENT, retryable: false });
    this.refusals.add(refusal);
    throw refusal;
  }

  pass(cost: number): number {
    this.spent += cost;
    return 0;
  }
}
