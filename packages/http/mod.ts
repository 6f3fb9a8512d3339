/**
 * Requests, listings and events as sources, and runs as answers: with limits and positions, and closed when the
 * other side leaves.
 *
 * @example An answer that streams
 * ```ts
 * import { toResponse } from "@headrace/http";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const words = StreamingPipeline.start<string>().map("word", (word) => word.toUpperCase());
 *
 * const response = await toResponse(words, ["mill", "race"], { as: "sse" });
 * assertEquals(await response.text(), "data: MILL\n\ndata: RACE\n\n");
 * ```
 *
 * @module
 */

export { type FetchFunction, fetchOk, type FetchOkInit } from "./src/fetch_ok.ts";
export { HttpError, type HttpErrorCode, type HttpErrorDetails } from "./src/http_error.ts";
export {
  type CountOptions,
  type CursorOptions,
  nextByCursor,
  nextByLink,
  nextByNumber,
  nextByOffset,
  type NextPage,
  type Page,
} from "./src/next_page.ts";
export { type PagePosition, pages, type PagesOptions, type PagesSource } from "./src/pages.ts";
export { type SseSource, sseSource, type SseSourceOptions } from "./src/sse_source.ts";
export { type ResponseItems, toResponse, type ToResponseOptions } from "./src/to_response.ts";
export type { ConnectOptions, WebSocketLike, WebSocketMessage } from "./src/_socket.ts";
export {
  WebSocketError,
  type WebSocketErrorCode,
  type WebSocketErrorDetails,
} from "./src/web_socket_error.ts";
export {
  type WebSocketSink,
  webSocketSink,
  type WebSocketSinkOptions,
} from "./src/web_socket_sink.ts";
export {
  type WebSocketSource,
  webSocketSource,
  type WebSocketSourceOptions,
  type WebSocketTarget,
} from "./src/web_socket_source.ts";
