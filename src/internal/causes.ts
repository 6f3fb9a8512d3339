/**
 * Reads a failure: its code, and whether trying again could help.
 *
 * @module
 */

import { causesOf, readProperty, readText } from "./thrown.ts";

/**
 * Codes of failures that may pass: connections, name look-ups, limits. Runtimes have them as
 * `code`, or as the `name` of an error without a code.
 */
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "EPIPE",
  "EAI_AGAIN",
  "ENOTFOUND",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EBUSY",
  // Node and its clients of HTTP
  "ERR_NETWORK",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_TLS_HANDSHAKE_TIMEOUT",
  // undici
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_SOCKET",
  "UND_ERR_INFO",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  // Bun, and the names of Deno's errors
  "ConnectionRefused",
  "ConnectionReset",
  "ConnectionAborted",
  "ConnectionClosed",
  "FailedToOpenSocket",
  "BrokenPipe",
  "NetworkUnreachable",
  "TimedOut",
  // Services
  "RATE_LIMIT",
  "RATE_LIMITED",
  "RATE_LIMIT_EXCEEDED",
  "TIMEOUT",
  "TimeoutError",
]);

/** HTTP statuses that invite another attempt (RFC 9110 section 15, RFC 6585, RFC 8470). */
const RETRYABLE_STATUSES: readonly number[] = [408, 425, 429];

/** What the `TypeError` of a `fetch` says, by runtime, when the network fails. */
const FETCH_FAILURES: readonly RegExp[] = [
  // Node and Deno
  /^fetch failed$/,
  /^terminated$/,
  /^error (sending request|reading a body)/,
  // Chromium
  /^Failed to fetch/,
  /^network error$/,
  // Firefox
  /^NetworkError when attempting to fetch resource/,
  /^Error in input stream$/,
  // Safari and React Native
  /^Load failed/,
  /^The (Inter)?net(work)? connection /,
  /^The request timed out/,
  /^Network request failed$/,
];

/** What workerd says, in an error of any class. */
const CONNECTION_LOST = /^Network connection lost/;

/**
 * Codes that stand below a failed `fetch` and do not pass: certificates (OpenSSL's names for them),
 * TLS, and what Node and undici refuse.
 */
const LASTING_CODES =
  /CERT|CRL_|^UNABLE_TO_|SELF_SIGNED|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^EPROTO$|^ERR_|^UND_ERR_/;

/** Deno has no codes for them. */
const LASTING_MESSAGES = /certificate|^(bad port|unknown scheme)$/i;

/** The code of a failure: see `StreamingError.code`. */
export function codeOf(thrown: unknown): string {
  const code = readText(thrown, "code") ?? signalNameOf(thrown);
  if (code !== undefined) return code;
  const status = statusOf(thrown);
  return status === undefined ? "STEP_ERROR" : `HTTP_${status}`;
}

/**
 * Whether another attempt could succeed: as the error itself says in `retryable`, else decided by
 * code and status, never by a word in a text where there is one of these. An error that says
 * nothing is judged by its cause.
 */
export function isRetryable(thrown: unknown): boolean {
  let isNetwork = false;
  for (const error of causesOf(thrown)) {
    // By name: workerd marks the abort reasons that it makes as retryable.
    const signalName = signalNameOf(error);
    if (signalName !== undefined) return RETRYABLE_CODES.has(signalName);
    const retryable = readProperty(error, "retryable");
    if (typeof retryable === "boolean") return retryable;
    const code = readText(error, "code");
    if (RETRYABLE_CODES.has(code ?? readText(error, "name") ?? "")) return true;
    const status = statusOf(error);
    if (status !== undefined) return isRetryableStatus(status);
    if (code !== undefined) return isNetwork && !LASTING_CODES.test(code);
    const message = readText(error, "message") ?? "";
    if (LASTING_MESSAGES.test(message)) return false;
    isNetwork ||= isNetworkFailure(readText(error, "name"), message);
  }
  return isNetwork;
}

function isRetryableStatus(status: number): boolean {
  return RETRYABLE_STATUSES.includes(status) || (status >= 500 && status < 600);
}

function isNetworkFailure(name: string | undefined, message: string): boolean {
  if (CONNECTION_LOST.test(message)) return true;
  return name === "TypeError" && FETCH_FAILURES.some((text) => text.test(message));
}

/** The status of an HTTP answer, as clients put it on their errors. */
export function statusOf(thrown: unknown): number | undefined {
  const response = readProperty(thrown, "response");
  for (const carrier of [thrown, response]) {
    for (const key of ["status", "statusCode"]) {
      const status = readProperty(carrier, key);
      if (Number.isInteger(status)) return status as number;
    }
  }
  return undefined;
}

/** The status of what was thrown, or of the first of its causes that has one. */
export function firstStatusOf(thrown: unknown): number | undefined {
  for (const error of causesOf(thrown)) {
    const status = statusOf(error);
    if (status !== undefined) return status;
  }
  return undefined;
}

/** The name of a DOM exception, or of an error that reads like the reason of an abort. */
function signalNameOf(thrown: unknown): string | undefined {
  const name = readText(thrown, "name");
  const isDomException = readProperty(thrown, Symbol.toStringTag) === "DOMException";
  return isDomException || name === "AbortError" || name === "TimeoutError" ? name : undefined;
}
