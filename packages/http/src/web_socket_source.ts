import { StreamingPipeline } from "@headrace/pipeline/core";
import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import { timeout } from "@headrace/pipeline/operators";
import type { RetrySourceOptions } from "@headrace/pipeline/sources";
import { closable } from "./_closable.ts";
import { MessageQueue, type QueueLimits } from "./_message_queue.ts";
import {
  complaint,
  readInteger,
  requireChoice,
  requireFunction,
  requireKnown,
} from "./_options.ts";
import { createSource, readReconnect } from "./_positioned_source.ts";
import { causeOf } from "./_run_of.ts";
import {
  CONNECT_OPTIONS,
  Connection,
  type ConnectOptions,
  type ConnectSettings,
  readConnectOptions,
  requireTarget,
  type WebSocketLike,
  type WebSocketMessage,
} from "./_socket.ts";

const NAME = "webSocketSource()";
const DEFAULT_MAX_MESSAGE_LENGTH = 1_048_576;
const DEFAULT_MAX_BUFFERED_LENGTH = 16_777_216;

/**
 * Where a connection leads: a URL, an open socket, or a function that says it for a position.
 *
 * @typeParam TPosition The positions.
 * @category WebSocket
 */
export type WebSocketTarget<TPosition> =
  | string
  | URL
  | ((from: TPosition | undefined) => string | URL | WebSocketLike);

/**
 * Options of {@linkcode webSocketSource}.
 *
 * @typeParam TPosition The positions.
 * @category WebSocket
 */
export interface WebSocketSourceOptions<TPosition> extends ConnectOptions {
  /** Called when a connection has opened, to say what is wanted: from where, where it is known. */
  readonly onOpen?:
    | ((send: (message: string | Uint8Array) => void, from: TPosition | undefined) => void)
    | undefined;
  /** The position of a message, of which JSON has a form; `undefined` keeps the position before. */
  readonly position?: ((message: WebSocketMessage) => TPosition | undefined) | undefined;
  /**
   * Whether it connects again when a connection is lost, or how: the attempts are counted from the last
   * message on. Where it is left out, it does so where there are positions to go on from.
   */
  readonly reconnect?: boolean | RetrySourceOptions | undefined;
  /** The longest message, in characters or bytes: a positive integer. @default {1_048_576} */
  readonly maxMessageLength?: number | undefined;
  /**
   * How much is buffered at most, in characters and bytes: a positive integer. An empty message counts as 1.
   * @default {16_777_216}
   */
  readonly maxBufferedLength?: number | undefined;
  /**
   * What happens when more comes: `fail`; `dropOldest`; or `reconnect`, which closes the connection, lets the
   * reader take what has come, and goes on from there, as the one way to slow a server. `reconnect` by default
   * where it connects again, else `fail`.
   */
  readonly overflow?: "fail" | "dropOldest" | "reconnect" | undefined;
  /**
   * How long a connection may send nothing until it counts as lost, in milliseconds: a positive integer. Time
   * passes only while `next()` is pending. No limit by default.
   */
  readonly idleTimeoutMs?: number | undefined;
}

/**
 * The messages of a WebSocket: read with `for await`, by a pipeline, or from a position.
 *
 * @typeParam TPosition The positions; `null` where there are none.
 * @category WebSocket
 */
