/**
 * The refusal of an owner that has lost its job.
 *
 * @module
 */

import { DurableError } from "./durable_error.ts";

/** The error for what an owner saves whose fence is not the last. */
export function createFenced(id: string, fence: number): DurableError {
  const message =
    `Cannot save the job "${id}" of the owner ${fence}: another one has acquired it ` +
    "since, or it was given back";
  return new DurableError(message, { code: "FENCED", id });
}
