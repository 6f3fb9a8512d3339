// Text to the records of CSV, however its chunks are cut. One pass: what has been looked at is not
// looked at again, so that a record costs the same in one chunk or in a thousand.

import {
  BadRecord,
  type Decoder,
  type ErrorFor,
  lengthRule,
  type Read,
  UTF8_RULE,
} from "./_decoder.ts";
import type { FormatError, FormatErrorCode } from "./format_error.ts";
import { own } from "./_own.ts";
import { TextInput } from "./_text_input.ts";

const CARRIAGE_RETURN = 13;
const NEWLINE = 10;

/** At the start of a field. */
const START = 0;
/** In a field without quotes, or after what broke one with quotes. */
const PLAIN = 1;
/** Between quotes. */
const QUOTED = 2;
/** After a quote that ends the field, or is the first of two that stand for one. */
const AFTER_QUOTE = 3;

/** What a record is, and what is wrong with one. */
export interface CsvRules {
  readonly delimiter: string;
  readonly quote: string;
  /** In characters, with quotes and delimiters. */
  readonly maxRecordLength: number;
  readonly maxFieldLength: number;
  readonly maxFields: number;
  readonly errorFor: ErrorFor;
}

/** What comes out for the fields of a record, an error, or nothing. */
export type ToRecord<TRecord> = (
  fields: string[],
  number: number,
) => Read<TRecord> | undefined;

/** What is wrong with a record. */
interface Fault {
  readonly code: FormatErrorCode;
  readonly rule: string;
}

const NOT_UTF8: Fault = { code: "INVALID_UTF8", rule: UTF8_RULE };

/** Cuts text into records, and those into fields. */
export class CsvReader<TRecord> implements Decoder<TRecord> {
  readonly #rules: CsvRules;
  readonly #toRecord: ToRecord<TRecord>;
  readonly #input = new TextInput();
  #state = START;
  /** What has come of the field that has not ended. */
  #field = "";
  #fields: string[] = [];
  /** How much of the record stood in earlier chunks. */
  #length = 0;
  /** What is wrong with its quotes. */
  #fault: Fault | undefined;
  /** Whether bytes of the record are not UTF-8. */
  #isBad = false;
  /** Whether the record has been reported as too long, and is discarded. */
  #isOver = false;
  /** Whether the last chunk has ended after a carriage return that was a line break. */
  #isAfterReturn = false;
  /** Of the record that has not ended. */
  #number = 1;

  constructor(rules: CsvRules, toRecord: ToRecord<TRecord>) {
    this.#rules = rules;
    this.#toRecord = toRecord;
  }

  push(chunk: unknown): Read<TRecord>[] {
    return this.#read(this.#input.read(chunk));
  }

  end(): Read<TRecord>[] {
    const records = this.#read(this.#input.end());
    if (this.#length === 0) return records;
    if (this.#state === QUOTED) {
      this.#fault ??= {
        code: "INVALID_QUOTE",
        rule: "a field with quotes must have the second one",
      };
    }
    this.#endField("");
    this.#endRecord(0, records);
    return records;
  }

