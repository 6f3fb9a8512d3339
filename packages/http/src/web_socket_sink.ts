import { complaint, isBytes, readInteger, requireKnown } from "./_options.ts";
import {
  CONNECT_OPTIONS,
  Connection,
  type ConnectOptions,
  type ConnectSettings,
  OPEN,
  readConnectOptions,
  requireTarget,
  type WebSocketLike,
} from "./_socket.ts";

const NAME = "webSocketSink()";
const DEFAULT_MAX_BUFFERED_BYTES = 1_048_576;
const DEFAULT_STALL_MS = 30_000;
/** No event reports that `bufferedAmount` has fallen, so it is polled. */
const POLL_MS = 10;

/**
 * Options of {@linkcode webSocketSink}.
 *
 * @category WebSocket
 */
export interface WebSocketSinkOptions extends ConnectOptions {
  /** How much may be buffered in the socket before `send` waits, in bytes: a positive integer. @default {1_048_576} */
  readonly maxBufferedBytes?: number | undefined;
  /** How long `send` waits while the socket sends nothing, in milliseconds: a positive integer. @default {30_000} */
  readonly stallMs?: number | undefined;
}

/**
 * Takes messages for a WebSocket.
 *
 * @category WebSocket
 */
export interface WebSocketSink extends AsyncDisposable {
  /** Sends a message; resolves when the socket has taken it, and waits while too much is buffered. */
  readonly send: (message: string | Uint8Array) => Promise<void>;
  /** Closes the connection when everything buffered has been sent; rejects where that fails. */
  readonly close: () => Promise<void>;
}

/**
 * Sends messages over a WebSocket, at the pace at which the other side takes them.
 *
 * It connects when the first message is sent. Where a connection is lost, `send` rejects with an error that
 * `retry` of the core knows, and connects again when it is called again; messages that were still buffered in the
 * old connection are lost, and no event reports them. Concurrent calls are made one after the other.
 *
 * workerd does not say how much a socket has buffered, so that `send` never waits there.
 *
 * @param target The URL, or what makes a URL or a socket for each connection.
 * @param options How it connects, and limits.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @throws {WebSocketError} From `send`: if the connection fails, or takes nothing more.
 * @category WebSocket
 *
 * @example What comes out of a pipeline
 * ```ts
 * import { webSocketSink } from "@headrace/http";
 * import { StreamingPipeline } from "@headrace/pipeline";
 *
 * const sink = webSocketSink("wss://example.com/readings");
 * const readings = StreamingPipeline.start<number>()
 *   .map("message", (celsius) => JSON.stringify({ celsius }))
 *   .map("sent", sink.send, { retry: 3 });
 *
 * async function sendAll(values: AsyncIterable<number>): Promise<void> {
 *   await readings.executeForEach(values, () => {});
 *   await sink.close();
 * }
 * ```
 */
export function webSocketSink(
  target: string | URL | (() => string | URL | WebSocketLike),
  options: WebSocketSinkOptions = {},
): WebSocketSink {
  requireKnown(NAME, options, [...CONNECT_OPTIONS, "maxBufferedBytes", "stallMs"]);
  const connect = readConnectOptions(NAME, options);
  requireTarget(NAME, target);
  const read = (option: keyof WebSocketSinkOptions, fallback: number) =>
    readInteger(NAME, option, options[option], { fallback });
  const sender = new Sender(target, {
    ...connect,
    maxBufferedBytes: read("maxBufferedBytes", DEFAULT_MAX_BUFFERED_BYTES),
    stallMs: read("stallMs", DEFAULT_STALL_MS),
  });
  const close = () => sender.close();
  return { send: (message) => sender.send(message), close, [Symbol.asyncDispose]: close };
}

interface Settings extends ConnectSettings {
  readonly maxBufferedBytes: number;
  readonly stallMs: number;
}

class Sender {
  readonly #target: string | URL | (() => string | URL | WebSocketLike);
  readonly #settings: Settings;
  #connection: Connection | undefined;
  /** Resolves when the messages so far are sent, or have failed. */
  #before: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(target: string | URL | (() => string | URL | WebSocketLike), settings: Settings) {
    this.#target = target;
    this.#settings = settings;
  }

  send(message: string | Uint8Array): Promise<void> {
    if (typeof message !== "string" && !isBytes(message)) {
      const rule = "text or a Uint8Array";
      return Promise.reject(new TypeError(complaint("send()", "a message", rule, message)));
    }
    if (this.#isClosed) {
      return Promise.reject(new TypeError("Cannot call send(): the sink has been closed"));
    }
    const sent = this.#before.then(() => this.#send(message));
    // A failure rejects its own call, and does not keep the next one from being made.
    this.#before = sent.catch(() => {});
    return sent;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#before;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    try {
      await this.#untilDrained(connection, 0);
    } finally {
      await connection.close();
    }
  }

  async #send(message: string | Uint8Array): Promise<void> {
    const connection = this.#connection ??= await this.#connect();
    try {
      await this.#untilDrained(connection, this.#settings.maxBufferedBytes);
      connection.socket.send(message as Uint8Array<ArrayBuffer>);
    } catch (error) {
      this.#connection = undefined;
      void connection.close();
      throw error;
    }
  }

  async #connect(): Promise<Connection> {
    const to = typeof this.#target === "function" ? this.#target() : this.#target;
    const connection = new Connection(to, this.#settings);
    try {
      await connection.open();
      return connection;
    } catch (error) {
      void connection.close();
      throw error;
    }
  }

  /** Waits until there is room in the socket; throws where it is closed, or takes too long. */
  async #untilDrained(connection: Connection, mostBytes: number): Promise<void> {
    const { stallMs } = this.#settings;
    const { socket } = connection;
    let least = Infinity;
    for (let waitedMs = 0;; waitedMs += POLL_MS) {
      if (socket.readyState !== OPEN) {
        const error = await connection.closed;
        throw error ?? connection.fail("SOCKET_CLOSED", {
          rule: "it must stay open, and was closed with 1000",
          retryable: true,
          closeCode: 1000,
        });
      }
      const buffered = socket.bufferedAmount ?? 0;
      if (buffered <= mostBytes) return;
      // It has stalled where nothing at all was sent; a slow connection has not.
      if (buffered < least) waitedMs = 0;
      least = Math.min(least, buffered);
      if (waitedMs >= stallMs) {
        const rule = `it must send something within ${stallMs} ms (stallMs)`;
        throw connection.fail("SOCKET_STALLED", { rule, retryable: true });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
