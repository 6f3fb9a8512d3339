import { toUrl } from "./_base_url.ts";
import { createHttpError } from "./_exchange.ts";
import { readInteger, requireFunction } from "./_options.ts";
import { discard, readExcerpt } from "./_read_body.ts";
import { hasNoKey, isRedirect, redirect, type Sendable } from "./_redirects.ts";
import { hideIn } from "./_secrets.ts";

const DEFAULT_MAX_ERROR_BYTES = 2_048;
const DEFAULT_MAX_REDIRECTS = 10;

/**
 * What makes requests: the platform's `fetch`, or one with the same form, such as that of a service binding
 * of a Worker.
 *
 * @category Requests
 */
export type FetchFunction = (
  input: string | URL | Request,
  init?: RequestInit,
) => Promise<Response>;

/**
 * What `fetch` takes, and what becomes of an answer that is not a success.
 *
 * @category Requests
 */
export interface FetchOkInit extends RequestInit {
  /** What makes the request. @default {globalThis.fetch} */
  readonly fetch?: FetchFunction | undefined;
  /**
   * How much of the body of such an answer the error holds, in bytes: a non-negative integer.
   * @default {2_048}
   */
  readonly maxErrorBytes?: number | undefined;
  /**
   * How many redirects a request with headers of its own or a body follows: a non-negative integer. With 0,
   * no request follows one. @default {10}
   */
  readonly maxRedirects?: number | undefined;
}

/**
 * Fetches, and throws an {@linkcode HttpError} unless the answer is a success (status 200 to 299): with its
 * status, its headers and the beginning of its body. The rest of such a body is cancelled.
 *
 * No redirect takes a key to another host. A request that holds headers of its own or a body is redirected
 * here and not by the platform: to another host go only headers that do not identify the client, such as
 * `accept`; a body goes to none, and nothing goes from `https:` to `http:`. A browser does not say where a
 * redirect leads, so that there such a request is refused. `redirect: "error"` and `"manual"` mean what they
 * mean to `fetch`; an answer that redirects is then no success.
 *
 * Failures of the network, and the reason of an aborted signal, come as `fetch` throws them, without the keys of
 * a URL. The body is the platform's own: where it breaks off while you read it, Bun (1.4) shows the whole URL in
 * the error.
 *
 * @param input What is fetched.
 * @param init As for `fetch`, and limits.
 * @returns The answer, its body unread.
 * @throws {HttpError} If the answer is not a success, or a redirect is refused.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Requests
 *
 * @example A stage that is tried again
 * ```ts
 * import { fetchOk } from "@headrace/http";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const answers = [new Response("busy", { status: 503, headers: { "retry-after": "0" } }), new Response("water")];
 * const fetch = () => Promise.resolve(answers.shift()!);
 *
 * const texts = StreamingPipeline.start<string>()
 *   .map("answer", (url, _index, { signal }) => fetchOk(url, { signal, fetch }), {
 *     retry: { maxAttempts: 3, backoffMs: 1 },
 *   })
 *   .map("text", (answer) => answer.text());
 *
 * assertEquals(await texts.executeToArray("https://api.example.com/"), ["water"]);
 * ```
 */
export async function fetchOk(
  input: string | URL | Request,
  init: FetchOkInit = {},
): Promise<Response> {
  const { fetch: given, maxErrorBytes, maxRedirects, ...rest } = init;
  requireFunction("fetchOk", "fetch", given);
  const excerpt = { fallback: DEFAULT_MAX_ERROR_BYTES, least: 0 } as const;
  const errorBytes = readInteger("fetchOk", "maxErrorBytes", maxErrorBytes, excerpt);
  const redirects = { fallback: DEFAULT_MAX_REDIRECTS, least: 0 } as const;
  const mostRedirects = readInteger("fetchOk", "maxRedirects", maxRedirects, redirects);

  const fetch = given ?? globalThis.fetch;
  const asked = toSendable(input, rest);
  const wanted = rest.redirect ?? (isRequest(input) ? input.redirect : "follow");
  const isFollowed = wanted === "follow" && (mostRedirects === 0 || !hasNoKey(asked));
  const mode: RequestInit["redirect"] = isFollowed ? "manual" : wanted;

  let request = asked;
  const { signal } = signalOf(input, rest);
  const send = async (input: string | URL | Request, init: RequestInit): Promise<Response> => {
    try {
      return await fetch(input, { ...init, redirect: mode });
    } catch (error) {
      // A reason is the caller's own.
      if (!signal?.aborted) {
        hideIn(error, { ...request, given: isRequest(input) ? input.url : input });
      }
      throw error;
    }
  };
  let response = await send(input, rest);
  for (let count = 0; isFollowed && isRedirect(response); count++) {
    discard(response.body);
    if (count === mostRedirects) {
      const rule = `it must be redirected at most ${mostRedirects} times (maxRedirects)`;
      throw createHttpError(request, response, {
        code: "REDIRECT_REFUSED",
        rule,
        retryable: false,
      });
    }
    request = redirect(request, response);
    response = await send(request.url, {
      ...rest,
      ...signalOf(input, rest),
      method: request.method,
      headers: request.headers,
      body: request.body?.value ?? null,
    });
  }
  if (response.ok) return response;
  const body = await readExcerpt(response, errorBytes);
  signal?.throwIfAborted();
  throw createHttpError(request, response, {
    code: `HTTP_${response.status}`,
    rule: `its status is ${response.status}`,
    body,
  });
}

/** The request that `fetch` would make of its arguments. */
export function toSendable(input: string | URL | Request, init: RequestInit): Sendable {
  const given = isRequest(input) ? input : undefined;
  const { body = given?.body ?? null } = init;
  return {
    method: (init.method ?? given?.method ?? "GET").toUpperCase(),
    url: toUrl(given?.url ?? input),
    headers: toHeaders(init.headers ?? given?.headers),
    body: body === null ? undefined : { value: isReplayable(body) ? body : undefined },
  };
}

/** As the platform makes them, whose error for one that is not valid shows its value. */
export function toHeaders(given: RequestInit["headers"]): Headers {
  try {
    return new Headers(given);
  } catch {
    throw new TypeError(
      "Cannot make a request: each header must be a name and a value without line breaks, of characters " +
        "up to U+00FF",
    );
  }
}

/** By what it has: a request may be of another realm. */
function isRequest(input: string | URL | Request): input is Request {
  return typeof input === "object" && input !== null && "url" in input;
}

/** A stream, and an iterable of chunks that Node takes, is read once. */
function isReplayable(body: BodyInit): boolean {
  return typeof body === "string" || ArrayBuffer.isView(body) ||
    !("getReader" in body) && !(Symbol.asyncIterator in body);
}

function signalOf(
  input: string | URL | Request,
  { signal }: RequestInit,
): { readonly signal?: AbortSignal | null } {
  if (signal !== undefined) return { signal };
  return isRequest(input) ? { signal: input.signal } : {};
}
