/**
 * Formats of text as operators: bytes to records and back, bounded, with chunks cut anywhere.
 *
 * @example Text from bytes
 * ```ts
 * import { textDecode } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const text = StreamingPipeline.start<Uint8Array>().use("text", textDecode());
 *
 * const bytes = new TextEncoder().encode("für");
 * const pieces = await text.executeToArray([bytes.slice(0, 2), bytes.slice(2)]);
 * assertEquals(pieces.join(""), "für");
 * ```
 *
 * @module
 */

export type { BadRecordOptions, Chunk } from "./src/_decoder.ts";
export type { WriteOptions } from "./src/_encoder.ts";
export type { SseEvent } from "./src/_event_reader.ts";
export type { JsonRecordOptions } from "./src/_json_options.ts";
export type { NumberedLine } from "./src/_line_reader.ts";
export type { KnownOptions } from "./src/_options.ts";
export { csv, type CsvFields, type CsvOptions, type CsvRecord } from "./src/csv.ts";
export { FormatError, type FormatErrorCode, type FormatErrorDetails } from "./src/format_error.ts";
export { jsonArray } from "./src/json_array.ts";
export {
  createLineDecoder,
  type LineDecoder,
  type LineOf,
  type LineOptions,
  lines,
  type LinesOptions,
} from "./src/lines.ts";
export { ndjson } from "./src/ndjson.ts";
export { sse, type SseEventOf, type SseOptions } from "./src/sse.ts";
export { textDecode, type TextDecodeOptions } from "./src/text_decode.ts";
export { textEncode } from "./src/text_encode.ts";
export { type CsvRow, type CsvValue, toCsv, type ToCsvOptions } from "./src/to_csv.ts";
export { toJsonArray } from "./src/to_json_array.ts";
export { toLines } from "./src/to_lines.ts";
export { toNdjson } from "./src/to_ndjson.ts";
export { type SseComment, toSse } from "./src/to_sse.ts";
