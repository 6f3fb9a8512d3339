// Reads bodies, and no more of them than a limit says.

import { createHttpError, type Exchange } from "./_exchange.ts";

/** How long the beginning of the body of a failed answer is waited for. */
const EXCERPT_WITHIN_MS = 1_000;
const TEXT_TYPE =
  /^\s*(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml|x-www-form-urlencoded))|^\s*$/i;

/** The text of a body; fails where it is longer than `maxBytes`. */
export async function readText(
  exchange: Exchange,
  response: Response,
  maxBytes: number,
): Promise<string> {
  const declared = Number(response.headers.get("content-length") ?? 0);
  const { body } = response;
  if (body === null) return "";
  const tooLarge = () =>
    createHttpError(exchange, response, {
      code: "BODY_TOO_LARGE",
      rule: `its body must have at most ${maxBytes} bytes (maxBytes)`,
      retryable: false,
    });
  if (declared > maxBytes) {
    discard(body);
    throw tooLarge();
  }
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBytes) {
      discard(reader);
      throw tooLarge();
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** The beginning of a body that is text; what does not come in time is left out. */
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
    // The answer has failed anyway, and what has come of it is shown.
  } finally {
    clearTimeout(timer);
    discard(reader);
  }
  return text;
}

/** Lets go of a body that is not read on. How that ends matters to nobody. */
export function discard(body: { cancel(): Promise<unknown> } | null | undefined): void {
  body?.cancel().catch(() => {});
}
