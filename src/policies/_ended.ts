/**
 * The outcome of an attempt, as policies see it.
 *
 * @module
 */

import { isAbortOf } from "../internal/aborts.ts";
import type { Caller } from "../internal/admission.ts";
import { codeOf, statusOf } from "../internal/causes.ts";
import { causesOf, readProperty } from "../internal/thrown.ts";
import { readPauseMs } from "./_hints.ts";

/** An attempt that has ended. */
export interface Ended {
  /**
   * `answered`: also where the answer is an HTTP error. `aborted`: the caller does not want its
   * result any more, so that it says nothing of the service.
   */
  readonly how: "answered" | "failed" | "aborted";
  /** What it threw, or a response that says that it has failed. */
  readonly error: unknown;
  /** Whether the service is overloaded: HTTP 429, 503 or 529, or it took too long. */
  readonly isOverload: boolean;
  /** How long the service has asked all callers to wait. */
  readonly pauseMs: number | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /**
   * What the user's functions that were asked about it have thrown; none where it has not failed.
   */
  readonly problems: unknown[];
}

const OVERLOAD_STATUSES: ReadonlySet<unknown> = new Set([429, 503, 529]);
const OVERLOAD_CODES: ReadonlySet<string> = new Set([
  "TimeoutError",
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "RATE_LIMIT",
  "RATE_LIMITED",
  "RATE_LIMIT_EXCEEDED",
]);

/** Reads what an attempt has ended with. */
export function readEnded(
  outcome: unknown,
  isFailed: boolean,
  caller: Caller,
  times: Pick<Ended, "startMs" | "endMs">,
): Ended {
  const isResponse = !isFailed && readProperty(outcome, Symbol.toStringTag) === "Response";
  if (!isFailed && !isResponse) return { ...NOTHING_SAID, how: "answered", ...times };
  if (isFailed && isAborted(outcome, caller)) return { ...NOTHING_SAID, how: "aborted", ...times };
  const hasFailed = isFailed || (statusOf(outcome) ?? 0) >= 400;
  const isOverload = hasFailed && isOverloadError(outcome);
  return {
    how: hasFailed ? "failed" : "answered",
    error: hasFailed ? outcome : undefined,
    isOverload,
    pauseMs: readPauseMs(outcome, { hasFailed, isOverload }),
    problems: hasFailed ? [] : NO_PROBLEMS,
    ...times,
  };
}

/** Of an attempt that has not failed, about which nothing is asked. */
const NO_PROBLEMS: never[] = [];

const NOTHING_SAID = {
  error: undefined,
  isOverload: false,
  pauseMs: undefined,
  problems: NO_PROBLEMS,
} as const;

/** Whether the caller has given up; not where its time is over, which says that the service is slow. */
function isAborted(error: unknown, { signal }: Caller): boolean {
  return signal.aborted && isAbortOf(error, signal.reason) &&
    readProperty(signal.reason, "name") !== "TimeoutError";
}

function isOverloadError(thrown: unknown): boolean {
  for (const error of causesOf(thrown)) {
    if (OVERLOAD_STATUSES.has(statusOf(error)) || OVERLOAD_CODES.has(codeOf(error))) return true;
  }
  return false;
}
