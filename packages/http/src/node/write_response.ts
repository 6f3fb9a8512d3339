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
  /** The request that is answered, and its connection. */
  readonly req?: {
    readonly method?: string | undefined;
    readonly socket?: NodeConnection | null | undefined;
  } | undefined;
  /** Its connection; none while it waits for another answer on it. */
  readonly socket?: object | null | undefined;
  /** Whether the head has been sent. */
  readonly headersSent: boolean;
  /** Whether everything was passed to the connection before it was closed. */
  readonly writableFinished: boolean;
  /** Whether it has been closed. */
  readonly destroyed: boolean;
  /** Sends the status and the headers. */
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  /** Sends the head at once. */
  flushHeaders?(): void;
  /**
   * Sends bytes, and calls back when they are on their way; false where more must wait for `drain`.
   */
  write(chunk: Uint8Array, onSent: () => void): boolean;
  /** Ends the body. */
  end(): unknown;
  /** Breaks the connection off. */
  destroy(error?: Error): unknown;
  /** Calls a listener for each event. */
  on(event: "close" | "drain" | "error", listener: (error?: Error) => void): unknown;
  /** Removes a listener. */
  off(event: "close" | "drain" | "error", listener: (error?: Error) => void): unknown;
}

/**
 * What is used of a connection of Node.
 *
 * @category Node
 */
export interface NodeConnection {
  /** Whether it has been closed. */
  readonly destroyed?: boolean | undefined;
  /** Calls a listener when it is closed. */
  on(event: "close", listener: () => void): unknown;
  /** Removes a listener. */
  off(event: "close", listener: () => void): unknown;
}

/**
 * How an answer has ended.
 *
 * - `sent`: all of it was passed to the connection.
 * - `left`: the client left before that.
 * - `failed`: the body has failed, and the connection was broken off.
 *
 * @category Node
 */
export type WriteResult = "sent" | "left" | "failed";

/**
 * What {@linkcode writeResponse} calls with, in the form of the option `request` of {@linkcode toResponse}.
 *
 * @category Node
 */
export interface AnsweredRequest {
  /** The method of the request. */
  readonly method: string | undefined;
  /** Aborted when the client leaves before everything is sent. */
  readonly signal: AbortSignal;
}

/**
 * Sends a `Response` through a server of Node: at the pace at which the client reads, and with its body
 * cancelled as soon as the client has left, also while nothing is sent.
 *
 * A function that makes the answer is called at once, with a signal for a client that leaves while the answer is
 * made. The body of an answer to `HEAD` is cancelled at once. A body that fails breaks the connection off, so
 * that the client sees that something is missing; it is not thrown, but passed to `onError` of
 * {@linkcode toResponse}.
 *
 * @param response The answer, or a function that makes it; its body is read to the end, or cancelled.
 * @param target Where it goes; its head must not have been sent.
 * @returns Resolves when the answer has ended, with how. Rejects with what the function throws, unless it is the
 * reason of the signal, and with what the server throws for a status or a header that it does not send; nothing
 * was sent then.
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
 *   writeResponse((request) => toResponse(rows, [1, 2, 3], { as: "ndjson", request }), response);
 * ```
 */
export async function writeResponse(
  response: Response | ((request: AnsweredRequest) => Response | Promise<Response>),
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
  if (typeof response !== "function") return await send(response, target);
  const controller = new AbortController();
  const { signal } = controller;
  const onClose = () => controller.abort(leftReason());
  const stopWatching = watchClient(target, onClose);
  try {
    if (hasLeft(target)) onClose();
    return await send(await response({ method: target.req?.method, signal }), target);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return "left";
    throw error;
  } finally {
    stopWatching();
  }
}

/** What says that the client has left: Node tells an answer that waits for another one nothing. */
function connectionOf({ req, socket }: NodeResponse): NodeConnection | undefined {
  return socket === null ? req?.socket ?? undefined : undefined;
}

function hasLeft(target: NodeResponse): boolean {
  return target.destroyed || connectionOf(target)?.destroyed === true;
}

/** Calls `onClose` when the client leaves; the result ends that. */
function watchClient(target: NodeResponse, onClose: () => void): () => void {
  const connection = connectionOf(target);
  target.on("close", onClose);
  target.on("error", onClose);
  connection?.on("close", onClose);
  return () => {
    target.off("close", onClose);
    target.off("error", onClose);
    connection?.off("close", onClose);
  };
}

async function send(response: Response, target: NodeResponse): Promise<WriteResult> {
  if (typeof response?.headers?.getSetCookie !== "function") {
    const rule = "an answer, or a function that makes one: (request) => toResponse(…, { request })";
    throw new TypeError(complaint(NAME, "response", rule, response));
  }
  if (response.bodyUsed || response.body?.locked) {
    throw new TypeError(complaint(NAME, "response", "an answer whose body was not read", response));
  }
  // Node accepts a body that it does not send without backpressure: an endless run would never end.
  const isSent = target.req?.method !== "HEAD" && response.status !== NOT_MODIFIED;
  if (!isSent) discard(response.body);
  const reader = isSent ? response.body?.getReader() : undefined;
  let isClosed = hasLeft(target);
  let wake = () => {};
  const onClose = () => {
    isClosed = true;
    // Also while a read is pending, so that an idle run is closed.
    reader?.cancel(leftReason()).catch(() => {});
    wake();
  };
  const onDrain = () => wake();
  let unsent = 0;
  const onSent = () => {
    unsent--;
    wake();
  };
  const stopWatching = watchClient(target, onClose);
  target.on("drain", onDrain);
  let isRefused = false;
  try {
    if (isClosed) onClose();
    else {
      isRefused = true;
      target.writeHead(response.status, listHeaders(response.headers));
      isRefused = false;
      // Node would delay the head until the first chunk is written.
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
  } catch (error) {
    if (isRefused) {
      discard(reader);
      throw error;
    }
    // The run reports the failure of the body. The chunks before it are still sent.
    while (unsent > 0 && !isClosed) await new Promise<void>((resolve) => wake = resolve);
    if (isClosed) return "left";
    target.destroy();
    return "failed";
  } finally {
    stopWatching();
    target.off("drain", onDrain);
  }
}

function leftReason(): DOMException {
  return new DOMException("The client has left", "AbortError");
}

/** The headers as Node takes them: each cookie is one of its own. */
function listHeaders(headers: Headers): Record<string, string | string[]> {
  const listed: Record<string, string | string[]> = Object.fromEntries(headers);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) listed["set-cookie"] = cookies;
  return listed;
}
