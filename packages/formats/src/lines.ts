import type { Operator } from "@headrace/pipeline/core";
import {
  BAD_RECORD_OPTIONS,
  type BadRecordOptions,
  type Chunk,
  decodeWith,
  errorsOf,
} from "./_decoder.ts";
import type { FormatError } from "./format_error.ts";
import { LineReader, type LineRules, type NumberedLine } from "./_line_reader.ts";
import { readLimit, requireChoice, requireKnown } from "./_options.ts";

/** A line of a megabyte is no line any more, for most that write some. */
const DEFAULT_MAX_LENGTH = 1_048_576;

/**
 * Options of {@linkcode lines}.
 *
 * @category Lines
 */
export interface LinesOptions extends BadRecordOptions {
  /** The longest line, in characters, without its break: a positive integer or `Infinity`. @default {1_048_576} */
  readonly maxLength?: number | undefined;
  /** Whether a carriage return alone ends a line. @default {false} */
  readonly breakAtReturn?: boolean | undefined;
  /** Whether lines of nothing but white space are left out. @default {false} */
  readonly skipBlank?: boolean | undefined;
  /** Whether each line comes with its number, as {@linkcode NumberedLine}. @default {false} */
  readonly numbered?: boolean | undefined;
}

/**
 * What a line of {@linkcode lines} is with these options.
 *
 * @typeParam TOptions The options.
 * @category Lines
 */
export type LineOf<TOptions> =
  | (TOptions extends { readonly numbered: true } ? NumberedLine : string)
  | (TOptions extends { readonly badRecords: "emit" } ? FormatError : never);

/**
 * Cuts bytes or text into lines, without their breaks (`\n` or `\r\n`). The last one needs none. A byte
 * order mark at the start is left out.
 *
 * Lines come out in order; of a chunk, all are cut when the first is asked for. No more of a line than
 * `maxLength` is held, and three bytes. Each line is good or bad on its own: one that is too long
 * (`LINE_TOO_LONG`) fails as soon as that is known, one whose bytes are not UTF-8 (`INVALID_UTF8`) at its
 * end. Where the source fails, a line that has not ended is no line.
 *
 * @typeParam TOptions The options.
 * @param options What a line is, and what becomes of a bad one.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Lines
 *
 * @example Lines of a file, the bad ones left out
 * ```ts
 * import { lines } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<Uint8Array>()
 *   .use("line", lines({ maxLength: 80, errorStrategy: "SKIP_FAILED" }));
 *
 * const bytes = new TextEncoder().encode(`first\r\n${"x".repeat(81)}\nlast`);
 * assertEquals(await pipeline.executeToArray([bytes]), ["first", "last"]);
 * ```
 */
export function lines<
  const TOptions extends LinesOptions = Record<never, never>,
  TAccumulated = unknown,
  TContext = unknown,
>(options?: TOptions): Operator<Chunk, LineOf<TOptions>, TAccumulated, TContext> {
  const given: LinesOptions = options ?? {};
  const rules = readRules(given);
  const toLine = given.numbered === true
    ? (text: string, number: number): NumberedLine => ({ number, text })
    : (text: string): string => text;
  return decodeWith(
    () => new LineReader<string | NumberedLine>(rules, toLine),
    // What comes out is what the options say.
    (line) => line as LineOf<TOptions>,
    given,
  );
}

const OWN_OPTIONS = ["maxLength", "breakAtReturn", "skipBlank", "numbered"];

function readRules(options: LinesOptions): LineRules {
  requireKnown("lines", options, [...OWN_OPTIONS, ...BAD_RECORD_OPTIONS]);
  const { maxLength, breakAtReturn = false, skipBlank = false } = options;
  for (const name of ["breakAtReturn", "skipBlank", "numbered"] as const) {
    requireChoice("lines", name, options[name], [true, false]);
  }
  requireChoice("lines", "badRecords", options.badRecords, ["fail", "emit"]);
  return {
    maxLength: readLimit("lines", "maxLength", maxLength, DEFAULT_MAX_LENGTH),
    breaksAtReturn: breakAtReturn,
    skipsBlank: skipBlank,
    errorFor: errorsOf("lines", "line", "the text"),
  };
}
