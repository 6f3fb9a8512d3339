// The text of a value, as the database reads it into any type.

import { show } from "./_options.ts";
import { RowError } from "./row_error.ts";

/** A column: its name, and its type as SQL writes it. */
export interface Column {
  readonly name: string;
  /** Without a length, to which a cast would cut silently. */
  readonly type: string;
  /** Its type with length or precision, as its values are stored; one word, which no client renames. */
  readonly stored: string;
}

/** The text for `value` in a column, or null; throws a {@linkcode RowError} where there is none. */
export function toText(
  { name, type }: Pick<Column, "name" | "type">,
  value: unknown,
): string | null {
  if (value === null) return null;
  if (value === undefined) throw refuse(name, "is undefined; null stands for no value");
  if (type === "json" || type === "jsonb") return checkText(name, toJson(name, value));
  if (Array.isArray(value) && type.endsWith("[]")) return toArray(name, value);
  return toScalar(name, value);
}

function toScalar(name: string, value: unknown): string {
  switch (typeof value) {
    case "string":
      return checkText(name, value);
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
  }
  if (isDate(value)) {
    if (Number.isNaN(value.getTime())) throw refuse(name, "is an invalid date");
    return value.toISOString();
  }
  if (isBytes(value)) return toHex(value);
  throw refuse(name, `is ${show(value)}, and its type is not json, jsonb or an array`);
}

/** Each text in quotes, so that none is taken for null or for a part of the form. */
function toArray(name: string, values: readonly unknown[]): string {
  const texts = values.map((value) => {
    if (Array.isArray(value)) return toArray(name, value);
    if (value === null) return "NULL";
    if (value === undefined) throw refuse(name, "has undefined in an array");
    return quoteElement(toScalar(name, value));
  });
  return `{${texts.join(",")}}`;
}

/** An element of the text of an array. */
export function quoteElement(text: string): string {
  const isPlain = !text.includes('"') && !text.includes("\\");
  return isPlain ? `"${text}"` : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function toJson(name: string, value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // A circle, or a bigint.
  }
  if (text !== undefined) return text;
  throw refuse(name, "has no form as JSON");
}

function toHex(bytes: Uint8Array): string {
  let text = "\\x";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

function checkText(name: string, text: string): string {
  if (text.includes("\0")) throw refuse(name, "has a zero character in its text");
  // In UTF-8 it becomes U+FFFD.
  if (!text.isWellFormed()) throw refuse(name, "has half of a character in its text");
  return text;
}

function refuse(column: string, problem: string): RowError {
  return new RowError(`Cannot write the row: column "${column}" ${problem}`, {
    code: "INVALID_VALUE",
  });
}

/** Whether a value is a `Uint8Array`, of whichever realm. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) &&
    Object.prototype.toString.call(value) === "[object Uint8Array]";
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
