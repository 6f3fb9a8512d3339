/**
 * Lines alone, for programs that read nothing else: without the library that the other formats bring.
 *
 * @example Lines from bytes
 * ```ts
 * import { lines } from "@headrace/formats/lines";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>().use("line", lines());
 *
 * assertEquals(await pipeline.executeToArray(["a mi", "ll\na ra", "ce"]), ["a mill", "a race"]);
 * ```
 *
 * @module
 */

export type { BadRecordOptions, Chunk } from "../_decoder.ts";
export type { WriteOptions } from "../_encoder.ts";
export type { NumberedLine } from "../_line_reader.ts";
export type { KnownOptions } from "../_options.ts";
export { FormatError, type FormatErrorCode, type FormatErrorDetails } from "../format_error.ts";
export {
  createLineDecoder,
  type LineDecoder,
  type LineOf,
  type LineOptions,
  lines,
  type LinesOptions,
} from "../lines.ts";
export { toLines } from "../to_lines.ts";
