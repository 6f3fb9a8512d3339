import { type SseComment, type SseEvent, toJsonArray, toNdjson, toSse } from "@headrace/formats";
import type { Many, PipelineOf, RunOptions, Source } from "@headrace/pipeline/core";
import { type Operator, StreamingPipeline } from "@headrace/pipeline/core";
import { map } from "@headrace/pipeline/operators";
import {
  complaint,
  readInteger,
  requireChoice,
  requireFunction,
  requireKnown,
} from "./_options.ts";
import { createBody } from "./_response_body.ts";
import { runOf, unwrap } from "./_run_of.ts";

const NAME = "toResponse()";
/** Proxies cut connections that are silent for 30 to 60 seconds. */
const DEFAULT_SSE_HEARTBEAT_MS = 15_000;

/**
 * What the items of each form of answer are.
 *
 * @category Answers
 */
export interface ResponseItems {
  /** A line of JSON each: what JSON has a form for. */
  readonly ndjson: unknown;
  /** An element of one array each: what JSON has a form for. */
  readonly json: unknown;
  /** An event each, a comment, or the data of an event alone. */
  readonly sse: SseEvent | SseComment | string;
  /** Text as it is. */
  readonly text: string;
  /** Bytes as they are. */
  readonly bytes: Uint8Array;
}

/**
 * Options of {@linkcode toResponse}.
 *
 * @typeParam TForm The form of the answer.
 * @category Answers
 */
export interface ToResponseOptions<TForm extends keyof ResponseItems> {
  /** The form of the body. */
  readonly as: TForm;
  /** The status. @default {200} */
  readonly status?: number | undefined;
  /** Further headers; they override those of the form. */
  readonly headers?: RequestInit["headers"] | undefined;
  /**
   * The request that is answered: its signal closes the run, for runtimes that do not cancel the body of a
   * client that has left, and an answer to `HEAD` has no body. workerd would read one to its end.
   */
  readonly request?:
    | { readonly method?: string | undefined; readonly signal?: AbortSignal | null | undefined }
    | undefined;
  /** Closes the run when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * After how long without an item a heartbeat is sent, in milliseconds: a positive integer, or `false`. It
   * is a comment among events, a blank line in NDJSON, a space in JSON; other forms have none. 15,000 for
   * events, `false` for others by default.
   */
  readonly heartbeatMs?: number | false | undefined;
  /**
   * Called with what the run fails with. What it returns is sent as the last item, such as an event that names
   * the failure, and the body ends normally; where it returns `undefined`, the body is errored.
   */
  readonly onError?: ((error: unknown) => ResponseItems[TForm] | undefined) | undefined;
  /** Takes the promise that everything is sent or closed, as that of a Worker's context does. */
  readonly waitUntil?: ((closed: Promise<void>) => void) | undefined;
}

const KNOWN = [
  ...["as", "status", "headers", "request", "signal", "heartbeatMs", "onError", "waitUntil"],
];

