// Text to the records of CSV, however its chunks are cut. One pass: what has been looked at is not
// looked at again, so that a record costs the same in one chunk or in a thousand.

import type { Decoder, ErrorFor } from "./_decoder.ts";
import type { FormatError, FormatErrorCode } from "./format_error.ts";
import { TextInput } from "./_text_input.ts";

const CARRIAGE_RETURN = 13;
const NEWLINE = 10;

/** At the start of a field. */
const START = 0;
/** In a field without quotes, or behind what broke one with quotes. */
const PLAIN = 1;
/** Between quotes. */
const QUOTED = 2;
/** Behind a quote that ends the field, or is the first of two that stand for one. */
const BEHIND_QUOTE = 3;

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
) => TRecord | FormatError | undefined;

/** What is wrong with a record: the first thing that was found. */
interface Fault {
  readonly code: FormatErrorCode;
  readonly rule: string;
}

const NOT_UTF8: Fault = { code: "INVALID_UTF8", rule: "its bytes must be UTF-8" };

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
  #fault: Fault | undefined;
  /** Whether bytes of the record are not UTF-8: first of its faults, whenever that is found. */
  #isBad = false;
  /** Whether the record has been reported as too long, and is let go of. */
  #isOver = false;
  /** Whether the last chunk has ended behind a carriage return that was a line break. */
  #isBehindReturn = false;
  /** Of the record that has not ended. */
  #number = 1;

  constructor(rules: CsvRules, toRecord: ToRecord<TRecord>) {
    this.#rules = rules;
    this.#toRecord = toRecord;
  }

  push(chunk: unknown): (TRecord | FormatError)[] {
    const text = this.#input.read(chunk);
    return this.#read(text, this.#input.bad);
  }

  end(): (TRecord | FormatError)[] {
    const text = this.#input.end();
    const records = this.#read(text, this.#input.bad);
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

  #read(text: string, bad: readonly number[]): (TRecord | FormatError)[] {
    const records: (TRecord | FormatError)[] = [];
    const { length } = text;
    const { delimiter, quote } = this.#rules;
    const quoteUnit = quote.charCodeAt(0);
    let at = 0;
    if (this.#isBehindReturn && length > 0) {
      this.#isBehindReturn = false;
      if (text.charCodeAt(0) === NEWLINE) at = 1;
    }
    let recordStart = at;
    let nextBad = 0;
    // Where they stand next, as far as that is known; the length where they do not.
    let nextDelimiter = -1;
    let nextNewline = -1;
    let nextReturn = -1;
    while (at < length) {
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
          if (close < length) this.#state = BEHIND_QUOTE;
          continue;
        }
        case BEHIND_QUOTE: {
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
              rule: "behind a closing quote must be a delimiter or a line break",
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
      while (nextBad < bad.length && bad[nextBad]! < end) {
        this.#isBad = true;
        nextBad++;
      }
      this.#endRecord(end - recordStart, records);
      if (unit === CARRIAGE_RETURN) {
        if (at === length) this.#isBehindReturn = true;
        else if (text.charCodeAt(at) === NEWLINE) at++;
      }
      recordStart = at;
    }
    if (nextBad < bad.length) this.#isBad = true;
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
    const field = this.#field === "" ? text : this.#field + text;
    const { maxFields, maxFieldLength } = this.#rules;
    this.#field = "";
    this.#state = START;
    if (this.#isOver) return;
    if (field.length > maxFieldLength) {
      const rule = `each field must be at most ${maxFieldLength} characters long (maxFieldLength)`;
      this.#fault ??= { code: "FIELD_TOO_LONG", rule };
    }
    if (this.#fields.length < maxFields) this.#fields.push(field);
    else {
      const rule = `it must have at most ${maxFields} fields (maxFields)`;
      this.#fault ??= { code: "TOO_MANY_FIELDS", rule };
    }
  }

  /** The record is over; so many of its characters stand in this chunk. */
  #endRecord(length: number, records: (TRecord | FormatError)[]): void {
    const fields = this.#fields;
    const all = this.#length + length;
    if (all > this.#rules.maxRecordLength) this.#giveUp(records);
    const isBlank = all === 0;
    if (!this.#isOver && !isBlank) {
      const fault = this.#isBad ? NOT_UTF8 : this.#fault;
      const record = fault === undefined
        ? this.#toRecord(fields, this.#number)
        : this.#createError(fault);
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
  #giveUp(records: (TRecord | FormatError)[]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const rule =
      `it must be at most ${this.#rules.maxRecordLength} characters long (maxRecordLength)`;
    records.push(this.#createError({ code: "RECORD_TOO_LONG", rule }));
    this.#field = "";
    this.#fields = [];
  }

  #createError({ code, rule }: Fault): FormatError {
    return this.#rules.errorFor(code, rule, this.#number);
  }
}

/** Where `text` has `part` next; its length where it has not. */
function find(text: string, part: string, from: number): number {
  const at = text.indexOf(part, from);
  return at === -1 ? text.length : at;
}
