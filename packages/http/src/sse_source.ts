import { sse, type SseEvent } from "@headrace/formats";
import { StreamingPipeline } from "@headrace/pipeline/core";
import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import { timeout } from "@headrace/pipeline/operators";
import type { RetrySourceOptions } from "@headrace/pipeline/sources";
import { closable } from "./_closable.ts";
import { createHttpError } from "./_exchange.ts";
import { complaint, readInteger, requireFunction, requireKnown } from "./_options.ts";
import { createSource, readReconnect } from "./_positioned_source.ts";
import { discard, readChunks } from "./_read_body.ts";
import { causeOf } from "./_run_of.ts";
import { showUrl } from "./_secrets.ts";
import { type FetchFunction, fetchOk, toHeaders, toSendable } from "./fetch_ok.ts";
import { HttpError } from "./http_error.ts";

const NAME = "sseSource()";
const DEFAULT_MAX_LENGTH = 1_048_576;
const DEFAULT_IDLE_TIMEOUT_MS = 90_000;
const EVENT_STREAM = "text/event-stream";
/** A type without its parameters. */
const ESSENCE = /^\s*([^\s;/]+\/[^\s;/]+)\s*(?:;|$)/;
/** What no platform sends in a header. */
// deno-lint-ignore no-control-regex -- these are what it looks for
const UNSENDABLE = /[\x00-\x08\x0a-\x1f\x7f]/;
/** How long it waits to connect again unless the server names a time; browsers wait about as long. */
const DEFAULT_RETRY_MS = 1_000;

/**
 * Options of {@linkcode sseSource}.
 *
 * @category Server-sent events
 */
export interface SseSourceOptions {
  /**
   * What the requests have, such as headers with a key, or a method and a body. A signal of its own is not
   * taken: closing the source aborts the request.
   */
  readonly request?: RequestInit | undefined;
  /** What makes the requests. @default {globalThis.fetch} */
  readonly fetch?: FetchFunction | undefined;
  /**
   * Whether it connects again when a connection ends or fails, or how: the attempts are counted from the last
   * event on, and `backoffMs` to `maxBackoffMs` bound the wait that the server names by `retry`. Where it is
   * left out, requests with `GET` connect again and again, and others do not.
   */
  readonly reconnect?: boolean | RetrySourceOptions | undefined;
  /** The longest event, in characters: a positive integer. @default {1_048_576} */
  readonly maxLength?: number | undefined;
  /**
   * How long a connection may send nothing, not even a comment, until it counts as lost, in milliseconds: a
   * positive integer. Time passes only while `next()` is pending. @default {90_000}
   */
  readonly idleTimeoutMs?: number | undefined;
}

/**
 * Server-sent events: read with `for await`, by a pipeline, or from a position, which is the id of an event.
 *
 * @category Server-sent events
 */
export interface SseSource extends AsyncIterable<SseEvent>, PositionedSource<SseEvent, string> {
  /** Reads the events after the one with the id `from`, where the server knows it. */
  open(
    from: string | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Positioned<SseEvent, string>, void, undefined>;
  /** Reads the events, each time with a connection of its own. */
  [Symbol.asyncIterator](): AsyncGenerator<SseEvent, void, undefined>;
}

/**
 * Reads server-sent events, as `EventSource` does, with any method, any headers, and limits.
 *
 * Events come out in order; no more of the answer is read than is asked for. When a connection ends or fails,
 * it connects again as `reconnect` says, with the last id as `Last-Event-ID`, after the time that the server
 * has named by `retry`. Status 204 ends the source. A status that another attempt cannot help, such as 404,
 * and another type than `text/event-stream` fail it at once.
 *
 * The position of an event is the last id up to it, and empty where the server sends none: reading from an empty
 * position starts from the beginning. A server that ignores `Last-Event-ID` sends events twice, or leaves some
 * out, which a client cannot detect.
 *
 * @param url Where the events come from.
 * @param options What is asked, and limits.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @throws {HttpError} When it is read: if an answer is not a success, or no stream of events.
 * @category Server-sent events
 *
 * @example A connection that breaks off
 * ```ts
 * import { sseSource } from "@headrace/http";
 * import { assertEquals } from "@std/assert";
 *
 * const asked: (string | null)[] = [];
 * const fetch = (_url: string | URL | Request, init?: RequestInit) => {
 *   const last = new Headers(init?.headers).get("last-event-id");
 *   asked.push(last);
 *   if (last === "2") return Promise.resolve(new Response(null, { status: 204 }));
 *   const body = last === null ? "id: 1\ndata: mill\n\n" : "id: 2\ndata: race\n\n";
 *   return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
 * };
 * const events = sseSource("https://example.com/events", {
 *   fetch,
 *   reconnect: { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 1 },
 * });
 *
 * assertEquals(await Array.fromAsync(events, ({ data }) => data), ["mill", "race"]);
 * assertEquals(asked, [null, "1", "2"]);
 * ```
 */
export function sseSource(url: string | URL, options: SseSourceOptions = {}): SseSource {
  const settings = readSettings(url, options);
  return createSource<SseEvent, string>({
    requirePosition,
    createReader: (signal) => {
      const connections = new Connections(settings, signal);
      return (from) => connections.read(from);
    },
    retry: settings.reconnect,
    toError: toCause,
  });
}

interface Settings {
  readonly url: URL;
  readonly request: RequestInit;
  readonly fetch: FetchFunction | undefined;
  /** Absent where it connects once. */
  readonly reconnect: RetrySourceOptions | undefined;
  readonly maxLength: number;
  readonly idleTimeoutMs: number;
}

function readSettings(url: string | URL, options: SseSourceOptions): Settings {
  requireKnown(NAME, options, ["request", "fetch", "reconnect", "maxLength", "idleTimeoutMs"]);
  const { request = {}, fetch, reconnect } = options;
  if (typeof request !== "object" || request === null) {
    throw new TypeError(complaint(NAME, "request", "an object, as fetch takes it", request));
  }
  requireFunction(NAME, "fetch", fetch);
  const { method, url: asked, body } = toSendable(url, request);
  const again = reconnect ?? method === "GET";
  const retry = readReconnect(NAME, again);
  if (retry !== undefined && body !== undefined && body.value === undefined) {
    throw new TypeError(
      complaint(NAME, "reconnect", "false where the body can be sent once", again),
    );
  }
  return {
    ...{ url: asked, request, fetch, reconnect: retry },
    maxLength: readInteger(NAME, "maxLength", options.maxLength, { fallback: DEFAULT_MAX_LENGTH }),
    idleTimeoutMs: readInteger(NAME, "idleTimeoutMs", options.idleTimeoutMs, {
      fallback: DEFAULT_IDLE_TIMEOUT_MS,
    }),
  };
}

function requirePosition(from: unknown): void {
  if (typeof from === "string") return;
  throw new TypeError(complaint(NAME, "from", "the id of an event", from));
}

/** Thrown when a connection has ended or failed, with the time until the next one is due. */
class ConnectionLost extends Error {
  readonly retryAfterMs: number;
  readonly retryable?: true;

