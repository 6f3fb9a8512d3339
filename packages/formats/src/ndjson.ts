import type { StandardSchema } from "@headrace/pipeline";
import type { Operator } from "@headrace/pipeline/core";
import { type Chunk, decodeWith, errorsOf } from "./_decoder.ts";
import type { FormatError } from "./format_error.ts";
import { createParser } from "./_json.ts";
import { LineReader, type NumberedLine } from "./_line_reader.ts";
import { type JsonRecordOptions, readJsonOptions } from "./_json_options.ts";

/**
 * Reads newline-delimited JSON: bytes or text to the value of each line. Blank lines and a byte order mark
 * at the start are left out; the last line needs no break.
 *
 * Values come out in order, each parsed when it is asked for. No more of a line than `maxLength` is held,
 * and three bytes. Each line is good or bad on its own: `LINE_TOO_LONG`, `INVALID_UTF8`, `TOO_DEEP`,
 * `INVALID_JSON`, `INVALID_VALUE`. With `SPLIT_ERRORS`, the item of the failure is the line and its number,
 * where it could be read. Where the source fails, a line that has not ended is no line.
 *
 * @typeParam TRecord What you say that a record is; with a schema, what the schema makes of it.
 * @param options What a record is, and what becomes of a bad one.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category JSON
 *
 * @example Records, the bad ones left out
 * ```ts
 * import { ndjson } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<Uint8Array | string>()
 *   .use("user", ndjson<{ id: number }>({ errorStrategy: "SKIP_FAILED" }))
 *   .map("id", ({ id }) => id);
 *
 * assertEquals(await pipeline.executeToArray(['{"id":1}\n{"i', 'd":2}\nbroken\n']), [1, 2]);
 * ```
 *
 * @example Records that a schema has checked
 * ```ts
 * import { ndjson } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 * import * as v from "valibot";
 *
 * const schema = v.object({ id: v.number() });
 * const pipeline = StreamingPipeline.start<string>()
 *   .use("user", ndjson({ schema, badRecords: "emit" }))
 *   .map("id", (user) => user instanceof Error ? user.message : user.id);
 *
 * assertEquals(await pipeline.executeToArray(['{"id":1}\n{"id":"1"}\n']), [
 *   1,
 *   'Cannot read line 2 of the NDJSON: it must match its schema (issues: 1, the first at "id")',
 * ]);
 * ```
 */
export function ndjson<TRecord, TAccumulated = unknown, TContext = unknown>(
  options: JsonRecordOptions & {
    readonly schema: StandardSchema<unknown, TRecord>;
    readonly badRecords?: "fail" | undefined;
  },
): Operator<Chunk, TRecord, TAccumulated, TContext>;
/** As {@linkcode ndjson}, with an error in the place of each bad record. */
export function ndjson<TRecord, TAccumulated = unknown, TContext = unknown>(
  options: JsonRecordOptions & { readonly schema: StandardSchema<unknown, TRecord> },
): Operator<Chunk, TRecord | FormatError, TAccumulated, TContext>;
/** As {@linkcode ndjson}, with values as they are. */
export function ndjson<TRecord = unknown, TAccumulated = unknown, TContext = unknown>(
  options?: JsonRecordOptions & { readonly badRecords?: "fail" | undefined },
): Operator<Chunk, TRecord, TAccumulated, TContext>;
/** As {@linkcode ndjson}, with values as they are, and an error in the place of each bad record. */
export function ndjson<TRecord = unknown, TAccumulated = unknown, TContext = unknown>(
  options?: JsonRecordOptions,
): Operator<Chunk, TRecord | FormatError, TAccumulated, TContext>;
export function ndjson(
  options: JsonRecordOptions & { readonly schema?: StandardSchema<unknown, unknown> } = {},
): Operator<Chunk, unknown> {
  const errorFor = errorsOf("ndjson", "line", "the NDJSON");
  const { maxLength, ...rules } = readJsonOptions("ndjson", options);
  const toRecord = (text: string, number: number): NumberedLine => ({ number, text });
  return decodeWith(
    () => new LineReader({ maxLength, skipsBlank: true, errorFor }, toRecord),
    createParser({ ...rules, errorFor }),
    options,
  );
}
