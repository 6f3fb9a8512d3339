import type { StandardSchema } from "@headrace/pipeline";
import type { Operator } from "@headrace/pipeline/core";
import { type Chunk, decodeWith, errorsOf } from "./_decoder.ts";
import { ElementReader } from "./_element_reader.ts";
import type { FormatError } from "./format_error.ts";
import { createParser } from "./_json.ts";
import { type JsonRecordOptions, readJsonOptions } from "./_json_options.ts";

/**
 * Reads one array of JSON, however long: bytes or text to the value of each element. A byte order mark at
 * the start is left out.
 *
 * Values come out in order, each parsed when it is asked for. No more of an element than
 * `maxLength` is held, and a chunk. Each element is good or bad on its own: `RECORD_TOO_LONG` as
 * soon as that is known, `INVALID_UTF8`, `TOO_DEEP`, `INVALID_JSON`, `INVALID_VALUE`. What is no
 * array, has more text after it, or ends too early fails the stage after the elements before that:
 * `NOT_AN_ARRAY`, `TRAILING_TEXT`, `TRUNCATED`. With `SPLIT_ERRORS`, the item of the failure is the
 * element's text and position, where it could be read.
 *
 * @typeParam TRecord What you say that an element is; with a schema, what the schema makes of it.
 * @param options What an element is, and what becomes of a bad one.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category JSON
 *
 * @example The elements of an answer, while it comes
 * ```ts
 * import { jsonArray } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .use("user", jsonArray<{ id: number }>())
 *   .map("id", ({ id }) => id);
 *
 * assertEquals(await pipeline.executeToArray(['[{"id":1}, {"i', 'd":2}]']), [1, 2]);
 * ```
 */
export function jsonArray<TRecord, TAccumulated = unknown, TContext = unknown>(
  options: JsonRecordOptions & {
    readonly schema: StandardSchema<unknown, TRecord>;
    readonly badRecords?: "fail" | undefined;
  },
): Operator<Chunk, TRecord, TAccumulated, TContext>;
/** As {@linkcode jsonArray}, with an error in the place of each bad element. */
export function jsonArray<TRecord, TAccumulated = unknown, TContext = unknown>(
  options: JsonRecordOptions & { readonly schema: StandardSchema<unknown, TRecord> },
): Operator<Chunk, TRecord | FormatError, TAccumulated, TContext>;
/** As {@linkcode jsonArray}, with values as they are. */
export function jsonArray<TRecord = unknown, TAccumulated = unknown, TContext = unknown>(
  options?: JsonRecordOptions & { readonly badRecords?: "fail" | undefined },
): Operator<Chunk, TRecord, TAccumulated, TContext>;
/** As {@linkcode jsonArray}, with values as they are, and an error in the place of each bad element. */
export function jsonArray<TRecord = unknown, TAccumulated = unknown, TContext = unknown>(
  options?: JsonRecordOptions,
): Operator<Chunk, TRecord | FormatError, TAccumulated, TContext>;
export function jsonArray(
  options: JsonRecordOptions & { readonly schema?: StandardSchema<unknown, unknown> } = {},
): Operator<Chunk, unknown> {
  const errorFor = errorsOf("jsonArray", "element", "the JSON array");
  const { maxLength, maxDepth, ...rules } = readJsonOptions("jsonArray", options);
  return decodeWith(
    () => new ElementReader({ maxLength, maxDepth, errorFor }),
    // The reader has counted.
    createParser({ ...rules, maxDepth: Infinity, errorFor }),
    options,
  );
}
