import type { StandardSchema } from "@headrace/pipeline";
import type { Operator } from "@headrace/pipeline/core";
import {
  type BadRecordOptions,
  type Chunk,
  decodeWith,
  errorsOf,
  requireDecoderOptions,
} from "./_decoder.ts";
import { CsvReader, type CsvRules } from "./_csv_reader.ts";
import { CsvTable, type Numbered, readNames } from "./_csv_table.ts";
import type { FormatError } from "./format_error.ts";
import { type KnownOptions, readLimit, requireCharacter, requireChoice } from "./_options.ts";
import { check, createInvalid, readSchema } from "./_schema.ts";

const DEFAULT_MAX_RECORD_LENGTH = 1_048_576;

/** More columns than databases take. */
const DEFAULT_MAX_FIELDS = 4_096;

const FORMAT = "csv";

/**
 * Options of {@linkcode csv}.
 *
 * @category CSV
 */
export interface CsvOptions extends BadRecordOptions {
  /**
   * Whether the first record names the fields of the others, or their names, or a function that makes the
   * names of the fields of the first record, such as where two are empty: then records are objects of text,
   * and arrays of text otherwise. @default {false}
   */
  readonly header?:
    | boolean
    | readonly string[]
    | ((fields: readonly string[]) => readonly string[])
    | undefined;
  /** What stands between two fields: one character. @default {","} */
  readonly delimiter?: string | undefined;
  /** What stands around a field that has delimiters, line breaks or quotes in it. @default {'"'} */
  readonly quote?: string | undefined;
  /**
   * Whether a record may have fewer or more fields than the header: what is missing is empty text, and
   * what is more is left out. @default {false}
   */
  readonly ragged?: boolean | undefined;
  /**
   * The longest record, in characters, with its quotes and delimiters: a positive integer or `Infinity`.
   * @default {1_048_576}
   */
  readonly maxRecordLength?: number | undefined;
  /** The longest field, in characters. @default {maxRecordLength} */
  readonly maxFieldLength?: number | undefined;
  /** The most fields of a record: a positive integer or `Infinity`. @default {4_096} */
  readonly maxFields?: number | undefined;
  /** Checks each record, and says what comes out: a Standard Schema. */
  readonly schema?: StandardSchema<unknown, unknown> | undefined;
}

/**
 * What a record of {@linkcode csv} is with this header: of what is known only when it runs, either.
 *
 * @typeParam THeader The option `header`.
 * @category CSV
 */
export type CsvFields<THeader> = THeader extends true ? Record<string, string>
  : THeader extends readonly (infer TName extends string)[] ? Record<TName, string>
  : THeader extends (fields: readonly string[]) => readonly (infer TName extends string)[]
    ? Record<TName, string>
  : string[];

/**
 * What a record of {@linkcode csv} is with these options: of what is known only when it runs, either.
 *
 * @typeParam TOptions The options.
 * @category CSV
 */
export type CsvRecord<TOptions> =
  | (TOptions extends { readonly schema: StandardSchema<unknown, infer TRecord> } ? TRecord
    : "header" extends keyof TOptions ? CsvFields<TOptions["header" & keyof TOptions]>
    : string[])
  | (TOptions["schema" & keyof TOptions] extends infer TSchema
    ? TSchema extends StandardSchema<unknown, infer TRecord> ? TRecord : never
    : never)
  | ("emit" extends TOptions["badRecords" & keyof TOptions] ? FormatError : never);

/**
 * Reads CSV (RFC 4180): bytes or text to records, arrays of text or objects. Records end with `\n`, `\r\n`
 * or `\r`, the last one need not; fields with quotes may have line breaks in them. Blank lines and a byte
 * order mark at the start are left out. A quote inside a field that does not begin with one is text.
 *
 * Records come out in order; of a chunk, all are cut when the first is asked for. No more of a record than
 * `maxRecordLength` is held, and a chunk. Each record is good or bad on its own: `RECORD_TOO_LONG` as soon
 * as that is known, `FIELD_TOO_LONG`, `TOO_MANY_FIELDS`, `INVALID_QUOTE`, `INVALID_UTF8`,
 * `WRONG_FIELD_COUNT`, `INVALID_VALUE`. A bad header fails the stage. Where the source fails, a record that
 * has not ended is no record.
 *
 * @typeParam TOptions The options.
 * @param options What a record is, and what becomes of a bad one.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category CSV
 *
 * @example Records with names
 * ```ts
 * import { csv } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .use("city", csv({ header: true, errorStrategy: "SKIP_FAILED" }));
 *
 * const chunks = ["name,size\nBer", 'lin,3.7\n"Paris, ""Ville""",2.1\nRome\n'];
 * assertEquals(await pipeline.executeToArray(chunks), [
 *   { name: "Berlin", size: "3.7" },
 *   { name: 'Paris, "Ville"', size: "2.1" },
 * ]);
 * ```
 */
export function csv<
  const TOptions extends CsvOptions = Record<never, never>,
  TAccumulated = unknown,
  TContext = unknown,
>(
  options?: TOptions & KnownOptions<TOptions, CsvOptions>,
): Operator<Chunk, CsvRecord<TOptions>, TAccumulated, TContext> {
  const given: CsvOptions = options === undefined ? {} : options;
  const rules = readRules(given);
  const names = readNames(given.header);
  const schema = readSchema(FORMAT, given.schema);
  const toValue = schema === undefined ? (record: unknown) => record : (record: unknown) => {
    const { number, value } = record as Numbered;
    return check(schema, value, (issues) => createInvalid(issues, rules.errorFor, number));
  };
  return decodeWith(
    () => {
      const { errorFor } = rules;
      const isRagged = given.ragged === true;
      const table = new CsvTable({ names, isRagged, isNumbered: schema !== undefined, errorFor });
      const reader = new CsvReader({ ...rules, errorFor: table.errorFor }, table.toRecord);
      // Nothing stands before the header, which is what fails.
      const orNothing = <T>(records: T[]): T[] => table.failure === undefined ? records : [];
      return {
        push: (chunk) => orNothing(reader.push(chunk)),
        end: () => orNothing(reader.end()),
        get failure() {
          return table.failure;
        },
      };
    },
    // What comes out is what the options say.
    toValue as (record: unknown) => CsvRecord<TOptions>,
    given,
  );
}

const OWN_OPTIONS = [
  ...["header", "delimiter", "quote", "ragged"],
  ...["maxRecordLength", "maxFieldLength", "maxFields", "schema"],
];

function readRules(options: CsvOptions): CsvRules {
  requireDecoderOptions(FORMAT, options, OWN_OPTIONS);
  const { delimiter = ",", quote = '"', ragged } = options;
  requireCharacter(FORMAT, "delimiter", delimiter, []);
  requireCharacter(FORMAT, "quote", quote, [delimiter]);
  requireChoice(FORMAT, "ragged", ragged, [true, false]);
  const limit = (name: "maxRecordLength" | "maxFieldLength" | "maxFields", fallback: number) =>
    readLimit(FORMAT, name, options[name], fallback);
  return {
    delimiter,
    quote,
    maxRecordLength: limit("maxRecordLength", DEFAULT_MAX_RECORD_LENGTH),
    maxFieldLength: limit("maxFieldLength", Infinity),
    maxFields: limit("maxFields", DEFAULT_MAX_FIELDS),
    errorFor: errorsOf(FORMAT, "record", "the CSV"),
  };
}
