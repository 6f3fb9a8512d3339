/**
 * Reads what was thrown: its code, and whether trying again could help.
 *
 * @module
 */

import { clock } from "./clock.ts";

/** Codes of failures that may pass: connections, name look-ups, limits. */
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "EPIPE",
  "EAI_AGAIN",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EBUSY",
  "ConnectionRefused",
  "ConnectionReset",
  "ConnectionClosed",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_SOCKET",
  "RATE_LIMIT",
  "RATE_LIMITED",
  "RATE_LIMIT_EXCEEDED",
  "TIMEOUT",
  "TimeoutError",
]);

/** HTTP statuses that invite another attempt (RFC 9110 section 15, RFC 6585, RFC 8470). */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * What `fetch` throws, by runtime, when the network fails and it gives no code: V8 in Node
 * ("fetch failed"), Deno ("error sending request…"), Chromium, Firefox, Safari and workerd.
 */
const FETCH_FAILURES: readonly RegExp[] = [
  /^fetch failed$/,
  /^error sending request/,
  /^Failed to fetch$/,
  /^NetworkError when attempting to fetch resource/,
  /^Load failed$/,
  /^Network connection lost/,
];

/** How the dates of RFC 9110 section 5.6.7 begin: with the name of a day. */
const HTTP_DATE = /^[A-Z][a-z]+,? /;

/** The code of a failure: see `StreamingError.code`. */
export function codeOf(cause: unknown): string {
  if (typeof cause !== "object" || cause === null) return "STEP_ERROR";
  const code = (cause as { code?: unknown }).code;
  if (typeof code === "string" && code !== "") return code;
  if (isDomException(cause)) return cause.name;
  const status = statusOf(cause);
  return status === undefined ? "STEP_ERROR" : `HTTP_${status}`;
}

/**
 * Whether another attempt could succeed: as the error itself says in `retryable`, else decided by
 * code and status, never by a word in a text.
 */
export function isRetryable(cause: unknown): boolean {
  // By name: workerd marks the abort reasons that it makes as retryable.
  if (isDomException(cause)) return RETRYABLE_CODES.has(codeOf(cause));
  if (cause instanceof Error && "retryable" in cause && typeof cause.retryable === "boolean") {
    return cause.retryable;
  }
  const code = codeOf(cause);
  if (RETRYABLE_CODES.has(code)) return true;
  const status = statusOf(cause);
  if (status !== undefined) {
    return RETRYABLE_STATUSES.has(status) || (status >= 500 && status < 600);
  }
  if (code !== "STEP_ERROR" || !(cause instanceof TypeError)) return false;
  if (FETCH_FAILURES.some((text) => text.test(cause.message))) return true;
  return cause.cause !== undefined && isRetryable(cause.cause);
}

function statusOf(cause: unknown): number | undefined {
  if (typeof cause !== "object" || cause === null) return undefined;
  const status = (cause as { status?: unknown }).status;
  return typeof status === "number" && Number.isInteger(status) ? status : undefined;
}

function isDomException(cause: unknown): cause is DOMException {
  return typeof DOMException === "function" && cause instanceof DOMException;
}

/**
 * How long the other side asked to wait, in milliseconds: the cause's own `retryAfterMs`, or the
 * `Retry-After` of its `headers` or its `response`'s (RFC 9110 section 10.2.3: seconds, or a date).
 */
export function retryAfterMsOf(cause: unknown): number | undefined {
  if (typeof cause !== "object" || cause === null) return undefined;
  const { retryAfterMs, headers, response } = cause as Record<string, unknown>;
  if (typeof retryAfterMs === "number" && retryAfterMs >= 0) return retryAfterMs;
  const text = readHeader(headers) ?? readHeader((response as { headers?: unknown })?.headers);
  if (text === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1_000;
  // What else `Date.parse` takes for a date differs by engine.
  const moment = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - clock.wallTime());
}

function readHeader(headers: unknown): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const { get } = headers as { get?: unknown };
  const value = typeof get === "function"
    ? get.call(headers, "retry-after")
    : (headers as Record<string, unknown>)["retry-after"];
  return typeof value === "string" ? value : undefined;
}