  /** Without a cause, the answer has ended as it should, and connecting again may help. */
  constructor(retryAfterMs: number, cause?: unknown) {
    super("The connection was lost", { cause });
    this.retryAfterMs = retryAfterMs;
    if (cause === undefined) this.retryable = true;
  }
}

/** The connections of one reading, one after the other. */
class Connections {
  readonly #settings: Settings;
  readonly #signal: AbortSignal;
  #retryMs: number = DEFAULT_RETRY_MS;
  /** The last id that has come. */
  #lastId: string | undefined;

  constructor(settings: Settings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /** Reads one connection to its end. */
  async *read(from: string = ""): AsyncGenerator<Positioned<SseEvent, string>, void, undefined> {
    const { idleTimeoutMs, maxLength, reconnect } = this.#settings;
    const onRetry = (retryMs: number) => this.#retryMs = retryMs;
    const onId = (id: string) => this.#lastId = id;
    const events = StreamingPipeline.start<Uint8Array>()
      .use("chunk", timeout(idleTimeoutMs))
      .use("event", sse({ maxLength, onRetry, onId }));
    // All events of the connection before have come out; an id may have come after them.
    let position = this.#lastId ?? from;
    let isOver = false;
    const chunks = closable((signal) => this.#connect(position, signal, () => isOver = true));
    try {
      for await (const event of events.execute(chunks, { signal: this.#signal })) {
        position = event.id ?? position;
        yield { item: event, position };
      }
    } catch (error) {
      const cause = causeOf(error);
      if (reconnect === undefined || cause instanceof HttpError) throw cause;
      throw new ConnectionLost(this.#retryMs, cause);
    }
    if (reconnect !== undefined && !isOver) throw new ConnectionLost(this.#retryMs);
  }

  async *#connect(
    lastId: string,
    signal: AbortSignal,
    onOver: () => void,
  ): AsyncGenerator<Uint8Array> {
    const { url, request, fetch } = this.#settings;
    const headers = toHeaders(request.headers);
    if (!headers.has("accept")) headers.set("accept", EVENT_STREAM);
    if (UNSENDABLE.test(lastId)) {
      const rule = "the id of the last one must be text that a header takes";
      throw new TypeError(`Cannot resume the events of ${showUrl(url)}: ${rule}`);
    }
    if (lastId !== "") headers.set("last-event-id", encodeId(lastId));
    const init = { cache: "no-store", ...request, headers } as const;
    const response = await fetchOk(url, { ...init, signal, fetch });
    const asked = toSendable(url, init);
    if (response.status === 204) {
      discard(response.body);
      return onOver();
    }
    const type = response.headers.get("content-type") ?? "";
    if (essenceOf(type) !== EVENT_STREAM) {
      discard(response.body);
      throw createHttpError(asked, response, {
        code: "INVALID_BODY",
        rule: `its type must be text/event-stream, got ${JSON.stringify(type.slice(0, 100))}`,
        retryable: false,
      });
    }
    if (response.body !== null) yield* readChunks(asked, response.body, signal);
  }
}

/** The type that a header says, which may have been sent twice (Fetch, "extract a MIME type"). */
function essenceOf(header: string): string | undefined {
  const types = header.split(",").map((part) => ESSENCE.exec(part)?.[1]?.toLowerCase());
  return types.findLast((type) => type !== undefined && type !== "*/*");
}

/** A header has bytes: `fetch` takes a character for each (HTML, "Last-Event-ID"). */
function encodeId(id: string): string {
  return Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join("");
}

/** What has failed, of a connection that was lost by it. */
function toCause(error: unknown): unknown {
  return error instanceof ConnectionLost && error.cause !== undefined ? error.cause : error;
}
