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
