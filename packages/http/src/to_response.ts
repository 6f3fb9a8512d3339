import type { SseComment, SseEvent } from "@headrace/formats";
import type { Many, PipelineOf, RunOptions, Source } from "@headrace/pipeline/core";
import { complaint, readMs, requireChoice, requireFunction, requireKnown } from "./_options.ts";
import { OnError } from "./_on_error.ts";
import { type Body, createBody } from "./_response_body.ts";
import { requireMany } from "./_run_of.ts";
import { encode, FORMS, headersOf } from "./_response_forms.ts";

const NAME = "toResponse()";
const OF_PIPELINE =
  "a pipeline is followed by what it reads: toResponse(pipeline, source, options)";
/** Proxies cut connections that are silent for 30 to 60 seconds. */
const DEFAULT_SSE_HEARTBEAT_MS = 15_000;
const INTERNAL_SERVER_ERROR = 500;

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
  /** The status; that of `errorResponse` where the run fails before its first item. @default {200} */
  readonly status?: number | undefined;
  /** Further headers; they override those of the form. An answer of `errorResponse` does not have them. */
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
   * After how long without an item a heartbeat is sent, in milliseconds: a positive integer of
   * 2,147,483,647 at most, or `false`. It is a comment among events, a blank line in NDJSON, a space in JSON; other forms have none. 15,000 for
   * events, `false` for others by default.
   */
  readonly heartbeatMs?: number | false | undefined;
  /**
   * How long the head, which has the status, waits for the first item, in milliseconds: a positive integer
   * of 2,147,483,647 at most, or `false`, with which nothing runs before the body is read. After that the head is sent with `status`. By
   * default the head of events does not wait, since an `EventSource` is open with the head; others wait for
   * `heartbeatMs`, and without it until there is an item.
   */
  readonly headWaitMs?: number | false | undefined;
  /**
   * Called with what the run fails with. What it returns is sent as the last item, such as an event that names
   * the failure, and the body ends normally; where it returns `undefined`, the body is errored.
   */
  readonly onError?: ((error: unknown) => ResponseItems[TForm] | undefined) | undefined;
  /**
   * Called, after `onError`, with what the run fails with while the head waits for the first item,
   * or with the reason of `signal`; not where the signal of the request says that the client has
   * left. What it returns is the answer. Without it, and where it returns `undefined`, the answer
   * has the status 500, and what `onError` returned as its only item, or no body: it shows nothing
   * of the failure by itself.
   */
  readonly errorResponse?:
    | ((error: unknown) => Response | undefined | Promise<Response | undefined>)
    | undefined;
  /**
   * Takes the promise that everything is sent or closed, such as `waitUntil` of a Worker's context.
   */
  readonly waitUntil?: ((closed: Promise<void>) => void) | undefined;
}

const KNOWN = [
  ...["as", "status", "headers", "request", "signal", "heartbeatMs", "headWaitMs"],
  ...["onError", "errorResponse", "waitUntil"],
];

/**
 * Makes a `Response` whose body is what a run gives, each item sent when the client reads it.
 *
 * The first item is computed at once, and no other before the body is read: a run that fails before it is
 * answered with the status 500, or by `errorResponse`. Events are not waited for, and nothing of them is computed
 * before the body is read; `headWaitMs` changes both. The run is closed when the body is cancelled or the signal
 * is aborted, which is when the client leaves: running calls are aborted and the source is closed. While the
 * first item is waited for there is no body to cancel, so pass `request`. Items that are ready together share a
 * chunk, of up to 16 Ki characters and one item; an item that is not ready does not delay those before it.
 *
 * A run that fails later errors the body: the status has been sent by then, so that the client sees the
 * connection break. `onError` sends a last item in its place.
 *
 * @typeParam TForm The form of the answer.
 * @param items A run, or anything that holds many items, such as `pipeline.execute(source)`.
 * @param options The form, the headers, and what becomes of failures.
 * @returns Resolves when the head can be sent, also where the run fails or the signal is aborted; rejects with
 * what `errorResponse` throws.
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
 * const response = await handle(new Request("http://localhost/"));
 * assertEquals(response.headers.get("content-type"), "application/x-ndjson");
 * assertEquals(await response.text(), '{"id":1}\n{"id":2}\n');
 * ```
 *
 * @example A status for what fails before the first row
 * ```ts
 * import { toResponse } from "@headrace/http";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const orders = StreamingPipeline.start<number>().map("order", (id) => {
 *   throw Object.assign(new Error(`no order ${id}`), { code: "NOT_FOUND" });
 * });
 * const response = await toResponse(orders, [7], {
 *   as: "json",
 *   errorResponse: (error) => {
 *     const isMissing = (error as { code?: unknown }).code === "NOT_FOUND";
 *     return isMissing ? new Response("no such order", { status: 404 }) : undefined;
 *   },
 * });
 * assertEquals([response.status, await response.text()], [404, "no such order"]);
 * ```
 */
