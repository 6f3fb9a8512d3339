import { assert, assertEquals } from "@std/assert";
import { codeOf, isRetryable } from "../../src/internal/causes.ts";
import { test } from "../harness.ts";
import { HOSTILE_VALUES } from "../support/hostile_values.ts";

/** What was thrown, the code it gets, and whether another attempt could help. */
type Row = readonly [thrown: unknown, code: string, retryable: boolean];

const CODELESS = ["STEP_ERROR", true] as const;

function withCode(code: unknown, message = "failed", more: object = {}): Error {
  return Object.assign(new Error(message), { code, ...more });
}

/** An error as another realm makes it. */
function like(name: string, message: string, tag = "Error"): object {
  return { __proto__: null, name, message, stack: name, [Symbol.toStringTag]: tag };
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
      ...["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ENOTFOUND", "ERR_NETWORK"],
      ...["ConnectionRefused", "ConnectionClosed", "FailedToOpenSocket"],
      ...["RATE_LIMIT", "RATE_LIMITED", "TIMEOUT"],
    ].map((code): Row => [withCode(code), code, true]),
  ],
  "a DOM exception": [
    [new DOMException("too late", "TimeoutError"), "TimeoutError", true],
    [new DOMException("stopped", "AbortError"), "AbortError", false],
    [new DOMException("full", "QuotaExceededError"), "QuotaExceededError", false],
  ],
  "what reads like a DOM exception of another realm": [
    [like("TimeoutError", "late", "DOMException"), "TimeoutError", true],
    [like("QuotaExceededError", "full", "DOMException"), "QuotaExceededError", false],
    [like("TimeoutError", "late"), "TimeoutError", true],
    [{ ...like("AbortError", "stopped"), retryable: true }, "AbortError", false],
  ],
  "a name that serves as a code": [
    [like("ConnectionReset", "os error 104"), "STEP_ERROR", true],
    [like("PermissionDenied", "os error 13"), "STEP_ERROR", false],
  ],
  "an error that says whether it is retryable": [
    [Object.assign(new Error("no"), { retryable: true }), "STEP_ERROR", true],
    [withCode("ECONNRESET", "no", { retryable: false }), "ECONNRESET", false],
    [{ ...like("Error", "no"), retryable: true }, "STEP_ERROR", true],
    [withCode("ECONNRESET", "no", { retryable: "no" }), "ECONNRESET", true],
  ],
  "an HTTP status": [
    ...[408, 425, 429, 500, 502, 503, 504, 599].map((status): Row => {
      return [withStatus(status), `HTTP_${status}`, true];
    }),
    ...[200, 301, 400, 401, 403, 404, 409, 410, 422, 600].map((status): Row => {
      return [withStatus(status), `HTTP_${status}`, false];
    }),
    [{ status: 503 }, "HTTP_503", true],
    [{ statusCode: 503 }, "HTTP_503", true],
    [{ response: { status: 429 } }, "HTTP_429", true],
    [{ response: new Response(null, { status: 404 }) }, "HTTP_404", false],
    [{ response: { statusCode: 502 } }, "HTTP_502", true],
    [new Response(null, { status: 503 }), "HTTP_503", true],
    [new Error("failed", { cause: { response: { status: 503 } } }), "STEP_ERROR", true],
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
      "terminated",
      "error sending request for url (http://localhost/): connection refused",
      "error reading a body from connection",
      "Failed to fetch",
      "Failed to fetch (api.example.com)",
      "network error",
      "NetworkError when attempting to fetch resource.",
      "Error in input stream",
      "Load failed",
      "The network connection was lost.",
      "The Internet connection appears to be offline.",
      "The request timed out.",
      "Network request failed",
      "Network connection lost.",
    ].flatMap((message): Row[] => [
      [new TypeError(message), "STEP_ERROR", true],
      [like("TypeError", message), "STEP_ERROR", true],
    ]),
    [new Error("Network connection lost."), "STEP_ERROR", true],
    [new TypeError("Invalid URL"), "STEP_ERROR", false],
    [new TypeError("x is not a function"), "STEP_ERROR", false],
    [new TypeError("the fetch failed"), "STEP_ERROR", false],
    [new Error("fetch failed"), "STEP_ERROR", false],
    [new TypeError("failed", { cause: withCode("ECONNRESET") }), "STEP_ERROR", true],
    [new TypeError("failed", { cause: withCode("ENOENT") }), "STEP_ERROR", false],
    [new Error("wrapped", { cause: new TypeError("fetch failed") }), "STEP_ERROR", true],
    [new TypeError("fetch failed", { cause: withCode("UND_ERR_SOCKET") }), "STEP_ERROR", true],
    [new TypeError("fetch failed", { cause: withCode("EADDRNOTAVAIL") }), "STEP_ERROR", true],
    [new TypeError("fetch failed", { cause: new Error("reset (os error 104)") }), ...CODELESS],
  ],
  "a certificate, and what else does not pass": [
    ...[
      ...["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN"],
      ...["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
      ...["ERR_TLS_CERT_ALTNAME_INVALID", "ERR_SSL_WRONG_VERSION_NUMBER", "HOSTNAME_MISMATCH"],
      ...["EPROTO", "CRL_HAS_EXPIRED", "INVALID_CA", "UND_ERR_INVALID_ARG", "ERR_INVALID_URL"],
    ].flatMap((code): Row[] => [
      [withCode(code), code, false],
      [new TypeError("fetch failed", { cause: withCode(code) }), "STEP_ERROR", false],
    ]),
    ...["bad port", "unknown scheme", "error sending request: invalid peer certificate: Expired"]
      .flatMap((message): Row[] => [
        [new TypeError("fetch failed", { cause: new Error(message) }), "STEP_ERROR", false],
        [new TypeError(message), "STEP_ERROR", false],
      ]),
    [new TypeError("Fetch failed: Requests to port 1 are blocked"), "STEP_ERROR", false],
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

test("whatever was thrown has a code and is retryable or not", () => {
  for (const [name, make] of Object.entries(HOSTILE_VALUES)) {
    const thrown = make();
    assert(codeOf(thrown) !== "", name);
    assertEquals(typeof isRetryable(thrown), "boolean", name);
  }
});

test("the cause is found below other causes, but not for ever", () => {
  const wrap = (depth: number): Error => {
    let error = withCode("ECONNRESET");
    for (let count = 0; count < depth; count++) error = new Error("wrapped", { cause: error });
    return error;
  };

  assertEquals([0, 1, 10, 90].map((depth) => isRetryable(wrap(depth))), [true, true, true, true]);
  assertEquals(isRetryable(wrap(1_000)), false);
});
