// A request that was made, and the errors about its answer.

import { HttpError, type HttpErrorCode } from "./http_error.ts";
import { collectSecrets, showUrl, toShown } from "./_secrets.ts";

/** Headers that errors leave out: they hold keys, or URLs that may hold some. */
const PRIVATE_RESPONSE_HEADERS = [
  "set-cookie",
  "set-cookie2",
  "location",
  "content-location",
  "link",
];

/** What was asked. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
}

/** What an error says besides the answer. */
export interface ErrorParts {
  readonly code: HttpErrorCode;
  /** What is wrong, such as `its status is 404`. */
  readonly rule: string;
  readonly body?: string | undefined;
  readonly retryable?: boolean | undefined;
}

/** The error about the answer to `exchange`. */
export function createHttpError(
  exchange: Exchange,
  response: Pick<Response, "status" | "headers">,
  { code, rule, body, retryable }: ErrorParts,
): HttpError {
  const { method, url, headers } = exchange;
  const secrets = collectSecrets(url, headers);
  const shownUrl = showUrl(url);
  const text = `Cannot use the answer of ${method} ${shownUrl}: ${rule}`;
  return new HttpError(toShown(text, secrets), {
    code,
    method,
    url: toShown(shownUrl, secrets),
    status: response.status,
    headers: toShownHeaders(response.headers, secrets),
    body: body === undefined ? undefined : toShown(body, secrets),
    retryable,
  });
}

function toShownHeaders(headers: Headers, secrets: readonly string[]): Headers {
  const shown = new Headers();
  for (const [name, value] of headers) {
    if (PRIVATE_RESPONSE_HEADERS.includes(name.toLowerCase())) continue;
    try {
      shown.append(name, toShown(value, secrets));
    } catch {
      // A value that is not valid in a header, which some runtimes read nevertheless, is left out.
    }
  }
  return shown;
}