export function toResponse<TForm extends keyof ResponseItems>(
  items: object & Many<ResponseItems[TForm]>,
  options: ToResponseOptions<TForm>,
): Promise<Response>;
/**
 * As {@linkcode toResponse}, for a pipeline and what it reads.
 *
 * @typeParam TInput The type of the items that the pipeline reads.
 */
export function toResponse<TInput, TForm extends keyof ResponseItems>(
  pipeline: PipelineOf<TInput, ResponseItems[TForm]>,
  source: Source<NoInfer<TInput>>,
  options: ToResponseOptions<TForm>,
): Promise<Response>;
export function toResponse(...given: readonly unknown[]): Promise<Response> {
  const isPipeline = given.length > 2;
  const [subject, source] = given;
  // First: a pipeline without options is no run with a source as its options.
  const many = isPipeline ? undefined : requireMany(NAME, subject, OF_PIPELINE);
  const settings = readSettings(
    given[isPipeline ? 2 : 1] as ToResponseOptions<keyof ResponseItems>,
  );
  const items = many ?? runPipeline(subject, source);
  const { form, heartbeatMs, headWaitMs, status, headers, signal, waitUntil } = settings;

  const onError = new OnError(settings.onError);
  const body = createBody({
    records: encode(items, form, onError),
    heartbeat: heartbeatMs === false ? undefined : { text: form.heartbeat!, everyMs: heartbeatMs },
    signal,
  });
  if (settings.request?.method === "HEAD") {
    const response = new Response(null, { status, headers });
    // Nothing runs, and what was handed over to be read is closed.
    void body.stream.cancel();
    waitUntil?.(body.closed);
    return Promise.resolve(response);
  }
  // Before anything runs: it throws where the status or a header is none.
  const response = new Response(body.stream, { status, headers });
  waitUntil?.(body.closed);
  if (headWaitMs === false) return Promise.resolve(response);
  return waitForFirst({ response, body, onError, settings, withinMs: headWaitMs });
}

interface Waiting {
  /** The answer unless the run fails before its first item. */
  readonly response: Response;
  readonly body: Body;
  readonly onError: OnError;
  readonly settings: ReturnType<typeof readSettings>;
  readonly withinMs: number | undefined;
}

async function waitForFirst(
  { response, body, onError, settings, withinMs }: Waiting,
): Promise<Response> {
  const unsent = await body.readFirst(withinMs);
  const failure = unsent ?? onError.early;
  if (failure === undefined) return response;
  // An answer that is not sent; a body that is errored would be logged by Deno.serve.
  if (settings.request?.signal?.aborted) {
    return new Response(null, { status: INTERNAL_SERVER_ERROR });
  }
  const hasItem = unsent === undefined;
  let isChosen = true;
  try {
    const chosen = await settings.errorResponse?.(failure.error);
    if (chosen !== undefined) return chosen;
    isChosen = false;
  } finally {
    if (isChosen && hasItem) void body.stream.cancel();
  }
  // The caller's own headers may be those of a success, such as how long it may be cached.
  return new Response(hasItem ? body.stream : null, {
    status: INTERNAL_SERVER_ERROR,
    ...(hasItem && { headers: headersOf(settings.form) }),
  });
}

function readSettings(options: ToResponseOptions<keyof ResponseItems>) {
  requireKnown(NAME, options, KNOWN);
  const { as, status = 200, heartbeatMs, headWaitMs, request, signal } = options;
  const { onError, errorResponse, waitUntil } = options;
  requireChoice(NAME, "as", as, Object.keys(FORMS));
  requireFunction(NAME, "onError", onError);
  requireFunction(NAME, "errorResponse", errorResponse);
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
  const headers = headersOf(form);
  new Headers(options.headers).forEach((value, name) => headers.set(name, value));
  const beatsEveryMs = readDuration(
    "heartbeatMs",
    heartbeatMs,
    as === "sse" ? DEFAULT_SSE_HEARTBEAT_MS : false,
  );
  return {
    ...{ form, status, headers, request, onError, errorResponse, waitUntil },
    signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
    heartbeatMs: beatsEveryMs,
    headWaitMs: readDuration(
      "headWaitMs",
      headWaitMs,
      as === "sse" ? false : beatsEveryMs || undefined,
    ),
  };
}

/** Milliseconds, or false; `fallback` where neither is given. */
function readDuration<TFallback extends number | false | undefined>(
  option: string,
  value: number | false | undefined,
  fallback: TFallback,
): number | false | TFallback {
  if (value === undefined) return fallback;
  return value === false ? value : readMs(NAME, option, value, { fallback: 1 });
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
