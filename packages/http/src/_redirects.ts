// Where a redirect may go, and with what: a request that may hold a key never takes it to another host.

import { decodeHeader } from "./_base_url.ts";
import { createHttpError, type Exchange } from "./_exchange.ts";
import type { HttpError } from "./http_error.ts";
import { isPublicHeader } from "./_secrets.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const WEB: readonly string[] = ["http:", "https:"];

/** A request as it can be sent again. */
export interface Sendable extends Exchange {
  /** Absent where there is none; its `value` is `undefined` where it can be sent only once. */
  readonly body: { readonly value: BodyInit | undefined } | undefined;
}

/** Whether the platform may follow redirects by itself: there is no key that could leave. */
export function hasNoKey({ headers, body }: Sendable): boolean {
  return body === undefined && [...headers.keys()].every(isPublicHeader);
}

/** Whether an answer is a redirect that was not followed. */
export function isRedirect({ status, type, headers }: Response): boolean {
  return type === "opaqueredirect" || REDIRECTS.has(status) && headers.has("location");
}

/** The request that a redirect leads to (Fetch, "HTTP-redirect fetch"); throws where it must not. */
export function redirect(request: Sendable, response: Response): Sendable {
  const refuse = (rule: string): HttpError =>
    createHttpError(request, response, { code: "REDIRECT_REFUSED", rule, retryable: false });
  if (response.type === "opaqueredirect") {
    throw refuse("it is a redirect, and a browser does not say where to: ask the last URL itself");
  }
  const location = decodeHeader(response.headers.get("location")!);
  if (!URL.canParse(location, request.url)) throw refuse("its redirect must lead to a valid URL");
  const url = new URL(location, request.url);
  if (
    !WEB.includes(url.protocol) || request.url.protocol === "https:" && url.protocol === "http:"
  ) {
    throw refuse(`its redirect must stay with ${request.url.protocol}, got ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse("its redirect must lead to a URL without a user and a password");
  }

  const { status } = response;
  const becomesGet = status === 303 && request.method !== "HEAD" ||
    (status === 301 || status === 302) && request.method === "POST";
  const method = becomesGet ? "GET" : request.method;
  const body = becomesGet ? undefined : request.body;
  const headers = new Headers(request.headers);
  if (becomesGet) {
    for (const name of [...headers.keys()]) if (name.startsWith("content-")) headers.delete(name);
  }
  if (url.origin !== request.url.origin) {
    if (body !== undefined || method !== "GET" && method !== "HEAD") {
      throw refuse(
        `its redirect leads to ${url.origin}, and ${method} is not sent to another host`,
      );
    }
    for (const name of [...headers.keys()]) if (!isPublicHeader(name)) headers.delete(name);
  }
  if (body !== undefined && body.value === undefined) {
    throw refuse("it is a redirect, and the body of the request can be sent once only");
  }
  return { method, url, headers, body };
}
