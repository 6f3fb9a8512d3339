import { complaint } from "../_options.ts";
import { discard } from "../_read_body.ts";

const NAME = "writeResponse()";
const NOT_MODIFIED = 304;

/**
 * What is used of a `ServerResponse` of Node's `http`, `https` and `http2`, which Express and Fastify
 * (`reply.raw`) have too.
 *
 * @category Node
 */
export interface NodeResponse {
  /** The request that is answered. */
  readonly req?: { readonly method?: string | undefined } | undefined;
  /** Whether the head has been sent. */
  readonly headersSent: boolean;
  /** Whether everything was passed on before it was closed. */
  readonly writableFinished: boolean;
  /** Whether it has been closed. */
  readonly destroyed: boolean;
  /** Sends the status and the headers. */
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  /** Sends the head at once. */
  flushHeaders?(): void;
  /** Sends bytes, and calls back when they are on their way; false where more are to wait for `drain`. */
  write(chunk: Uint8Array, onSent: () => void): boolean;
  /** Ends the body. */
  end(): unknown;
  /** Breaks the connection off. */
  destroy(error?: Error): unknown;
  /** Calls a listener for each event. */
  on(event: "close" | "drain" | "error", listener: (error?: Error) => void): unknown;
  /** Takes a listener away. */
  off(event: "close" | "drain" | "error", listener: (error?: Error) => void): unknown;
}

/**
 * How an answer has ended.
 *
 * - `sent`: all of it was passed on to the connection.
 * - `left`: the client has left before.
 * - `failed`: the body has failed, and the connection was broken off.
 *
 * @category Node
 */
export type WriteResult = "sent" | "left" | "failed";

/**
 * Sends a `Response` through a server of Node: at the pace at which the client reads, and with its body
 * cancelled as soon as the client has left, also while nothing is sent.
 *
 * The body of an answer to `HEAD` is cancelled at once. A body that fails breaks the connection off, so that the client sees that something is missing. Nothing is
 * thrown for that: `onError` of {@linkcode toResponse} hears of it.
 *
 * @param response The answer; its body is read to the end, or cancelled.
 * @param target Where it goes; its head must not have been sent.
 * @returns Resolves when the answer has ended, with how.
 * @throws {TypeError} If the head has been sent, or the body has been read.
 * @category Node
 *
 * @example With Express
 * ```ts
 * import { toResponse } from "@headrace/http";
 * import { type NodeResponse, writeResponse } from "@headrace/http/node";
 * import { StreamingPipeline } from "@headrace/pipeline";
 *
 * const rows = StreamingPipeline.start<number>().map("row", (id) => ({ id }));
 * // app.get("/rows", sendRows);
 * const sendRows = (_request: unknown, response: NodeResponse) =>
 *   writeResponse(toResponse(rows, [1, 2, 3], { as: "ndjson" }), response);
 * ```
 */
export async function writeResponse(
  response: Response,
  target: NodeResponse,
): Promise<WriteResult> {
  if (typeof target?.writeHead !== "function") {
    throw new TypeError(complaint(NAME, "target", "a response of a server of Node", target));
  }
  if (target.headersSent) {
    throw new TypeError(
      complaint(NAME, "target", "a response whose head was not sent yet", target),
    );
  }
  if (response.bodyUsed || response.body?.locked) {
    throw new TypeError(complaint(NAME, "response", "an answer whose body was not read", response));
  }
  // Node takes a body that it does not send, and is never full: a run without an end would not end.
  const isSent = target.req?.method !== "HEAD" && response.status !== NOT_MODIFIED;
  if (!isSent) discard(response.body);
  const reader = isSent ? response.body?.getReader() : undefined;
  let isClosed = target.destroyed;
  let wake = () => {};
  const onClose = () => {
    isClosed = true;
    // Also while a read is pending, which is how an idle run hears of it.
    reader?.cancel(new DOMException("The client has left", "AbortError")).catch(() => {});
    wake();
  };
  const onDrain = () => wake();
  let unsent = 0;
  const onSent = () => {
    unsent--;
    wake();
  };
  target.on("close", onClose);
  target.on("error", onClose);
  target.on("drain", onDrain);
  try {
    if (isClosed) onClose();
    else {
      target.writeHead(response.status, listHeaders(response.headers));
      // Node would keep it until something is written: a client is to know that it is answered.
      if (reader !== undefined) target.flushHeaders?.();
    }
    while (reader !== undefined && !isClosed) {
      const { done, value } = await reader.read();
      if (done || isClosed) break;
      unsent++;
      if (!target.write(value, onSent)) await new Promise<void>((resolve) => wake = resolve);
    }
    if (!isClosed) {
      const finished = new Promise<void>((resolve) => wake = resolve);
      target.end();
      if (!target.writableFinished) await finished;
    }
    return target.writableFinished ? "sent" : "left";
  } catch {
    // What the body has failed with is told by its run. What came before it is not lost with it.
    while (unsent > 0 && !isClosed) await new Promise<void>((resolve) => wake = resolve);
    if (isClosed) return "left";
    target.destroy();
    return "failed";
  } finally {
    target.off("close", onClose);
    target.off("drain", onDrain);
    target.off("error", onClose);
  }
}

/** Cookies are the one header that is not joined. */
function listHeaders(headers: Headers): Record<string, string | string[]> {
  const listed: Record<string, string | string[]> = Object.fromEntries(headers);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) listed["set-cookie"] = cookies;
  return listed;
}
