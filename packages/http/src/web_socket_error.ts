/**
 * What is wrong with a connection.
 *
 * - `SOCKET_CLOSED`: it was closed, and not as an end.
 * - `SOCKET_FAILED`: it could not be opened, or not in time.
 * - `SOCKET_STALLED`: the other side takes nothing more.
 * - `BUFFER_FULL`: more messages have come than may wait for their reader.
 * - `MESSAGE_TOO_LARGE`: a message is longer than the limit.
 *
 * @category WebSocket
 */
export type WebSocketErrorCode =
  | "SOCKET_CLOSED"
  | "SOCKET_FAILED"
  | "SOCKET_STALLED"
  | "BUFFER_FULL"
  | "MESSAGE_TOO_LARGE";

/**
 * What a {@linkcode WebSocketError} is made from.
 *
 * @category WebSocket
 */
export interface WebSocketErrorDetails {
  /** See {@linkcode WebSocketError.code}. */
  readonly code: WebSocketErrorCode;
  /** See {@linkcode WebSocketError.retryable}. */
  readonly retryable: boolean;
  /** See {@linkcode WebSocketError.closeCode}. */
  readonly closeCode?: number | undefined;
}

/**
 * A connection that has failed. `retry` of the core goes by `retryable`.
 *
 * @category WebSocket
 *
 * @example A connection that was refused by a rule of the server
 * ```ts
 * import { WebSocketError } from "@headrace/http";
 * import { assertEquals } from "@std/assert";
 *
 * const toText = (error: unknown) =>
 *   error instanceof WebSocketError && error.closeCode === 1008 ? "not allowed" : "lost";
 *
 * const details = { code: "SOCKET_CLOSED", retryable: false, closeCode: 1008 } as const;
 * assertEquals(toText(new WebSocketError("closed", details)), "not allowed");
 * ```
 */
export class WebSocketError extends Error {
  /** `WebSocketError`. */
  override readonly name: string = "WebSocketError";
  /** What is wrong. */
  readonly code: WebSocketErrorCode;
  /** Whether another connection could help. */
  readonly retryable: boolean;
  /** The code that the connection was closed with (RFC 6455 section 7.4), for `SOCKET_CLOSED`. */
  readonly closeCode?: number;

  /** Makes the error. */
  constructor(message: string, { code, retryable, closeCode }: WebSocketErrorDetails) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    if (closeCode !== undefined) this.closeCode = closeCode;
  }
}
