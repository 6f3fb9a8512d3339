import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import type { RetrySourceOptions } from "@headrace/pipeline/sources";
import { createHttpError } from "../_exchange.ts";
import {
  complaint,
  readInteger,
  requireChoice,
  requireFunction,
  requireKnown,
} from "../_options.ts";
import { createSource } from "../_positioned_source.ts";
import { readBytes } from "../_read_body.ts";
import { type FetchFunction, fetchOk, toSendable } from "../fetch_ok.ts";
import {
  BEGINNING,
  CLOSED_HEADER,
  CURSOR_HEADER,
  CURSOR_PARAM,
  LIVE_PARAM,
  OFFSET_HEADER,
  OFFSET_PARAM,
  UP_TO_DATE_HEADER,
} from "./_protocol.ts";

const NAME = "durableStream()";
const DEFAULT_MAX_BYTES = 16_777_216;
const MAX_OFFSET_LENGTH = 1_024;

/**
 * Where {@linkcode durableStream} resumes.
 *
 * @category Durable streams
 */
export interface StreamPosition {
  /** An offset that the server has given. */
  readonly offset: string;
  /** How many messages after it have been read. */
  readonly index: number;
}

/**
 * What the items of {@linkcode durableStream} are with these options.
 *
 * @typeParam TMessage What the messages are, in a stream of JSON.
 * @typeParam TForm The form.
 * @category Durable streams
 */
export type DurableStreamItem<TMessage, TForm extends "json" | "bytes"> = TForm extends "bytes"
  ? Uint8Array
  : TMessage;

/**
 * Options of {@linkcode durableStream}.
 *
 * @typeParam TForm The form.
 * @category Durable streams
 */
export interface DurableStreamOptions<TForm extends "json" | "bytes" = "json" | "bytes"> {
  /** The messages of a stream of JSON, or the bytes of any stream, as they come. @default {"json"} */
  readonly as?: TForm | undefined;
  /** Whether it waits for more at the end of a stream that is not closed. @default {true} */
  readonly live?: boolean | undefined;
  /** What the requests have, such as a key; a function is called for each request. */
  readonly headers?:
    | Readonly<Record<string, string | (() => string | Promise<string>)>>
    | undefined;
  /** What makes the requests. @default {globalThis.fetch} */
  readonly fetch?: FetchFunction | undefined;
  /** How a request that fails is made again, or how often; not at all by default. */
  readonly retry?: number | RetrySourceOptions | undefined;
  /** The longest answer, in bytes: a positive integer. @default {16_777_216} */
  readonly maxBytes?: number | undefined;
}

/**
 * The messages of a durable stream: read with `for await`, by a pipeline, or from a position.
 *
 * @typeParam T The items.
 * @category Durable streams
 */
