// Text to the elements of one JSON array, each as text, however its chunks are cut. What is inside an
// element is not looked at, but for where it ends.

import { type Decoder, depthRule, type ErrorFor, lengthRule, UTF8_RULE } from "./_decoder.ts";
import type { FormatError, FormatErrorCode } from "./format_error.ts";
import { countBackslashes, type JsonText } from "./_json.ts";
import { TextInput } from "./_text_input.ts";

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const NOT_BLANK = /[^ \t\n\r]/;

/** What an element is, and what is wrong with one. */
export interface ElementRules {
  /** In characters, with the white space around it. */
  readonly maxLength: number;
  readonly maxDepth: number;
  readonly errorFor: ErrorFor;
}

/** Cuts an array into its elements. */
export class ElementReader implements Decoder<JsonText> {
  /** Why there are no more elements, other than by the end of the array. */
  failure: FormatError | undefined;
  readonly #rules: ElementRules;
  readonly #input = new TextInput();
  #place: "before" | "inside" | "after" = "before";
  /** What has come of the element that has not ended. */
  #rest = "";
  #depth = 0;
  #deepest = 0;
  #isInString = false;
  /** Whether the last chunk has ended after a backslash that belongs to the next character. */
  #isEscaped = false;
  /** Whether bytes of the element are not UTF-8. */
  #isBad = false;
  /** Whether the element has been reported as too long, and is discarded. */
  #isOver = false;
  /** Of the element that has not ended. */
  #number = 1;

  constructor(rules: ElementRules) {
    this.#rules = rules;
  }

  push(chunk: unknown): (JsonText | FormatError)[] {
    return this.#read(this.#input.read(chunk));
  }

  end(): (JsonText | FormatError)[] {
    const elements = this.#read(this.#input.end());
    if (this.#place === "before") {
      this.#fail("NOT_AN_ARRAY", "the JSON must be an array, got nothing");
    }
    if (this.#place === "inside") this.#fail("TRUNCATED", "the JSON must not end inside the array");
    return elements;
  }

  #read(text: string): (JsonText | FormatError)[] {
    const elements: (JsonText | FormatError)[] = [];
    if (this.failure !== undefined || text === "") return elements;
    let at = 0;
    if (this.#place === "before") {
      at = text.search(NOT_BLANK);
      if (at === -1) return elements;
      if (text.charCodeAt(at) !== OPEN_BRACKET) {
        this.#fail("NOT_AN_ARRAY", "the JSON must be an array");
        return elements;
      }
      this.#place = "inside";
      at++;
    }
    if (this.#place === "inside") at = this.#readInside(text, at, elements);
    if (this.#place === "after" && NOT_BLANK.test(text.slice(at))) {
      this.#fail("TRAILING_TEXT", "nothing may follow the array");
    }
    return elements;
  }

  /** Reads on from `from`, inside the array; returns where it has ended. */
  #readInside(
    text: string,
    from: number,
    elements: (JsonText | FormatError)[],
  ): number {
    const { length } = text;
    let start = from;
    let depth = this.#depth;
    let deepest = this.#deepest;
    let at = this.#isInString ? this.#skipString(text, from) : from;
    while (at < length) {
      const unit = text.charCodeAt(at);
      at++;
      if (unit === QUOTE) at = this.#skipString(text, at);
      else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
        depth++;
        if (depth > deepest) deepest = depth;
      } else if (depth > 0) {
        if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) depth--;
      } else if (unit === COMMA || unit === CLOSE_BRACKET) {
        if (this.#input.takeBad(at)) this.#isBad = true;
        this.#deepest = deepest;
        this.#endElement(text.slice(start, at - 1), unit === CLOSE_BRACKET, elements);
        deepest = 0;
        start = at;
        if (this.#place === "after") return at;
      }
    }
    this.#depth = depth;
    this.#deepest = deepest;
    if (this.#input.takeBad(length)) this.#isBad = true;
    this.#keep(text.slice(start), elements);
    return length;
  }

  /** Where the text goes on after the string; its length where the string does not end. */
  #skipString(text: string, from: number): number {
    let at = this.#isEscaped ? from + 1 : from;
    this.#isEscaped = false;
    this.#isInString = false;
    for (;;) {
      const end = text.indexOf('"', at);
      const last = end === -1 ? text.length : end;
      const isEscaped = countBackslashes(text, last, at - 1) % 2 === 1;
      if (end === -1) {
        this.#isInString = true;
        this.#isEscaped = isEscaped;
        return text.length;
      }
      at = end + 1;
      if (!isEscaped) return at;
    }
  }

  /** Keeps the beginning of an element, unless it is too long already. */
  #keep(text: string, elements: (JsonText | FormatError)[]): void {
    if (this.#isOver) return;
    this.#rest += text;
    if (this.#rest.length > this.#rules.maxLength) this.#giveUp(elements);
  }

  #giveUp(elements: (JsonText | FormatError)[]): void {
    const { maxLength, errorFor } = this.#rules;
    elements.push(errorFor("RECORD_TOO_LONG", lengthRule(maxLength), this.#number));
    this.#isOver = true;
    this.#rest = "";
  }

  /** `end` is the end of the element; an array without any has white space there. */
  #endElement(end: string, isLast: boolean, elements: (JsonText | FormatError)[]): void {
    this.#keep(end, elements);
    const { maxDepth, errorFor } = this.#rules;
    const text = this.#rest;
    const number = this.#number;
    const isNone = isLast && number === 1 && !this.#isOver && !NOT_BLANK.test(text);
    if (!isNone && !this.#isOver) {
      if (this.#isBad) elements.push(errorFor("INVALID_UTF8", UTF8_RULE, number));
      else if (this.#deepest > maxDepth) {
        elements.push(errorFor("TOO_DEEP", depthRule(maxDepth), number));
      } else elements.push({ number, text });
    }
    if (isLast) this.#place = "after";
    this.#number++;
    this.#rest = "";
    this.#deepest = 0;
    this.#isBad = false;
    this.#isOver = false;
  }

  #fail(code: FormatErrorCode, rule: string): void {
    this.failure ??= this.#rules.errorFor(code, rule, this.#number);
  }
}
