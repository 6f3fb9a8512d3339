// Reads bodies up to a limit.

import { createHttpError, type Exchange } from "./_exchange.ts";
import { hideIn } from "./_secrets.ts";

/** How long reading the excerpt of an error's body may take. */
const EXCERPT_WITHIN_MS = 1_000;
const TEXT_TYPE =
  /^\s*(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml|x-www-form-urlencoded))|^\s*$/i;

/**
 * The chunks of the body of an answer to `exchange`, which is cancelled when reading stops or the signal is
 * aborted.
 */
export async function* readChunks(
  exchange: Exchange,
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader();
  // The platform's `fetch` ends a body with the signal of its request; another `fetch` may not.
  const onAbort = () => discard(reader);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return signal.throwIfAborted();
      yield value;
    }
  } catch (error) {
    // A reason is the caller's own.
    if (!signal.aborted) hideIn(error, exchange);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    discard(reader);
  }
}

/** What is read of an answer. */
export interface ReadOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** The text of a body; fails where it is longer than `maxBytes`. */
export async function readText(
  exchange: Exchange,
  response: Response,
  options: ReadOptions,
): Promise<string> {
  return new TextDecoder().decode(await readBytes(exchange, response, options));
}

/** As {@linkcode readText}, its bytes. */
export async function readBytes(
  exchange: Exchange,
  response: Response,
  { maxBytes, signal }: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { body } = response;
  if (body === null) return new Uint8Array();
  const tooLarge = () =>
    createHttpError(exchange, response, {
      code: "BODY_TOO_LARGE",
      rule: `its body must have at most ${maxBytes} bytes (maxBytes)`,
      retryable: false,
    });
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) {
    discard(body);
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readChunks(exchange, body, signal)) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** The beginning of a body that is text, as far as it arrives in time. */
export async function readExcerpt(response: Response, maxBytes: number): Promise<string> {
  const { body } = response;
  if (body === null) return "";
  if (maxBytes === 0 || !TEXT_TYPE.test(response.headers.get("content-type") ?? "")) {
    discard(body);
    return "";
  }
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, EXCERPT_WITHIN_MS, undefined);
  });
  let text = "";
  let left = maxBytes;
  try {
    while (left > 0) {
      const read = await Promise.race([reader.read(), late]);
      if (read === undefined || read.done) break;
      text += decoder.decode(read.value.subarray(0, left), { stream: true });
      left -= read.value.byteLength;
    }
  } catch {
    // The request has failed anyway: the excerpt is what arrived before.
  } finally {
    clearTimeout(timer);
    discard(reader);
  }
  return text;
}

/** Cancels a body that is not wanted; a failure of that has no consequence. */
export function discard(body: { cancel(): Promise<unknown> } | null | undefined): void {
  body?.cancel().catch(() => {});
}
