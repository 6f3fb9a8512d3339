/**
 * What is wrong with an answer.
 *
 * - `HTTP_503` and the like: its status is not a success.
 * - `REDIRECT_REFUSED`: it leads to where the request must not go, or in a circle.
 * - `BODY_TOO_LARGE`: its body is longer than the limit.
 * - `INVALID_BODY`: its body is not what it must be, such as JSON, or the text of events.
 * - `PAGE_REFUSED`: the next page is on another host, comes again, or is one too many.
 *
 * @category Requests
 */
export type HttpErrorCode =
  | `HTTP_${number}`
  | "REDIRECT_REFUSED"
  | "BODY_TOO_LARGE"
  | "INVALID_BODY"
  | "PAGE_REFUSED";

/**
 * What an {@linkcode HttpError} is made from.
 *
 * @category Requests
 */
export interface HttpErrorDetails {
  /** See {@linkcode HttpError.code}. */
  readonly code: HttpErrorCode;
  /** See {@linkcode HttpError.method}. */
  readonly method: string;
  /** See {@linkcode HttpError.url}. */
  readonly url: string;
  /** See {@linkcode HttpError.status}. */
  readonly status: number;
  /** See {@linkcode HttpError.headers}. */
  readonly headers: Headers;
  /** See {@linkcode HttpError.body}. */
  readonly body?: string | undefined;
  /** See {@linkcode HttpError.retryable}. */
  readonly retryable?: boolean | undefined;
}

/**
 * An answer that is not a success, or that cannot be used.
 *
 * `status` and `headers` stand where the core looks for them: `retry` tries again after 408, 425, 429 and
 * 5xx and honours `Retry-After`, and policies pause all who share a limit. Neither the message nor what the
 * error holds shows what the request had as a key; control characters are written out.
 *
 * In a stage it is the `cause` of the `StreamingError`, whose `code` is the same.
 *
 * @category Requests
 *
 * @example What a service says
 * ```ts
 * import { fetchOk, HttpError } from "@headrace/http";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const fetch = () => Promise.resolve(new Response("no such mill", { status: 404 }));
 * const error = await assertRejects(() => fetchOk("https://api.example.com/mills/7?key=abc123", { fetch }), HttpError);
 *
 * assertEquals([error.code, error.status, error.body], ["HTTP_404", 404, "no such mill"]);
 * assertEquals(error.message, "Cannot use the answer of GET https://api.example.com/mills/7: its status is 404");
 * ```
 */
export class HttpError extends Error {
  /** `HttpError`. */
  override readonly name: string = "HttpError";
  /** What is wrong. */
  readonly code: HttpErrorCode;
  /** The method of the request. */
  readonly method: string;
  /** Origin and path of the URL; the rest of it may hold a key. */
  readonly url: string;
  /** The status of the answer. */
  readonly status: number;
  /** The headers of the answer, without cookies. */
  readonly headers: Headers;
  /** The beginning of the body of an answer that is not a success, where it is text; else empty. */
  readonly body: string;
  /** Whether another attempt could help; absent where the status says it. */
  readonly retryable?: boolean;

  /** Makes the error. */
  constructor(message: string, details: HttpErrorDetails) {
    super(message);
    this.code = details.code;
    this.method = details.method;
    this.url = details.url;
    this.status = details.status;
    this.headers = details.headers;
    this.body = details.body ?? "";
    if (details.retryable !== undefined) this.retryable = details.retryable;
  }
}
