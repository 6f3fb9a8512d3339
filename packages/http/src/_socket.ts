// A WebSocket of any runtime: opened within a time limit, its end as a promise.

import { baseUrl } from "./_base_url.ts";
import { complaint, readMs, requireFunction } from "./_options.ts";
import { collectSecrets, hideIn, showUrl, toShown } from "./_secrets.ts";
import { WebSocketError } from "./web_socket_error.ts";

/**
 * What is used of a `WebSocket`, the platform's or one of a library, such as `ws`.
 *
 * @category WebSocket
 */
export interface WebSocketLike {
  /** What messages of bytes are read as. */
  binaryType: string;
  /** 0 to 3: connecting, open, closing, closed. */
  readonly readyState: number;
  /** How much is buffered to be sent, in bytes; absent where the runtime does not say it. */
  readonly bufferedAmount?: number | undefined;
  /** Sends a message. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Closes the connection. */
  close(code?: number, reason?: string): void;
  /** Calls a listener for each event of a type. */
  addEventListener(type: string, listener: (event: unknown) => void): void;
  /** Removes a listener. */
  removeEventListener(type: string, listener: (event: unknown) => void): void;
}

/**
 * A message.
 *
 * @category WebSocket
 */
export type WebSocketMessage = string | Uint8Array<ArrayBuffer>;

/**
 * How a connection is made.
 *
 * @category WebSocket
 */
export interface ConnectOptions {
  /** The sub-protocols that are offered. */
  readonly protocols?: readonly string[] | undefined;
  /**
   * Makes a socket, for headers of its own or a runtime without `WebSocket`, such as Node 20:
   * `(url, protocols) => new WS(url, protocols, { headers })`. @default {new globalThis.WebSocket}
   */
  readonly connect?: ((url: string, protocols: string[]) => WebSocketLike) | undefined;
  /**
   * How long opening it may take, in milliseconds: a positive integer of 2,147,483,647 at most.
   * @default {30_000}
   */
  readonly openTimeoutMs?: number | undefined;
}

/** The names of {@linkcode ConnectOptions}. */
export const CONNECT_OPTIONS: readonly string[] = ["protocols", "connect", "openTimeoutMs"];

const DEFAULT_OPEN_TIMEOUT_MS = 30_000;
/** How long the other side has to confirm that a socket is closed. */
const CLOSE_WITHIN_MS = 1_000;
export const OPEN = 1;
const CLOSED = 3;

/** The regular end of a connection (RFC 6455 section 7.4.1). */
const NORMAL = 1000;
/** Codes after which another attempt may help: going away, lost, server error, restart, busy, bad gateway. */
const PASSING: ReadonlySet<number> = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1014]);
const LOST = 1006;
const MAX_REASON_LENGTH = 123;

/** How a connection is made, checked. */
export interface ConnectSettings extends Pick<ConnectOptions, "connect"> {
  readonly protocols: readonly string[];
  readonly openTimeoutMs: number;
}

/** Checks how a connection is made. */
export function readConnectOptions(
  name: string,
  { protocols = [], connect, openTimeoutMs }: ConnectOptions,
): ConnectSettings {
  requireFunction(name, "connect", connect);
  if (!Array.isArray(protocols)) {
    throw new TypeError(complaint(name, "protocols", "an array of names", protocols));
  }
  const fallback = DEFAULT_OPEN_TIMEOUT_MS;
  return {
    ...{ protocols, connect },
    openTimeoutMs: readMs(name, "openTimeoutMs", openTimeoutMs, { fallback }),
  };
}

/** Throws unless `target` is a URL of a WebSocket, or a function. */
export function requireTarget(name: string, target: unknown): void {
  if (typeof target === "function" || parseTarget(target) !== undefined) return;
  // Its value may hold a key.
  throw new TypeError(
    `Cannot call ${name}: its target must be a URL with ws: or wss:, or a function`,
  );
}

/** `undefined` where it is no URL of a WebSocket. */
function parseTarget(target: unknown): URL | undefined {
  if (typeof target !== "string" && !(target instanceof URL)) return undefined;
  const base = baseUrl();
  if (!URL.canParse(String(target), base)) return undefined;
  const url = new URL(target, base);
  return /^(wss?|https?):$/.test(url.protocol) ? url : undefined;
}

