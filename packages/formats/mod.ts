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
export type { NumberedLine } from "./src/_line_reader.ts";
export { FormatError, type FormatErrorCode, type FormatErrorDetails } from "./src/format_error.ts";
export { lines, type LinesOptions } from "./src/lines.ts";
export type { JsonRecordOptions } from "./src/_json_options.ts";
export { ndjson } from "./src/ndjson.ts";
export { textDecode, type TextDecodeOptions } from "./src/text_decode.ts";