export interface WebSocketSource<TPosition>
  extends AsyncIterable<WebSocketMessage>, PositionedSource<WebSocketMessage, TPosition | null> {
  /** Reads the messages after a position, over a connection of its own. */
  open(
    from: TPosition | null | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Positioned<WebSocketMessage, TPosition | null>, void, undefined>;
  /** Reads the messages, each time over a connection of its own. */
  [Symbol.asyncIterator](): AsyncGenerator<WebSocketMessage, void, undefined>;
}

/**
 * Reads the messages of a WebSocket, which has no backpressure: what comes faster than it is read is buffered,
 * within limits.
 *
 * Messages come out in order, text as strings and bytes as `Uint8Array`. A connection that is
 * closed with 1000 ends the source; another end fails it, or makes it connect again, as `reconnect`
 * says: after the position of the last message that has come out, which `onOpen`, or the function
 * for the URL, tells the server. Codes by which a server refuses the client, such as 1008 and those
 * from 4000 on, fail it at once.
 *
 * @typeParam TPosition The positions.
 * @param target The URL, or what makes a URL or a socket for a position.
 * @param options What is said and how positions are read, and limits.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @throws {WebSocketError} When it is read: if a connection fails, or a limit is passed.
 * @category WebSocket
 *
 * @example Trades, from where they were left
 * ```ts
 * import { webSocketSource } from "@headrace/http";
 * import { StreamingPipeline } from "@headrace/pipeline";
 *
 * const trades = webSocketSource<number>("wss://example.com/trades", {
 *   onOpen: (send, from) => send(JSON.stringify({ subscribe: "trades", after: from ?? 0 })),
 *   position: (message) => JSON.parse(String(message)).sequence,
 *   idleTimeoutMs: 60_000,
 * });
 * const prices = StreamingPipeline.start<string | Uint8Array>()
 *   .map("price", (message) => JSON.parse(String(message)).price as number);
 *
 * const watch = (show: (price: number) => void) => prices.executeForEach(trades, show);
 * ```
 */
export function webSocketSource<TPosition = null>(
  target: WebSocketTarget<TPosition>,
  options: WebSocketSourceOptions<TPosition> = {},
): WebSocketSource<TPosition> {
  const settings = readSettings(target, options);
  return createSource<WebSocketMessage, TPosition | null>({
    createReader: (signal) => (from) => read(settings, from ?? undefined, signal),
    retry: settings.reconnect,
  });
}

interface Settings<TPosition> extends QueueLimits, ConnectSettings {
  readonly target: WebSocketTarget<TPosition>;
  readonly options: WebSocketSourceOptions<TPosition>;
  /** Absent where it connects once. */
  readonly reconnect: RetrySourceOptions | undefined;
  readonly idleTimeoutMs: number | undefined;
}

function readSettings<TPosition>(
  target: WebSocketTarget<TPosition>,
  options: WebSocketSourceOptions<TPosition>,
): Settings<TPosition> {
  requireKnown(NAME, options, [
    ...CONNECT_OPTIONS,
    ...["onOpen", "position", "reconnect", "maxMessageLength", "maxBufferedLength"],
    ...["overflow", "idleTimeoutMs"],
  ]);
  const connect = readConnectOptions(NAME, options);
  requireTarget(NAME, target);
  const { onOpen, position, idleTimeoutMs } = options;
  requireFunction(NAME, "onOpen", onOpen);
  requireFunction(NAME, "position", position);
  const reconnect = readReconnect(NAME, options.reconnect ?? position !== undefined);
  const { overflow = reconnect !== undefined && position !== undefined ? "reconnect" : "fail" } =
    options;
  requireChoice(NAME, "overflow", overflow, ["fail", "dropOldest", "reconnect"]);
  if (overflow === "reconnect" && (reconnect === undefined || position === undefined)) {
    const rule = '"fail" or "dropOldest" where it does not connect again from a position';
    throw new TypeError(complaint(NAME, "overflow", rule, overflow));
  }
  const read = (option: keyof typeof options, fallback: number) =>
    readInteger(NAME, option, options[option], { fallback });
  return {
    ...{ target, options, reconnect, overflow },
    ...connect,
    idleTimeoutMs: idleTimeoutMs === undefined ? undefined : read("idleTimeoutMs", 1),
    maxMessageLength: read("maxMessageLength", DEFAULT_MAX_MESSAGE_LENGTH),
    maxBufferedLength: read("maxBufferedLength", DEFAULT_MAX_BUFFERED_LENGTH),
  };
}

/** Reads one connection to its end. */
async function* read<TPosition>(
  settings: Settings<TPosition>,
  from: TPosition | undefined,
  signal: AbortSignal,
): AsyncGenerator<Positioned<WebSocketMessage, TPosition | null>, void, undefined> {
  const { idleTimeoutMs, options } = settings;
  const messages = closable((signal) => connect(settings, from, signal), signal);
  const watched = idleTimeoutMs === undefined
    ? messages
    : StreamingPipeline.start<WebSocketMessage>().use("message", timeout(idleTimeoutMs))
      .execute(messages, { signal });
  let last = from;
  try {
    for await (const item of watched) {
      last = options.position?.(item) ?? last;
      yield { item, position: last ?? null };
    }
  } catch (error) {
    throw causeOf(error);
  } finally {
    await messages.return();
  }
}

async function* connect<TPosition>(
  settings: Settings<TPosition>,
  from: TPosition | undefined,
  signal: AbortSignal,
): AsyncGenerator<WebSocketMessage, void, undefined> {
  const { target, options } = settings;
  const to = typeof target === "function" ? target(from) : target;
  const connection = new Connection(to, settings);
  const queue = new MessageQueue(connection, settings);
  const onAbort = () => queue.end();
  signal.addEventListener("abort", onAbort);
  try {
    signal.throwIfAborted();
    await connection.open(signal);
    options.onOpen?.(
      (message) => connection.socket.send(message as Uint8Array<ArrayBuffer>),
      from,
    );
    for (;;) {
      const message = await queue.next();
      if (message === undefined) return;
      yield message;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    queue.close();
    await connection.close();
  }
}
