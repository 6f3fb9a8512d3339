import type { Operator } from "@headrace/pipeline/core";
import { transform } from "@headrace/pipeline/operators";
import { createWriteError, WRITE_OPTIONS, type WriteOptions } from "./_encoder.ts";
import { requireCharacter, requireChoice, requireKnown, show } from "./_options.ts";

/** What a spreadsheet takes for a formula, or for white space before one (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r\uFF0B\uFF0D\uFF1D\uFF20]/;

/**
 * What stands in a field of {@linkcode toCsv}: text, a number, a truth value, a date (as ISO 8601), or
 * nothing.
 *
 * @category CSV
 */
export type CsvValue = string | number | bigint | boolean | Date | null | undefined;

/**
 * A record of {@linkcode toCsv}: its fields in order, or by their names.
 *
 * @category CSV
 */
export type CsvRow = readonly CsvValue[] | { readonly [name: string]: CsvValue };

/**
 * Options of {@linkcode toCsv}.
 *
 * @category CSV
 */
export interface ToCsvOptions extends WriteOptions {
  /** The names of the fields, in order. Those of the first record by default, where it has names. */
  readonly columns?: readonly string[] | undefined;
  /** Whether the names are the first record. By default where there are names. */
  readonly header?: boolean | undefined;
  /** What stands between two fields: one character. @default {","} */
  readonly delimiter?: string | undefined;
  /** What stands around a field that needs it: one character. @default {'"'} */
  readonly quote?: string | undefined;
  /** What ends a record. @default {"\r\n"} */
  readonly lineBreak?: "\n" | "\r\n" | undefined;
  /** Whether every field has quotes. @default {false} */
  readonly quoteAll?: boolean | undefined;
  /**
   * Whether text that a spreadsheet would run as a formula gets an apostrophe in front of it. It changes the
   * text. @default {false}
   */
  readonly escapeFormulas?: boolean | undefined;
}

/**
 * Writes CSV (RFC 4180): text for each record, an array or an object, and for the header.
 *
 * Without `columns`, the first record decides: an array is written without a header, the names of an object
 * are the header. A record with a name that is not among them, with another number of fields than there are
 * names, or with a field that is no {@linkcode CsvValue} is a bad record (`WRONG_FIELD_COUNT`,
 * `INVALID_VALUE`). With `columns`, names that are not among them are left out. Missing fields are empty.
 *
 * @typeParam TRow The type of the records.
 * @param options The form, and what becomes of a bad record.
 * @throws {TypeError} If an option is not valid.
 * @category CSV
 *
 * @example Objects
 * ```ts
 * import { toCsv } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<{ name: string; size: number }>()
 *   .use("line", toCsv({ lineBreak: "\n" }));
 *
 * const cities = [{ name: "Berlin", size: 3.7 }, { name: 'Paris, "Ville"', size: 2.1 }];
 * assertEquals(await pipeline.executeToArray(cities), [
 *   "name,size\n",
 *   "Berlin,3.7\n",
 *   '"Paris, ""Ville""",2.1\n',
 * ]);
 * ```
 */
export function toCsv<TRow extends object = CsvRow, TAccumulated = unknown, TContext = unknown>(
  options: ToCsvOptions = {},
): Operator<TRow, string, TAccumulated, TContext> {
  const style = readStyle(options);
  const { errorStrategy } = options;
  return transform(() => {
    const writer = new CsvWriter(style);
    return {
      transform: (row: TRow, index: number) => writer.write(row, index),
      flush: (isComplete: boolean) => isComplete ? writer.end() : [],
    };
  }, { errorStrategy });
}

/** How fields are written. */
interface Style {
  readonly columns: readonly string[] | undefined;
  readonly header: boolean | undefined;
  readonly delimiter: string;
  readonly quote: string;
  readonly lineBreak: string;
  readonly quoteAll: boolean;
  readonly escapeFormulas: boolean;
  /** What a field must not have in it without quotes. */
  readonly special: RegExp;
}

/** Writes the records of one run. */
class CsvWriter {
  readonly #style: Style;
  /** The names of the fields, as far as there are any. */
  #columns: readonly string[] | undefined;
  /** The same, where the first record has given them. */
  #known: ReadonlySet<string> | undefined;
  #isHeaderDue: boolean;

  constructor(style: Style) {
    this.#style = style;
    this.#columns = style.columns;
    this.#isHeaderDue = style.columns !== undefined && (style.header ?? true);
  }

