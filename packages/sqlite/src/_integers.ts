// Integers of 64 bits, read alike everywhere. Where one does not fit into a number, `bun:sqlite` rounds
// it, and so does `iterate` of `node:sqlite` on Deno 2.9.

import type { SqliteStatement } from "./database.ts";

/** How integers come out: as numbers, where one that is too large fails; or each as a bigint. */
export type IntegerMode = "number" | "bigint";

/** What each of the modules has beyond what they have in common. */
interface Switches {
  setReadBigInts?(on: boolean): unknown;
  safeIntegers?(on: boolean): unknown;
}

/** Sets how `statement` reads integers, and returns what to do with each row. */
export function readIntegersAs<TRow>(
  statement: SqliteStatement,
  mode: IntegerMode,
): (row: unknown) => TRow {
  const switches = statement as Switches;
  if (switches.setReadBigInts !== undefined) switches.setReadBigInts(true);
  else switches.safeIntegers?.(true);
  return mode === "bigint" ? (row) => row as TRow : (row) => toNumbers(row as Row) as TRow;
}

type Row = Record<string, unknown>;

function toNumbers(row: Row): Row {
  for (const name in row) {
    const value = row[name];
    if (typeof value !== "bigint") continue;
    const number = Number(value);
    if (!Number.isSafeInteger(number)) {
      throw new RangeError(
        `Cannot read column "${name}": a number cannot hold its integer; integers: "bigint" reads it`,
      );
    }
    row[name] = number;
  }
  return row;
}