export interface DurableStreamSource<T>
  extends AsyncIterable<T>, PositionedSource<T, StreamPosition> {
  /** Reads the items after a position; from the beginning where it is `undefined`. */
  open(
    from: StreamPosition | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Positioned<T, StreamPosition>, void, undefined>;
  /** Reads all items, each time from the beginning. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
}

/**
 * Reads a stream of a server of the Durable Streams protocol, from any position, to its end.
 *
 * Items come out in order; one answer of the server is held at a time, and the next is asked for when its items
 * have been taken. At the end of what there is it waits for more by long polls, until the stream is closed; with
 * `live: false` it ends there. A position is an offset of the server and a count of messages after it, so that a
 * reader that stops in the middle of an answer resumes with the next message.
 *
 * @typeParam TMessage What the messages are, in a stream of JSON.
 * @typeParam TForm The form.
 * @param url The stream.
 * @param options What is read, and limits.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @throws {HttpError} When it is read: if an answer is not a success, or too large.
 * @category Durable streams
 *
 * @example From where a reader was
 * ```ts
 * import { durableStream, type StreamPosition } from "@headrace/http/durable-streams";
 * import { assertEquals } from "@std/assert";
 *
 * // What a server says of a stream of three messages that is closed.
 * const headers = { "content-type": "application/json", "stream-next-offset": "3", "stream-up-to-date": "true", "stream-closed": "true" };
 * const fetch = () => Promise.resolve(new Response('["a","b","c"]', { headers }));
 *
 * const words = durableStream<string>("https://streams.example.com/answer", { fetch });
 * let position: StreamPosition | undefined;
 * for await (const read of words.open(undefined)) {
 *   position = read.position;
 *   if (read.item === "b") break;
 * }
 * assertEquals(await Array.fromAsync(words.open(position), ({ item }) => item), ["c"]);
 * ```
 */
export function durableStream<TMessage = unknown, TForm extends "json" | "bytes" = "json">(
  url: string | URL,
  options: DurableStreamOptions<TForm> = {},
): DurableStreamSource<DurableStreamItem<TMessage, TForm>> {
  type Item = DurableStreamItem<TMessage, TForm>;
  const settings = readSettings(url, options);
  return createSource<Item, StreamPosition>({
    requirePosition,
    createReader: (signal) => (from) => read(settings, from, signal),
    retry: options.retry,
  });
}

interface Settings extends Pick<DurableStreamOptions, "headers" | "fetch"> {
  readonly url: URL;
  readonly as: "json" | "bytes";
  readonly live: boolean;
  readonly maxBytes: number;
}

function readSettings(url: string | URL, options: DurableStreamOptions): Settings {
  requireKnown(NAME, options, ["as", "live", "headers", "fetch", "retry", "maxBytes"]);
  const { as = "json", live = true, headers, fetch } = options;
  requireChoice(NAME, "as", as, ["json", "bytes"]);
  if (typeof live !== "boolean") throw new TypeError(complaint(NAME, "live", "a boolean", live));
  requireFunction(NAME, "fetch", fetch);
  return {
    ...{ url: toSendable(url, {}).url, as, live, headers, fetch },
    maxBytes: readInteger(NAME, "maxBytes", options.maxBytes, { fallback: DEFAULT_MAX_BYTES }),
  };
}

function requirePosition(from: StreamPosition): void {
  const { offset, index } = Object(from) as Partial<StreamPosition>;
  const isOffset = typeof offset === "string" && offset.length <= MAX_OFFSET_LENGTH;
  if (isOffset && Number.isSafeInteger(index) && index! >= 0) return;
  throw new TypeError(complaint(NAME, "from", "a position { offset, index }", from));
}

/** One answer of the server. */
interface Batch {
  readonly items: readonly unknown[];
  /** Where the next one begins. */
  readonly offset: string;
  /** Sent back to the server with the next long poll. */
  readonly cursor: string | undefined;
  readonly isUpToDate: boolean;
  readonly isClosed: boolean;
}

async function* read<T>(
  settings: Settings,
  from: StreamPosition | undefined,
  signal: AbortSignal,
): AsyncGenerator<Positioned<T, StreamPosition>, void, undefined> {
  let offset = from?.offset ?? BEGINNING;
  let skipped = from?.index ?? 0;
  let waiting: { readonly cursor: string | undefined } | undefined;
  for (;;) {
    const batch = await ask(settings, { offset, waiting }, signal);
    const { items } = batch;
    for (let index = skipped; index < items.length; index++) {
      const isLast = index === items.length - 1;
      const position = isLast ? { offset: batch.offset, index: 0 } : { offset, index: index + 1 };
      yield { item: items[index] as T, position };
    }
    // Where there are more messages to skip than this answer has, the next one has the rest of them.
    skipped = Math.max(0, skipped - items.length);
    offset = batch.offset;
    if (batch.isClosed || batch.isUpToDate && !settings.live) return;
    waiting = batch.isUpToDate ? { cursor: batch.cursor } : undefined;
  }
}

/** Requests what follows an offset, or waits for it. */
async function ask(
  settings: Settings,
  { offset, waiting }: {
    readonly offset: string;
    readonly waiting: { readonly cursor: string | undefined } | undefined;
  },
  signal: AbortSignal,
): Promise<Batch> {
  const { as, fetch, headers, maxBytes } = settings;
  const url = new URL(settings.url);
  url.searchParams.set(OFFSET_PARAM, offset);
  if (waiting !== undefined) url.searchParams.set(LIVE_PARAM, "long-poll");
  if (waiting?.cursor !== undefined) url.searchParams.set(CURSOR_PARAM, waiting.cursor);
  const init = { headers: await readHeaders(headers) };
  const response = await fetchOk(url, { ...init, signal, fetch });
  const asked = toSendable(url, init);
  const refuse = (rule: string) =>
    createHttpError(asked, response, { code: "INVALID_BODY", rule, retryable: false });

  const bytes = await readBytes(asked, response, { maxBytes, signal });
  const says = (name: string) => response.headers.get(name) ?? undefined;
  const next = says(OFFSET_HEADER);
  const isClosed = says(CLOSED_HEADER)?.toLowerCase() === "true";
  const isUpToDate = says(UP_TO_DATE_HEADER) !== undefined;
  if (next === undefined && !isClosed) throw refuse(`it must have a header ${OFFSET_HEADER}`);
  const items = bytes.length === 0 ? [] : as === "bytes" ? [bytes] : parseJson(bytes);
  if (!Array.isArray(items)) throw refuse("its body must be an array of JSON");
  if (next === offset && (items.length > 0 || !isUpToDate && !isClosed)) {
    throw refuse("its offset must lead on, and is that which was asked for");
  }
  return { items, offset: next ?? offset, cursor: says(CURSOR_HEADER), isUpToDate, isClosed };
}

/** `undefined` where it is no JSON: the parser's message shows what is in it. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** The headers of one request, of which functions make some. */
export async function readHeaders(
  headers: DurableStreamOptions["headers"] = {},
): Promise<Record<string, string>> {
  const read = Object.entries(headers).map(async ([name, value]) => {
    return [name, typeof value === "function" ? await value() : value] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