  #read(text: string): Read<TRecord>[] {
    const records: Read<TRecord>[] = [];
    const { length } = text;
    const { delimiter, quote } = this.#rules;
    const quoteUnit = quote.charCodeAt(0);
    let at = 0;
    if (this.#isAfterReturn && length > 0) {
      this.#isAfterReturn = false;
      if (text.charCodeAt(0) === NEWLINE) at = 1;
    }
    let recordStart = at;
    // Where they stand next, as far as that is known; the length where they do not.
    let nextDelimiter = -1;
    let nextNewline = -1;
    let nextReturn = -1;
    while (at < length) {
      if (at === recordStart && this.#length === 0) {
        // A record within one line of one chunk, as most are.
        if (nextNewline < at) nextNewline = find(text, "\n", at);
        if (nextReturn < at) nextReturn = find(text, "\r", at);
        const end = nextReturn === nextNewline - 1 ? nextReturn : nextNewline;
        const fields = nextNewline < length && nextReturn >= end
          ? splitLine(own(text.slice(at, end)), delimiter, quote)
          : undefined;
        if (fields !== undefined) {
          this.#fields = fields;
          if (this.#input.takeBad(end)) this.#isBad = true;
          this.#endRecord(end - at, records);
          recordStart = at = nextNewline + 1;
          continue;
        }
      }
      let end = -1;
      switch (this.#state) {
        case START:
          if (text.charCodeAt(at) === quoteUnit) {
            this.#state = QUOTED;
            at++;
            continue;
          }
          this.#state = PLAIN;
        // falls through
        case PLAIN:
          if (nextDelimiter < at) nextDelimiter = find(text, delimiter, at);
          if (nextNewline < at) nextNewline = find(text, "\n", at);
          if (nextReturn < at) nextReturn = find(text, "\r", at);
          end = nextDelimiter < nextNewline ? nextDelimiter : nextNewline;
          if (nextReturn < end) end = nextReturn;
          if (end === length) {
            this.#keep(text.slice(at));
            at = length;
            continue;
          }
          this.#endField(text.slice(at, end));
          break;
        case QUOTED: {
          const close = find(text, quote, at);
          this.#keep(text.slice(at, close));
          at = close + 1;
          if (close < length) this.#state = AFTER_QUOTE;
          continue;
        }
        case AFTER_QUOTE: {
          const unit = text.charCodeAt(at);
          if (unit === quoteUnit) {
            this.#keep(quote);
            this.#state = QUOTED;
            at++;
            continue;
          }
          if (unit !== NEWLINE && unit !== CARRIAGE_RETURN && text[at] !== delimiter) {
            this.#fault ??= {
              code: "INVALID_QUOTE",
              rule: "after a closing quote there must be a delimiter or a line break",
            };
            this.#state = PLAIN;
            continue;
          }
          this.#endField("");
          end = at;
        }
      }
      // A field has ended at `end`: with a delimiter, or with the record.
      const unit = text.charCodeAt(end);
      at = end + 1;
      if (unit !== NEWLINE && unit !== CARRIAGE_RETURN) continue;
      if (this.#input.takeBad(end)) this.#isBad = true;
      this.#endRecord(end - recordStart, records);
      if (unit === CARRIAGE_RETURN) {
        if (at === length) this.#isAfterReturn = true;
        else if (text.charCodeAt(at) === NEWLINE) at++;
      }
      recordStart = at;
    }
    if (this.#input.takeBad(length)) this.#isBad = true;
    this.#length += length - recordStart;
    if (this.#length > this.#rules.maxRecordLength) this.#giveUp(records);
    return records;
  }

  /** More of the field that has not ended. */
  #keep(text: string): void {
    if (!this.#isOver) this.#field += text;
  }

  /** `text` is the end of the field. */
  #endField(text: string): void {
    const field = own(this.#field + text);
    this.#field = "";
    this.#state = START;
    // One more than there may be says that there are more.
    if (!this.#isOver && this.#fields.length <= this.#rules.maxFields) this.#fields.push(field);
  }

  /** The record is over; `length` of its characters are in this chunk. */
  #endRecord(length: number, records: Read<TRecord>[]): void {
    const fields = this.#fields;
    const all = this.#length + length;
    if (all > this.#rules.maxRecordLength) this.#giveUp(records);
    const isBlank = all === 0;
    if (!this.#isOver && !isBlank) {
      const fault = this.#isBad ? NOT_UTF8 : this.#fault ?? this.#findFault(fields, all);
      const record = fault === undefined
        ? this.#toRecord(fields, this.#number)
        : new BadRecord(this.#createError(fault), fields);
      if (record !== undefined) records.push(record);
    }
    if (!isBlank) this.#number++;
    this.#fields = [];
    this.#length = 0;
    this.#fault = undefined;
    this.#isBad = false;
    this.#isOver = false;
  }

  /** The record is too long, whatever else comes: reports it, and holds no more of it. */
  #giveUp(records: Read<TRecord>[]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const rule = lengthRule(this.#rules.maxRecordLength, "maxRecordLength");
    records.push(this.#createError({ code: "RECORD_TOO_LONG", rule }));
    this.#field = "";
    this.#fields = [];
  }

  /** What is wrong with the fields of a record of this length. */
  #findFault(fields: readonly string[], length: number): Fault | undefined {
    const { maxFields, maxFieldLength } = this.#rules;
    if (fields.length > maxFields) {
      return {
        code: "TOO_MANY_FIELDS",
        rule: `it must have at most ${maxFields} fields (maxFields)`,
      };
    }
    if (length <= maxFieldLength || fields.every((field) => field.length <= maxFieldLength)) return;
    const rule = `each field must be at most ${maxFieldLength} characters long (maxFieldLength)`;
    return { code: "FIELD_TOO_LONG", rule };
  }

  #createError({ code, rule }: Fault): FormatError {
    return this.#rules.errorFor(code, rule, this.#number);
  }
}

/** The fields of a record that is one line; `undefined` where its quotes say that it is not. */
function splitLine(line: string, delimiter: string, quote: string): string[] | undefined {
  const fields: string[] = [];
  const quoteUnit = quote.charCodeAt(0);
  let from = 0;
  for (;;) {
    if (line.charCodeAt(from) !== quoteUnit) {
      const end = line.indexOf(delimiter, from);
      if (end === -1) {
        fields.push(line.slice(from));
        return fields;
      }
      fields.push(line.slice(from, end));
      from = end + 1;
      continue;
    }
    let close = line.indexOf(quote, from + 1);
    let hasPairs = false;
    while (close !== -1 && line.charCodeAt(close + 1) === quoteUnit) {
      hasPairs = true;
      close = line.indexOf(quote, close + 2);
    }
    if (close === -1) return undefined;
    const field = line.slice(from + 1, close);
    fields.push(hasPairs ? field.replaceAll(quote + quote, quote) : field);
    from = close + 2;
    if (close + 1 === line.length) return fields;
    if (line[close + 1] !== delimiter) return undefined;
  }
}

/** Where `text` has `part` next; its length where it has not. */
function find(text: string, part: string, from: number): number {
  const at = text.indexOf(part, from);
  return at === -1 ? text.length : at;
}
