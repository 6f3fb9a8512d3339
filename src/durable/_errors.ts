/**
 * The errors of jobs and of their checkpoints.
 *
 * @module
 */

import { BUDGET_SPENT } from "../internal/admission.ts";
import type { Subject } from "../internal/validation.ts";
import { DurableError } from "./durable_error.ts";

/** What cannot be done, for messages. */
export const RUN_JOB: Subject = { operator: "run the job" };
export const CONSUME: Subject = { operator: "consume" };

/** The error for what an owner saves whose fence is not the last. */
export function createFenced(id: string, fence: number): DurableError {
  const message =
    `Cannot save the job "${id}" of the owner ${fence}: another one has acquired it ` +
    "since, or it was given back";
  return new DurableError(message, { code: "FENCED", id });
}

/** The error for a checkpoint that does not fit the job. */
export function createMismatch(id: string, problem: string, cause?: unknown): DurableError {
  const message = `Cannot go on with the job "${id}": ${problem}`;
  return new DurableError(message, { code: "VERSION_MISMATCH", id, cause });
}

/** The error for a checkpoint that is not what was written. */
export function createUnreadable(id: string, problem: string): DurableError {
  const message = `Cannot read the checkpoint of the job "${id}": ${problem}`;
  return new DurableError(message, { code: "CHECKPOINT_UNREADABLE", id });
}

/** The error for a value that cannot be saved. */
export function createUnwritable(
  id: string,
  what: string,
  problem: string,
  cause?: unknown,
): DurableError {
  const message = `Cannot save the job "${id}": ${what} cannot be written, for ${problem}`;
  return new DurableError(message, { code: "NOT_SERIALIZABLE", id, cause });
}

/**
 * What a run fails with where a policy lets nothing more begin. The items that are refused are not done,
 * whatever the strategy of their stage is: the next run has them again.
 */
export function createBudgetEnd(): Error {
  const message = "A policy of the job lets nothing more begin; the next run has the rest";
  return Object.assign(new Error(message), { code: BUDGET_SPENT });
}
