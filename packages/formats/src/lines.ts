import type { Operator } from "@headrace/pipeline/core";
import {
  type BadRecordOptions,
  type Chunk,
  decodeWith,
  errorsOf,
  requireDecoderOptions,
} from "./_decoder.ts";
import type { FormatError } from "./format_error.ts";
import { LineReader, type LineRules, type NumberedLine } from "./_line_reader.ts";
import { type KnownOptions, readLimit, requireChoice, requireKnown } from "./_options.ts";
import { own } from "./_own.ts";

/** A line of a megabyte is no line any more, for most that write some. */
const DEFAULT_MAX_LENGTH = 1_048_576;

/**
 * What a line is.
 *
 * @category Lines
 */
export interface LineOptions {
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
 * Options of {@linkcode lines}.
 *
 * @category Lines
 */
export interface LinesOptions extends LineOptions, BadRecordOptions {}

/**
 * What a line of {@linkcode lines} is with these options: of what is known only when it runs, either.
 *
 * @typeParam TOptions The options.
 * @category Lines
 */
export type LineOf<TOptions> =
  | (TOptions extends { readonly numbered: true } ? never : string)
  | (true extends TOptions["numbered" & keyof TOptions] ? NumberedLine : never)
  | ("emit" extends TOptions["badRecords" & keyof TOptions] ? FormatError : never);

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
>(
  options?: TOptions & KnownOptions<TOptions, LinesOptions>,
): Operator<Chunk, LineOf<TOptions>, TAccumulated, TContext> {
  const given: LinesOptions = options === undefined ? {} : options;
  requireDecoderOptions("lines", given, LINE_OPTIONS);
  const open = readOptions("lines", given);
  // What comes out is what the options say.
  return decodeWith(open, (line) => line as LineOf<TOptions>, given);
}

/**
 * Cuts chunks into lines outside of a pipeline, or inside a stage that has more to say about them.
 *
 * @typeParam TLine What a line is: text, or {@linkcode NumberedLine}.
 * @category Lines
 */
export interface LineDecoder<TLine> {
  /** The lines that end in this chunk, and an error in the place of each bad one. */
  push(chunk: Chunk): (TLine | FormatError)[];
  /**
   * The line that has no break, where there is one. What is pushed next begins a new line, of the same
   * number.
   */
  end(): (TLine | FormatError)[];
}

/**
 * Cuts lines as {@linkcode lines} does, for code that has the chunks in its own hands: lines that came
 * together are in one array, and a line can be ended where its file is.
 *
 * @typeParam TOptions The options.
 * @param options What a line is.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Lines
 *
 * @example The lines of several files, each with a number of its own
 * ```ts
 * import { createLineDecoder } from "@headrace/formats";
 * import { assertEquals } from "@std/assert";
 *
 * const found = ["a\nb", "c\n"].flatMap((file) => {
 *   const decoder = createLineDecoder({ numbered: true });
 *   return [...decoder.push(file), ...decoder.end()];
 * });
 *
 * assertEquals(found, [
 *   { number: 1, text: "a" },
 *   { number: 2, text: "b" },
 *   { number: 1, text: "c" },
 * ]);
 * ```
 */
export function createLineDecoder<const TOptions extends LineOptions = Record<never, never>>(
  options?: TOptions & KnownOptions<TOptions, LineOptions>,
): LineDecoder<LineOf<Pick<TOptions, keyof TOptions & "numbered">>> {
  const given: LineOptions = options === undefined ? {} : options;
  requireKnown("createLineDecoder", given, LINE_OPTIONS);
  const decoder: unknown = readOptions("createLineDecoder", given)();
  return decoder as LineDecoder<LineOf<Pick<TOptions, keyof TOptions & "numbered">>>;
}

const LINE_OPTIONS = ["maxLength", "breakAtReturn", "skipBlank", "numbered"];

/** Checks the options once, for any number of inputs. */
function readOptions(
  name: string,
  options: LineOptions,
): () => LineReader<string | NumberedLine> {
  const { maxLength, breakAtReturn = false, skipBlank = false, numbered = false } = options;
  for (const [option, value] of Object.entries({ breakAtReturn, skipBlank, numbered })) {
    requireChoice(name, option, value, [true, false]);
  }
  const rules: LineRules = {
    maxLength: readLimit(name, "maxLength", maxLength, DEFAULT_MAX_LENGTH),
    breaksAtReturn: breakAtReturn,
    skipsBlank: skipBlank,
    errorFor: errorsOf("lines", "line", "the text"),
  };
  const toLine = numbered
    ? (text: string, number: number): NumberedLine => ({ number, text: own(text) })
    : own;
  return () => new LineReader<string | NumberedLine>(rules, toLine);
}
