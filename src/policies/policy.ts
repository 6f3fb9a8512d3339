import type { Policy } from "../base/policy.ts";
import { guessCopy, refuse, refuseValue } from "../internal/validation.ts";
import { createComposite, isPolicy } from "./_policy_value.ts";

/**
 * What the functions of several policies look at: what suits all of them.
 *
 * @typeParam TPolicy The types of the policies.
 * @category Policies
 */
export type PolicyInput<TPolicy> = [TPolicy] extends [Pick<Policy<infer TInput>, "~input">] ? TInput
  : never;

const SUBJECT = { operator: "make a policy" };

/**
 * Makes one policy of several: a call begins when all of them let it, at one moment, so that none is
 * used up while another one keeps it waiting.
 *
 * A policy that is a part of several belongs to all of them: two services with a limit each can
 * share a semaphore.
 *
 * @typeParam TPolicies The types of the policies.
 * @param policies The policies, at least one.
 * @throws {TypeError} At once, if one is not a policy, or there is none.
 * @category Policies
 *
 * @example What a provider allows
 * ```ts
 * import { policy, rateLimit, semaphore } from "@headrace/pipeline/policies";
 * import { assertEquals } from "@std/assert";
 *
 * const provider = policy(semaphore(4), rateLimit({ limit: 500, intervalMs: 60_000 }));
 * const answers = await Promise.all(
 *   ["a", "b"].map((text) => provider.run(() => Promise.resolve(text.length))),
 * );
 *
 * assertEquals(answers, [1, 1]);
 * assertEquals(provider.metrics.startedCount, 2);
 * ```
 */
export function policy<
  // Declared as a policy of any input, so that each policy infers its own.
  TPolicies extends readonly [
    Pick<Policy, "~admission" | "metrics">,
    ...Pick<Policy, "~admission" | "metrics">[],
  ],
>(
  ...policies: TPolicies
): Policy<PolicyInput<TPolicies[number]>> {
  const given: readonly unknown[] = policies;
  if (given.length === 0) refuse(SUBJECT, "it is made of one policy, or several");
  const rule = "a policy such as semaphore(4)";
  return createComposite(given.map((each, at) => {
    if (isPolicy(each)) return each;
    refuseValue(SUBJECT, `argument ${at + 1}`, rule, each, guessCopy(each, "~admission"));
  }));
}
