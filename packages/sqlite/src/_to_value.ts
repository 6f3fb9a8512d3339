// What a value of a row is in SQLite, on all modules alike.

import { RowError } from "./row_error.ts";
import type { SqliteValue } from "./database.ts";
import { show } from "./_options.ts";

const LEAST_INTEGER = -(2n ** 63n);
const GREATEST_INTEGER = 2n ** 63n - 1n;

/** The value that is bound for `value` of a column; throws a {@linkcode RowError} where there is none. */
export function toValue(column: string, value: unknown): SqliteValue {
  switch (typeof value) {
    case "string":
      // Deno 2.9 cuts text at a zero character, and a half of a character becomes another.
      if (value.includes("\0")) throw refuse(column, "has a zero character in its text");
      if (!value.isWellFormed()) throw refuse(column, "has half of a character in its text");
      return value;
    case "number":
      if (Number.isNaN(value)) throw refuse(column, "is not a number, which would become null");
      // node:sqlite binds each number as a real one.
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case "boolean":
      return value ? 1n : 0n;
    case "bigint":
      if (value < LEAST_INTEGER || value > GREATEST_INTEGER) {
        throw refuse(column, "is over 64 bits");
      }
      return value;
  }
  if (value === null || isBytes(value)) return value;
  if (isDate(value)) {
    if (Number.isNaN(value.getTime())) throw refuse(column, "is an invalid date");
    return value.toISOString();
  }
  if (value === undefined) throw refuse(column, "is undefined; null stands for no value");
  throw refuse(
    column,
    `is ${show(value)}, for which SQLite has no type; JSON.stringify makes text of it`,
  );
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