interface Form {
  readonly type: string;
  /** Absent where items go out as they are. */
  readonly encode?: () => Operator<never, string>;
  /** What readers ignore; absent where the form has nothing of the kind. */
  readonly heartbeat?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const FORMS: Readonly<Record<keyof ResponseItems, Form>> = {
  ndjson: { type: "application/x-ndjson", encode: toNdjson, heartbeat: "\n" },
  json: { type: "application/json", encode: toJsonArray, heartbeat: " " },
  sse: {
    type: "text/event-stream",
    encode: toSse,
    heartbeat: ":\n\n",
    // nginx buffers the answers that it proxies unless this header forbids it.
    headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" },
  },
  text: { type: "text/plain; charset=utf-8", encode: () => map(requireText) },
  bytes: { type: "application/octet-stream" },
};

/**
 * Makes a `Response` whose body is what a run gives, each item sent when the client reads it.
 *
 * Nothing runs before the body is read. The run is closed when the body is cancelled or the signal is aborted,
 * which is when the client leaves: running calls are aborted and the source is closed. Items that are ready
 * together share a chunk, of up to 16 Ki characters and one item; an item that is not ready does not delay those
 * before it.
 *
 * A run that fails errors the body: the status has been sent by then, so that the client sees the connection
 * break. `onError` sends a last item in its place.
 *
 * @typeParam TForm The form of the answer.
 * @param items A run, or anything that holds many items, such as `pipeline.execute(source)`.
 * @param options The form, the headers, and what becomes of failures.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Answers
 *
 * @example Rows, one line each
 * ```ts
 * import { toResponse } from "@headrace/http";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = StreamingPipeline.start<number>().map("row", (id) => ({ id }));
 * const handle = (request: Request) => toResponse(rows.run([1, 2]), { as: "ndjson", request });
 *
 * const response = handle(new Request("http://localhost/"));
 * assertEquals(response.headers.get("content-type"), "application/x-ndjson");
 * assertEquals(await response.text(), '{"id":1}\n{"id":2}\n');
 * ```
 */
export function toResponse<TForm extends keyof ResponseItems>(
  items: Many<ResponseItems[TForm]>,
  options: ToResponseOptions<TForm>,
): Response;
/**
 * As {@linkcode toResponse}, for a pipeline and what it reads.
 *
 * @typeParam TInput The type of the items that the pipeline reads.
 */
export function toResponse<TInput, TForm extends keyof ResponseItems>(
  pipeline: PipelineOf<TInput, ResponseItems[TForm]>,
  source: Source<NoInfer<TInput>>,
  options: ToResponseOptions<TForm>,
): Response;
export function toResponse(...given: readonly unknown[]): Response {
  const [subject, source] = given;
  const options = given.at(-1) as ToResponseOptions<keyof ResponseItems>;
  const settings = readSettings(options);
  const items = given.length > 2 ? runPipeline(subject, source) : requireMany(subject);
  const { form, heartbeatMs, onError, status, headers, signal, waitUntil } = settings;

  if (settings.isHead) {
    waitUntil?.(Promise.resolve());
    return new Response(null, { status, headers });
  }
  const { stream, closed } = createBody({
    records: encode(items, form, onError),
    heartbeat: heartbeatMs === false ? undefined : { text: form.heartbeat!, everyMs: heartbeatMs },
    signal,
  });
  const response = new Response(stream, { status, headers });
  waitUntil?.(closed);
  return response;
}

function readSettings(options: ToResponseOptions<keyof ResponseItems>) {
  requireKnown(NAME, options, KNOWN);
  const { as, status = 200, heartbeatMs, onError, request, signal, waitUntil } = options;
  requireChoice(NAME, "as", as, Object.keys(FORMS));
  requireFunction(NAME, "onError", onError);
  requireFunction(NAME, "waitUntil", waitUntil);
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new TypeError(complaint(NAME, "signal", "an AbortSignal", signal));
  }
  if (request !== undefined && (typeof request !== "object" || request === null)) {
    throw new TypeError(complaint(NAME, "request", "a Request", request));
  }
  const signals = [signal, request?.signal].filter((each) => each !== undefined && each !== null);
  const form = FORMS[as];
  if (heartbeatMs !== undefined && heartbeatMs !== false && form.heartbeat === undefined) {
    throw new TypeError(complaint(NAME, "heartbeatMs", `false for "${as}"`, heartbeatMs));
  }
  const fallback = as === "sse" ? DEFAULT_SSE_HEARTBEAT_MS : false;
  const headers = new Headers({
    "content-type": form.type,
    "x-content-type-options": "nosniff",
    ...form.headers,
  });
  new Headers(options.headers).forEach((value, name) => headers.set(name, value));
  return {
    ...{ form, status, headers, onError, waitUntil, isHead: request?.method === "HEAD" },
    signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
    heartbeatMs: heartbeatMs === undefined || heartbeatMs === false
      ? heartbeatMs ?? fallback
      : readInteger(NAME, "heartbeatMs", heartbeatMs, { fallback: 1 }),
  };
}

/** What both faces of a pipeline have. */
interface Runnable {
  execute(source: unknown, options?: RunOptions): AsyncGenerator<unknown, void, undefined>;
}

function runPipeline(pipeline: unknown, source: unknown): AsyncIterable<unknown> {
  if (typeof (pipeline as Partial<Runnable> | undefined)?.execute !== "function") {
    throw new TypeError(complaint(NAME, "its first argument", "a pipeline", pipeline));
  }
  return (pipeline as Runnable).execute(source);
}

function requireMany(items: unknown): Many<unknown> {
  const isMany = typeof items === "object" && items !== null &&
    (Symbol.asyncIterator in items || Symbol.iterator in items || "getReader" in items);
  if (isMany) return items as Many<unknown>;
  const hint = typeof (items as Partial<Runnable> | undefined)?.execute === "function"
    ? "; a pipeline is followed by what it reads: toResponse(pipeline, source, options)"
    : "";
  const rule = "a run, an iterable, an async iterable or a web stream";
  throw new TypeError(complaint(NAME, "its first argument", rule, items) + hint);
}

/** Runs the encoder of a form over the items, and over the item that replaces a failure. */
function encode(
  items: Many<unknown>,
  { encode }: Form,
  onError: ((error: unknown) => unknown) | undefined,
): AsyncGenerator<string | Uint8Array, void, undefined> {
  const read = StreamingPipeline.start<unknown>();
  const given = onError === undefined ? items : withLast(runOf(items), onError);
  if (encode === undefined) return unwrap(read.map("bytes", requireBytes).execute(given));
  return unwrap(read.use("record", encode() as Operator<unknown, string>).execute(given));
}

/** Replaces a failure by what `onError` returns. */
function withLast(
  items: AsyncGenerator<unknown, void, undefined>,
  onError: (error: unknown) => unknown,
): AsyncIterableIterator<unknown> {
  let isOver = false;
  return {
    async next() {
      if (isOver) return { done: true, value: undefined };
      try {
        return await items.next();
      } catch (error) {
        isOver = true;
        const last = onError(error);
        if (last === undefined) throw error;
        return { done: false, value: last };
      }
    },
    return: () => items.return(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function requireText(item: unknown): string {
  if (typeof item === "string") return item;
  throw new TypeError(`Cannot send an item as text: it must be a string, got ${typeof item}`);
}

function requireBytes(item: unknown): Uint8Array {
  if (item instanceof Uint8Array) return item;
  throw new TypeError(`Cannot send an item as bytes: it must be a Uint8Array, got ${typeof item}`);
}
