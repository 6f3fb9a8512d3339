// What every encoder is to its operator.

import type { StreamingErrorStrategy } from "@headrace/pipeline";
import { FormatError, type FormatErrorCode } from "./format_error.ts";

/**
 * What becomes of values that cannot be written.
 *
 * @category Errors
 */
export interface WriteOptions {
  /** What the strategies of every stage say. @default {"FAIL_FAST"} */
  readonly errorStrategy?: StreamingErrorStrategy | undefined;
}

/** The names of {@linkcode WriteOptions}. */
export const WRITE_OPTIONS: readonly string[] = ["errorStrategy"];

/** The error for the value at `index`, which a `name` of `whole` cannot be. */
export function createWriteError(
  { code, format, what, rule, index, cause }: {
    readonly code: FormatErrorCode;
    readonly format: string;
    readonly what: string;
    readonly rule: string;
    readonly index: number;
    readonly cause?: unknown;
  },
): FormatError {
  const record = index + 1;
  const error = new FormatError(`Cannot write ${what} ${record}: ${rule}`, {
    code,
    format,
    record,
  });
  if (cause !== undefined) error.cause = cause;
  return error;
}

/** The value as JSON; throws where it is none. */
export function toJson(format: string, what: string, value: unknown, index: number): string {
  const fail = (rule: string, cause?: unknown) =>
    createWriteError({ code: "INVALID_JSON", format, what, rule, index, cause });
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    throw fail("JSON must have a form for it, without circles and big integers", error);
  }
  if (json === undefined) {
    throw fail("JSON must have a form for it, and has none for a function or undefined");
  }
  return json;
}
