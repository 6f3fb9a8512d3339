// Text to lines, however its chunks are cut.

import { type Decoder, type ErrorFor, lengthRule, UTF8_RULE } from "./_decoder.ts";
import type { FormatError } from "./format_error.ts";
import { TextInput } from "./_text_input.ts";

const CARRIAGE_RETURN = 13;
const NEWLINE = 10;

/** What is a line, and what is wrong with one. */
export interface LineRules {
  /** The longest line, in characters, without its break. */
  readonly maxLength: number;
  /** Whether a carriage return alone ends a line. */
  readonly breaksAtReturn?: boolean;
  /** Whether lines of nothing but white space are left out. */
  readonly skipsBlank?: boolean;
  /** Whether bytes that are not UTF-8 become U+FFFD, and no error. */
  readonly isLoose?: boolean;
  readonly errorFor: ErrorFor;
}

/**
 * A line and its number.
 *
 * @category Lines
 */
export interface NumberedLine {
  /** Its number, from 1; blank lines are counted. */
  readonly number: number;
  /** Its text, without the line break. */
  readonly text: string;
}

/** Cuts text into lines. `toLine` makes what comes out of the text and the number of each. */
export class LineReader<TLine> implements Decoder<TLine> {
  readonly #rules: LineRules;
  readonly #toLine: (text: string, number: number) => TLine;
  readonly #input = new TextInput();
  /** What has come of the line that has not ended. */
  #rest = "";
  #isRestBad = false;
  /** Whether the line has been reported as too long, and is discarded. */
  #isOver = false;
  /** Whether the last chunk has ended after a carriage return that was a line break. */
  #isAfterReturn = false;
  /** Of the line that has not ended. */
  #number = 1;

  constructor(rules: LineRules, toLine: (text: string, number: number) => TLine) {
    this.#rules = rules;
    this.#toLine = toLine;
  }

  push(chunk: unknown): (TLine | FormatError)[] {
    return this.#split(this.#input.read(chunk));
  }

  /** Ends the current line without a line break: what is read next has the same number. */
  end(): (TLine | FormatError)[] {
    const lines = this.#split(this.#input.end());
    const number = this.#number;
    if (this.#rest !== "" || this.#isOver) this.#finish("", lines);
    this.#number = number;
    return lines;
  }

  #split(text: string): (TLine | FormatError)[] {
    const lines: (TLine | FormatError)[] = [];
    let from = 0;
    if (this.#isAfterReturn && text !== "") {
      if (text.charCodeAt(0) === NEWLINE) from = 1;
      this.#isAfterReturn = false;
    }
    const { breaksAtReturn = false } = this.#rules;
    let newline = text.indexOf("\n", from);
    let carriageReturn = breaksAtReturn ? text.indexOf("\r", from) : -1;
    while (newline !== -1 || carriageReturn !== -1) {
      const isReturn = carriageReturn !== -1 && (newline === -1 || carriageReturn < newline);
      const end = isReturn ? carriageReturn : newline;
      if (this.#input.takeBad(end)) this.#isRestBad = true;
      this.#finish(text.slice(from, end), lines);
      from = end + 1;
      if (isReturn) {
        if (from === text.length) this.#isAfterReturn = true;
        else if (text.charCodeAt(from) === NEWLINE) from++;
        carriageReturn = text.indexOf("\r", from);
      }
      if (newline !== -1 && newline < from) newline = text.indexOf("\n", from);
    }
    if (this.#input.takeBad(text.length)) this.#isRestBad = true;
    this.#keep(from === 0 ? text : text.slice(from), lines);
    return lines;
  }

  /** Keeps the beginning of a line, unless it is too long already. */
  #keep(text: string, lines: (TLine | FormatError)[]): void {
    if (this.#isOver) return;
    this.#rest += text;
    // The last one may be the first half of a line break.
    if (this.#rest.length <= this.#rules.maxLength + 1) return;
    lines.push(this.#createTooLong());
    this.#isOver = true;
    this.#rest = "";
  }

  /** `text` is the end of the line. */
  #finish(text: string, lines: (TLine | FormatError)[]): void {
    const line = withoutReturn(this.#rest === "" ? text : this.#rest + text);
    const { maxLength, skipsBlank = false, isLoose = false, errorFor } = this.#rules;
    if (!this.#isOver) {
      if (line.length > maxLength) lines.push(this.#createTooLong());
      else if (this.#isRestBad && !isLoose) {
        lines.push(errorFor("INVALID_UTF8", UTF8_RULE, this.#number));
      } else if (!skipsBlank || !isBlank(line)) lines.push(this.#toLine(line, this.#number));
    }
    this.#number++;
    this.#rest = "";
    this.#isRestBad = false;
    this.#isOver = false;
  }

  #createTooLong(): FormatError {
    const { maxLength, errorFor } = this.#rules;
    return errorFor("LINE_TOO_LONG", lengthRule(maxLength), this.#number);
  }
}

function withoutReturn(line: string): string {
  const last = line.length - 1;
  return line.charCodeAt(last) === CARRIAGE_RETURN ? line.slice(0, last) : line;
}

function isBlank(line: string): boolean {
  return line === "" || line.trimStart() === "";
}
