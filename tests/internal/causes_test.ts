import { assertEquals } from "@std/assert";
import { codeOf, isRetryable } from "../../src/internal/causes.ts";
import { test } from "../harness.ts";

/** What was thrown, the code it gets, and whether another attempt could help. */
type Row = readonly [thrown: unknown, code: string, retryable: boolean];

function withCode(code: unknown, message = "failed"): Error {
  return Object.assign(new Error(message), { code });
}

function withStatus(status: unknown, more: object = {}): Error {
  return Object.assign(new Error("failed"), { status, ...more });
}

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  "nothing that carries a code": [
    [undefined, "STEP_ERROR", false],
    [null, "STEP_ERROR", false],
    ["ETIMEDOUT", "STEP_ERROR", false],
    [503, "STEP_ERROR", false],
    [{}, "STEP_ERROR", false],
    [new Error("failed"), "STEP_ERROR", false],
    [new RangeError("out of bounds"), "STEP_ERROR", false],
  ],
  "a code of its own": [
    [withCode("MY_CODE"), "MY_CODE", false],
    [withCode("ENOENT"), "ENOENT", false],
    [withCode("EACCES"), "EACCES", false],
    [{ code: "PLAIN_OBJECT" }, "PLAIN_OBJECT", false],
    [withCode(42), "STEP_ERROR", false],
    [withCode(""), "STEP_ERROR", false],
    [withCode(undefined), "STEP_ERROR", false],
  ],
  "a code of the network or of a limit": [
    ...[
      ...["ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "ETIMEDOUT", "EPIPE", "EAI_AGAIN"],
      ...["ENETUNREACH", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_SOCKET"],
      ...["RATE_LIMIT", "RATE_LIMITED", "TIMEOUT"],
    ].map((code): Row => [withCode(code), code, true]),
  ],
  "a DOM exception": [
    [new DOMException("too late", "TimeoutError"), "TimeoutError", true],
    [new DOMException("stopped", "AbortError"), "AbortError", false],
    [new DOMException("full", "QuotaExceededError"), "QuotaExceededError", false],
  ],
  "an HTTP status": [
    ...[408, 425, 429, 500, 502, 503, 504, 599].map((status): Row => {
      return [withStatus(status), `HTTP_${status}`, true];
    }),
    ...[200, 301, 400, 401, 403, 404, 409, 410, 422, 600].map((status): Row => {
      return [withStatus(status), `HTTP_${status}`, false];
    }),
    [{ status: 503 }, "HTTP_503", true],
    [withStatus("503"), "STEP_ERROR", false],
    [withStatus(503.5), "STEP_ERROR", false],
    [withStatus(Number.NaN), "STEP_ERROR", false],
  ],
  "a code beside an HTTP status": [
    [withStatus(429, { code: "insufficient_quota" }), "insufficient_quota", true],
    [withStatus(404, { code: "ECONNRESET" }), "ECONNRESET", true],
    [withStatus(404, { code: "model_not_found" }), "model_not_found", false],
  ],
  "what fetch throws": [
    ...[
      "fetch failed",
      "error sending request for url (http://localhost/): connection refused",
      "Failed to fetch",
      "NetworkError when attempting to fetch resource.",
      "Load failed",
      "Network connection lost.",
    ].map((message): Row => [new TypeError(message), "STEP_ERROR", true]),
    [new TypeError("Invalid URL"), "STEP_ERROR", false],
    [new TypeError("x is not a function"), "STEP_ERROR", false],
    [new TypeError("the fetch failed"), "STEP_ERROR", false],
    [new Error("fetch failed"), "STEP_ERROR", false],
    [new TypeError("failed", { cause: withCode("ECONNRESET") }), "STEP_ERROR", true],
    [new TypeError("failed", { cause: withCode("ENOENT") }), "STEP_ERROR", false],
  ],
  "words that only sound like it": [
    [new Error("ETIMEDOUT"), "STEP_ERROR", false],
    [new Error("rate limit, please retry, 503"), "STEP_ERROR", false],
    [withCode("VALIDATION", "timeout must be a number"), "VALIDATION", false],
  ],
};

for (const [name, rows] of Object.entries(ROWS)) {
  test(`the code and the chances of ${name}`, () => {
    const actual = rows.map(([thrown]) => [thrown, codeOf(thrown), isRetryable(thrown)]);

    assertEquals(actual, rows.map((row) => [...row]));
  });
}
