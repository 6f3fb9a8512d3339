// The text of one JSON value to the value: its depth, its numbers, its schema.

import type { StandardSchema } from "@headrace/pipeline";
import { depthRule, type ErrorFor } from "./_decoder.ts";
import { check, createInvalid } from "./_schema.ts";

const QUOTE = 34;
const BACKSLASH = 92;
const OPENERS = ["{", "["] as const;

/** The text of a value, and its position in the input, from 1. */
export interface JsonText {
  readonly number: number;
  readonly text: string;
}

/** What a record is, and what is made of it. */
export interface JsonRules {
  readonly maxDepth: number;
  readonly exactNumbers: boolean;
  readonly schema: StandardSchema<unknown, unknown> | undefined;
  readonly errorFor: ErrorFor;
}

/** A function that makes the value of each record, or a promise where its schema does. */
export function createParser(rules: JsonRules): (record: JsonText) => unknown {
  const { maxDepth, exactNumbers, schema, errorFor } = rules;
  return ({ text, number }) => {
    if (isDeeper(text, maxDepth)) throw errorFor("TOO_DEEP", depthRule(maxDepth), number);
    const value = parse(text, exactNumbers, number, errorFor);
    if (schema === undefined) return value;
    return check(schema, value, (issues) => createInvalid(issues, errorFor, number));
  };
}

function parse(text: string, isExact: boolean, record: number, errorFor: ErrorFor): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Only what is known to be JSON is searched for numbers, and little of it needs to be.
    return isExact && MAY_BE_INEXACT.test(text) ? JSON.parse(quoteInexact(text)) : value;
  } catch {
    // The message of JSON.parse shows the text.
    throw errorFor("INVALID_JSON", "it must be JSON", record);
  }
}

/** Whether brackets and braces stand deeper inside one another than `maxDepth`. */
function isDeeper(text: string, maxDepth: number): boolean {
  // Each level has two ends, where the text is JSON at all.
  if (text.length < 2 * (maxDepth + 1) || !hasMoreOpeners(text, maxDepth)) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = findEnd(text, at);
        break;
      case 123: // {
      case 91: // [
        if (++depth > maxDepth) return true;
        break;
      case 125: // }
      case 93: // ]
        depth--;
    }
  }
  return false;
}

/** Few texts have: so most are not walked through. */
function hasMoreOpeners(text: string, most: number): boolean {
  let count = 0;
  for (const opener of OPENERS) {
    for (let at = text.indexOf(opener); at !== -1; at = text.indexOf(opener, at + 1)) {
      if (++count > most) return true;
    }
  }
  return false;
}

/** Where the string that begins at `start` ends; the text's end where it does not. */
function findEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    if (countBackslashes(text, end, start) % 2 === 0) return end;
  }
  return text.length;
}

/** How many backslashes stand right before `end`, as far as `start`. */
export function countBackslashes(text: string, end: number, start: number): number {
  let at = end - 1;
  while (at > start && text.charCodeAt(at) === BACKSLASH) at--;
  return end - 1 - at;
}

/** A number with no more digits than this, and no exponent, is never changed. */
const MAY_BE_INEXACT = /[\d.]{16}|\d[eE]/;
/** A whole string is not matched: an expression that goes on for megabytes overflows its stack. */
const QUOTE_OR_NUMBER = /"|-?\d[\d.eE+-]*/g;

/** JSON with a string in the place of each number that a JavaScript number would change. */
function quoteInexact(json: string): string {
  const parts: string[] = [];
  let from = 0;
  QUOTE_OR_NUMBER.lastIndex = 0;
  for (let match; (match = QUOTE_OR_NUMBER.exec(json)) !== null;) {
    const { 0: token, index } = match;
    if (token === '"') QUOTE_OR_NUMBER.lastIndex = findEnd(json, index) + 1;
    else if (!isExact(token)) {
      parts.push(json.slice(from, index), `"${token}"`);
      from = index + token.length;
    }
  }
  parts.push(json.slice(from));
  return parts.join("");
}

function isExact(number: string): boolean {
  return normalize(number) === normalize(String(Number(number)));
}

/** Sign, digits without zeros around them, and the power of ten that they stand before. */
function normalize(number: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [number];
  const digits = (whole + fraction).replace(/^0+/, "");
  const zeros = /0*$/.exec(digits)![0].length;
  if (digits === "") return "0";
  return `${sign}${digits.slice(0, digits.length - zeros)}e${
    Number(exponent) - fraction.length + zeros
  }`;
}
