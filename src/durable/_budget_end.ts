/**
 * The end of a job's budget.
 *
 * @module
 */

import { BUDGET_SPENT } from "../internal/admission.ts";

/**
 * What a run fails with where a policy lets nothing more begin. The items that are refused are not done,
 * whatever the strategy of their stage is: the next run has them again.
 */
export function createBudgetEnd(): Error {
  const message = "A policy of the job lets nothing more begin; the next run has the rest";
  return Object.assign(new Error(message), { code: BUDGET_SPENT });
}
