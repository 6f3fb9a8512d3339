import type { SchemaIssue } from "@headrace/pipeline";

/**
 * What is wrong with a record, or with all of the input.
 *
 * - `INVALID_UTF8`: bytes in it are not UTF-8.
 * - `LINE_TOO_LONG`, `RECORD_TOO_LONG`, `FIELD_TOO_LONG`, `TOO_MANY_FIELDS`, `TOO_DEEP`: it is over a
 *   limit.
 * - `INVALID_JSON`: it is not JSON, or a value cannot be written as JSON.
 * - `INVALID_QUOTE`: something other than a delimiter follows a closing quote, or it is missing.
 * - `WRONG_FIELD_COUNT`: it has not as many fields as the header.
 * - `INVALID_VALUE`: it does not match the schema, or cannot be written.
 * - `INVALID_HEADER`, `NOT_AN_ARRAY`, `TRAILING_TEXT`, `TRUNCATED`: what is around the records is not as
 *   it must be. These fail the stage, whatever its error strategy is.
 *
 * @category Errors
 */
export type FormatErrorCode =
  | "INVALID_UTF8"
  | "LINE_TOO_LONG"
  | "RECORD_TOO_LONG"
  | "FIELD_TOO_LONG"
  | "TOO_MANY_FIELDS"
  | "TOO_DEEP"
  | "INVALID_JSON"
  | "INVALID_QUOTE"
  | "WRONG_FIELD_COUNT"
  | "INVALID_VALUE"
  | "INVALID_HEADER"
  | "NOT_AN_ARRAY"
  | "TRAILING_TEXT"
  | "TRUNCATED";

/**
 * What {@linkcode FormatError} is made from.
 *
 * @category Errors
 */
export interface FormatErrorDetails {
  /** See {@linkcode FormatError.code}. */
  readonly code: FormatErrorCode;
  /** See {@linkcode FormatError.format}. */
  readonly format: string;
  /** See {@linkcode FormatError.record}. */
  readonly record: number;
  /** See {@linkcode FormatError.issues}. */
  readonly issues?: readonly SchemaIssue[] | undefined;
}

/**
 * A record that is not as its format says, or is over a limit. The message never shows what is in it.
 *
 * It is the `cause` of the `StreamingError` that the run fails with, whose `code` is the same.
 *
 * @category Errors
 *
 * @example Which line it was
 * ```ts
 * import { FormatError, ndjson } from "@headrace/formats";
 * import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const records = StreamingPipeline.start<string>().use("record", ndjson());
 * try {
 *   await records.executeToArray(["1\n", "{\n"]);
 * } catch (error) {
 *   assert(error instanceof StreamingError && error.cause instanceof FormatError);
 *   assertEquals([error.code, error.cause.record], ["INVALID_JSON", 2]);
 * }
 * ```
 */
export class FormatError extends Error {
  /** `FormatError`. */
  override readonly name: string = "FormatError";
  /** What is wrong. */
  readonly code: FormatErrorCode;
  /** The function that reads or writes it, such as `ndjson`. */
  readonly format: string;
  /**
   * Its position in the input, from 1: of lines, blank ones included; of the records of CSV, the header
   * included; of the events of SSE; of the elements of an array.
   */
  readonly record: number;
  /** What a schema finds, for `INVALID_VALUE`. */
  readonly issues?: readonly SchemaIssue[] | undefined;

  /** Makes the error; `message` says what must be, and what is. */
  constructor(message: string, { code, format, record, issues }: FormatErrorDetails) {
    super(message);
    this.code = code;
    this.format = format;
    this.record = record;
    if (issues !== undefined) this.issues = issues;
  }
}
