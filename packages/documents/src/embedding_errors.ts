/**
 * What an {@linkcode EmbeddingHttpError} is made from.
 *
 * @category Embedding
 */
export interface EmbeddingHttpErrorDetails {
  /** See {@linkcode EmbeddingHttpError.detail}. */
  readonly detail: string;
  /** See {@linkcode EmbeddingHttpError.status}. */
  readonly status: number;
  /** See {@linkcode EmbeddingHttpError.headers}. */
  readonly headers: Headers;
}

/**
 * An endpoint refused a request. Its status and headers tell `retry` and policies whether, and when, to
 * try again.
 *
 * @category Embedding
 *
 * @example When to try again
 * ```ts
 * import { EmbeddingHttpError } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const headers = new Headers({ "retry-after": "7" });
 * const error = new EmbeddingHttpError({ detail: "", status: 429, headers });
 * assertEquals([error.status, error.retryAfterMs], [429, 7_000]);
 * ```
 */
export class EmbeddingHttpError extends Error {
  /** `EmbeddingHttpError`. */
  override readonly name: string = "EmbeddingHttpError";
  /** What the server said, without the key. Not in the message: it may repeat the texts. */
  readonly detail: string;
  /** The HTTP status. */
  readonly status: number;
  /** The headers of the answer. */
  readonly headers: Headers;
  /** How long the endpoint asks to wait, in milliseconds, when it says so. */
  readonly retryAfterMs: number | undefined;

  /** Makes the error. */
  constructor({ detail, status, headers }: EmbeddingHttpErrorDetails) {
    const retryAfterMs = readRetryAfter(headers, Date.now());
    const wait = retryAfterMs === undefined
      ? ""
      : `, retry after ${Math.ceil(retryAfterMs / 1000)} s`;
    super(`The embedding endpoint answered HTTP ${status}${wait}`);
    this.detail = detail;
    this.status = status;
    this.headers = headers;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * An embedder answered with something that cannot be the vectors of these texts: too few, empty, not
 * finite, no JSON.
 *
 * @category Embedding
 *
 * @example What it is known by
 * ```ts
 * import { EmbeddingAnswerError } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new EmbeddingAnswerError("It is not finite").code, "EMBEDDING_ANSWER");
 * ```
 */
export class EmbeddingAnswerError extends Error {
  /** `EmbeddingAnswerError`. */
  override readonly name: string = "EmbeddingAnswerError";
  /** `EMBEDDING_ANSWER`. */
  readonly code: string = "EMBEDDING_ANSWER";
}

/**
 * No answer came: the endpoint is down, or the address is wrong.
 *
 * @category Embedding
 *
 * @example Another attempt may succeed
 * ```ts
 * import { EmbeddingUnreachableError } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new EmbeddingUnreachableError("Cannot reach it").retryable, true);
 * ```
 */
export class EmbeddingUnreachableError extends Error {
  /** `EmbeddingUnreachableError`. */
  override readonly name: string = "EmbeddingUnreachableError";
  /** `EMBEDDING_UNREACHABLE`. */
  readonly code: string = "EMBEDDING_UNREACHABLE";
  /** Whether another attempt could succeed. */
  readonly retryable: boolean = true;
}

/**
 * What a {@linkcode RefusedTextError} is made from.
 *
 * @category Embedding
 */
export interface RefusedTextErrorDetails {
  /** Why it was refused; absent where it was refused before. */
  readonly cause?: unknown;
}

/**
 * An embedder cannot take this text. The texts beside it have their vectors.
 *
 * @category Embedding
 *
 * @example What was refused
 * ```ts
 * import { EmbeddingHttpError, RefusedTextError } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const cause = new EmbeddingHttpError({ detail: "too long", status: 413, headers: new Headers() });
 * const error = new RefusedTextError(cause.message, { cause });
 * assertEquals([error.code, error.detail], ["HTTP_413", "too long"]);
 * ```
 */
export class RefusedTextError extends Error {
  /** `RefusedTextError`. */
  override readonly name: string = "RefusedTextError";
  /** `HTTP_` and the status of the answer, or `TEXT_REFUSED`. */
  readonly code: string;
  /** What the server said. Not in the message: it may repeat the text. */
  readonly detail: string;

  /** Makes the error. */
  constructor(message: string, { cause }: RefusedTextErrorDetails = {}) {
    super(message, { cause });
    const refusal = cause instanceof EmbeddingHttpError ? cause : undefined;
    this.code = refusal === undefined ? "TEXT_REFUSED" : `HTTP_${refusal.status}`;
    this.detail = refusal?.detail ?? "";
  }
}

/** The three forms of a date in RFC 9110, section 5.6.7; the last one has no zone, and is UTC as well. */
const DATE =
  /^(?:[a-z]{3,9}, \d\d[ -][a-z]{3}[ -](?:\d{4}|\d\d) [\d:]{8} GMT|[a-z]{3} [a-z]{3} [ \d]\d [\d:]{8} \d{4})$/i;

/**
 * `retry-after-ms`, or `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. `Date.parse` alone is no
 * check: it takes `1.5` for a day in January.
 */
function readRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const milliseconds = readNumber(headers.get("retry-after-ms"));
  if (milliseconds !== undefined) return milliseconds;
  const value = headers.get("retry-after");
  const seconds = readNumber(value);
  if (seconds !== undefined) return seconds * 1_000;
  const date = value?.trim() ?? "";
  const atMs = DATE.test(date) ? Date.parse(date.endsWith("GMT") ? date : `${date} GMT`) : NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/** Of a header that was sent twice, the first value. */
function readNumber(value: string | null): number | undefined {
  const digits = /^\s*(\d+\.?\d*|\.\d+)\s*(?:,|$)/.exec(value ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