/** A connection that is open, or was. */
export class Connection {
  readonly socket: WebSocketLike;
  /** Resolves when it is closed: with an error unless that was a regular end. */
  readonly closed: Promise<WebSocketError | undefined>;
  readonly #openTimeoutMs: number;
  readonly #url: string;
  /** Keys in the URL, which the other side may repeat. */
  readonly #secrets: readonly string[];

  /** Makes a socket where `target` is a URL, and adds the listeners before any event can come. */
  constructor(
    target: string | URL | WebSocketLike,
    { protocols, connect, openTimeoutMs }: ConnectSettings,
  ) {
    this.#openTimeoutMs = openTimeoutMs;
    if (typeof target === "object" && target !== null && "readyState" in target) {
      this.#url = "the socket";
      this.#secrets = [];
      this.socket = target;
    } else {
      const url = parseTarget(target);
      if (url === undefined) {
        throw new TypeError(
          "Cannot connect: what the target returns must be a URL with ws: or wss:, or a socket",
        );
      }
      this.#url = showUrl(url);
      const headers = new Headers();
      this.#secrets = collectSecrets(url, headers);
      try {
        this.socket = connect === undefined
          ? new WebSocket(url, [...protocols])
          : connect(url.href, [...protocols]);
      } catch (error) {
        hideIn(error, { url, headers, given: target });
        throw error;
      }
    }
    this.socket.binaryType = "arraybuffer";
    this.closed = new Promise((resolve) => {
      if (this.socket.readyState === CLOSED) resolve(this.#toError({}));
      // The event `error` says nothing, and `close` follows.
      this.socket.addEventListener("error", () => {});
      this.socket.addEventListener("close", (event) => resolve(this.#toError(event)));
    });
  }

  /** Resolves when it is open; rejects where it cannot be opened in time. */
  async open(signal?: AbortSignal): Promise<void> {
    const { socket } = this;
    const openTimeoutMs = this.#openTimeoutMs;
    if (socket.readyState === OPEN) return;
    let settle: (outcome: "open" | "late" | "aborted") => void;
    const settled = new Promise<"open" | "late" | "aborted">((resolve) => settle = resolve);
    const onOpen = () => settle("open");
    const onAbort = () => settle("aborted");
    const timer = setTimeout(() => settle("late"), openTimeoutMs);
    socket.addEventListener("open", onOpen);
    signal?.addEventListener("abort", onAbort);
    try {
      const outcome = await Promise.race([settled, this.closed]);
      if (outcome === "open") return;
      if (outcome === "aborted") throw signal!.reason;
      throw this.fail("SOCKET_FAILED", {
        rule: outcome === "late"
          ? `it must open within ${openTimeoutMs} ms (openTimeoutMs)`
          : "it must open, and was closed",
        retryable: outcome === "late" || outcome === undefined || outcome.retryable,
        closeCode: typeof outcome === "object" ? outcome.closeCode : undefined,
      });
    } finally {
      clearTimeout(timer);
      socket.removeEventListener("open", onOpen);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Closes it, and waits until the other side confirms that, for a bounded time. */
  async close(code: number = NORMAL): Promise<void> {
    if (this.socket.readyState !== CLOSED) this.socket.close(code);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_WITHIN_MS));
    await Promise.race([this.closed, late]);
    clearTimeout(timer);
  }

  /** Makes an error about this connection. */
  fail(
    code: WebSocketError["code"],
    { rule, retryable, closeCode }: {
      readonly rule: string;
      readonly retryable: boolean;
      readonly closeCode?: number | undefined;
    },
  ): WebSocketError {
    const message = `Cannot use the connection to ${this.#url}: ${rule}`;
    return new WebSocketError(message, { code, retryable, closeCode });
  }

  #toError(event: unknown): WebSocketError | undefined {
    const { code: given, reason = "" } = event as { code?: number; reason?: unknown };
    // Deno 2.9 says 0 where a connection is lost.
    const code = given || LOST;
    if (code === NORMAL) return undefined;
    const said = toShown(String(reason).slice(0, MAX_REASON_LENGTH), this.#secrets);
    const because = said === "" ? "" : ` (${said})`;
    return this.fail("SOCKET_CLOSED", {
      rule: `it must stay open, and was closed with ${code}${because}`,
      retryable: PASSING.has(code),
      closeCode: code,
    });
  }
}
