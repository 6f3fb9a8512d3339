/**
 * Distinguishes a failure of aborted work from the abort itself.
 *
 * @module
 */

import { isStreamingError } from "../base/errors.ts";
import { FailedAttempts } from "./failed_attempts.ts";
import { causeOf } from "./step_failure.ts";
import { readProperty } from "./thrown.ts";

/** Whether `thrown` says no more than that the work was aborted with `reason`. */
export function isAbortOf(thrown: unknown, reason: unknown): boolean {
  const raised = causeOf(FailedAttempts.is(thrown) ? thrown.cause : thrown);
  // A step passes on what is in the error of a run.
  const reasons = isStreamingError(reason) ? [reason, reason.cause] : [reason];
  if (reasons.includes(raised)) return true;
  // What timers and clients of HTTP make of a reason is known by its name, or by its cause.
  const cause = readProperty(raised, "cause");
  return readProperty(raised, "name") === "AbortError" ||
    (cause !== undefined && reasons.includes(cause));
}