  write(row: unknown, index: number): string[] {
    const fail = (code: "INVALID_VALUE" | "WRONG_FIELD_COUNT", rule: string) =>
      createWriteError({ code, format: "toCsv", what: "record", rule, index });
    if (typeof row !== "object" || row === null) {
      throw fail("INVALID_VALUE", "it must be an array or an object");
    }
    const isList = Array.isArray(row);
    if (isList && this.#columns === undefined && this.#style.header === true) {
      throw fail("INVALID_VALUE", "an array has no names for the header: give columns");
    }
    const columns = this.#columns ?? (isList ? undefined : Object.keys(row));
    if (!isList && Object.keys(row).some((name) => this.#known?.has(name) === false)) {
      throw fail("WRONG_FIELD_COUNT", "it must have the names of the first record: give columns");
    }
    const fields: unknown[] = isList ? [...row] : columns!.map((name) => readField(row, name));
    const wanted = columns?.length ?? fields.length;
    if (fields.length === 0 || fields.length !== wanted) {
      const rule = `it must have ${wanted || "some"} fields, got ${fields.length}`;
      throw fail("WRONG_FIELD_COUNT", rule);
    }
    const line = this.#toLine(fields.map((field) => {
      const text = toText(field);
      if (text === undefined) {
        throw fail(
          "INVALID_VALUE",
          "each field must be text, a number, a truth value, a date or nothing",
        );
      }
      return this.#toField(text, typeof field === "string");
    }));
    // Only a record that could be written decides about those after it.
    if (this.#columns === undefined && columns !== undefined) {
      this.#columns = columns;
      this.#known = new Set(columns);
      this.#isHeaderDue = this.#style.header ?? true;
    }
    return [...this.#takeHeader(), line];
  }

  /** The header, where there was no record that it could stand in front of. */
  end(): string[] {
    return this.#takeHeader();
  }

  #takeHeader(): string[] {
    if (!this.#isHeaderDue) return [];
    this.#isHeaderDue = false;
    return [this.#toLine(this.#columns!.map((name) => this.#toField(name, true)))];
  }

  #toLine(texts: readonly string[]): string {
    const { delimiter, lineBreak } = this.#style;
    // A single empty field would be a blank line.
    const line = texts.length === 1 && texts[0] === "" ? this.#quote("") : texts.join(delimiter);
    return line + lineBreak;
  }

  #toField(text: string, mayBeFormula: boolean): string {
    const { quoteAll, escapeFormulas, special } = this.#style;
    const safe = mayBeFormula && escapeFormulas && FORMULA.test(text) ? `'${text}` : text;
    return quoteAll || special.test(safe) ? this.#quote(safe) : safe;
  }

  #quote(text: string): string {
    const { quote } = this.#style;
    return quote + text.replaceAll(quote, quote + quote) + quote;
  }
}

/** A property of its own or of its class; not what every object has, such as `constructor`. */
function readField(row: object, name: string): unknown {
  if (name in Object.prototype && !Object.hasOwn(row, name)) return undefined;
  return (row as Record<string, unknown>)[name];
}

/** What stands for a value; `undefined` where nothing does. */
function toText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
      return "";
  }
  if (value === null) return "";
  return isDate(value) && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined;
}

/** Whether a value is a date, of whichever realm: no other object gives its time. */
function isDate(value: unknown): value is Date {
  try {
    Date.prototype.getTime.call(value as Date);
    return true;
  } catch {
    return false;
  }
}

const OWN_OPTIONS = [
  ...["columns", "header", "delimiter", "quote"],
  ...["lineBreak", "quoteAll", "escapeFormulas"],
];

function readStyle(options: ToCsvOptions): Style {
  requireKnown("toCsv", options, [...OWN_OPTIONS, ...WRITE_OPTIONS]);
  const { columns, header, delimiter = ",", quote = '"', lineBreak = "\r\n" } = options;
  const { quoteAll = false, escapeFormulas = false } = options;
  requireCharacter("toCsv", "delimiter", delimiter, []);
  requireCharacter("toCsv", "quote", quote, [delimiter]);
  requireChoice("toCsv", "lineBreak", lineBreak, ["\n", "\r\n"]);
  requireChoice("toCsv", "header", header, [true, false]);
  requireChoice("toCsv", "quoteAll", quoteAll, [true, false]);
  requireChoice("toCsv", "escapeFormulas", escapeFormulas, [true, false]);
  requireColumns(columns);
  // A byte order mark at the start would be left out when it is read.
  const special = new RegExp(`[${toClass(delimiter)}${toClass(quote)}\\n\\r]|^\\uFEFF`);
  const own = columns && [...columns];
  return { columns: own, header, delimiter, quote, lineBreak, quoteAll, escapeFormulas, special };
}

function requireColumns(columns: unknown): void {
  if (columns === undefined) return;
  const isFine = Array.isArray(columns) && columns.length > 0 &&
    columns.every((name) => typeof name === "string") && new Set(columns).size === columns.length;
  if (isFine) return;
  const rule = "a list of names that differ, at least one";
  throw new TypeError(`Cannot make toCsv(): columns must be ${rule}, got ${show(columns)}`);
}

/** A character inside the brackets of a regular expression. */
function toClass(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
