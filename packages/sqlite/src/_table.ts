// Where rows go: the options of a table, and the columns of a row.

import { readNames, requireText, show } from "./_options.ts";
import { RowError } from "./row_error.ts";

/** What SQLite takes in one statement, unless it was built with less; Node and Deno have this. */
export const MAX_VARIABLES: number = 32_766;

/**
 * Where rows go, and what becomes of those that exist already.
 *
 * @category Writing
 */
export interface TableOptions {
  /** The name of the table. */
  readonly table: string;
  /**
   * The column or columns that tell rows apart: with a primary key or a unique index over them.
   * Without it, each row is inserted, and one that exists already is a bad row.
   */
  readonly key?: string | readonly string[] | undefined;
  /**
   * The columns that are written, and that each row must have. @default those that the row has
   */
  readonly columns?: readonly string[] | undefined;
  /**
   * What becomes of a row whose key exists already: all other columns are replaced, none, or these.
   *
   * @default {"all"}
   */
  readonly update?: "all" | "none" | readonly string[] | undefined;
}

/** Names of {@linkcode TableOptions}. */
export const TABLE_OPTIONS: readonly string[] = ["table", "key", "columns", "update"];

/** The options, checked. */
export interface Table {
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: readonly string[] | undefined;
  /** Of the columns other than the key. */
  readonly update: "all" | readonly string[];
}

/** Checks where rows go. */
export function readTable(caller: string, options: TableOptions): Table {
  const { table, key, columns, update = "all" } = options;
  requireText(caller, "table", table);
  if (update !== "all" && update !== "none" && !Array.isArray(update)) {
    throw new TypeError(
      `Cannot call ${caller}: update must be "all", "none" or an array of columns, got ${
        show(update)
      }`,
    );
  }
  const read: Table = {
    name: table,
    key: key === undefined ? [] : readNames(caller, "key", key),
    columns: columns === undefined ? undefined : readNames(caller, "columns", columns),
    update: update === "none"
      ? []
      : update === "all"
      ? update
      : readNames(caller, "update", update),
  };
  if (read.key.length === 0 && options.update !== undefined) {
    throw new TypeError(
      `Cannot call ${caller}: update needs key, the columns that tell rows apart`,
    );
  }
  if (read.columns !== undefined) requireColumns(caller, read, read.columns);
  return read;
}

function requireColumns(caller: string, { key, update }: Table, columns: readonly string[]): void {
  const others = typeof update === "string" ? [] : update;
  const missing = [...key, ...others].find((name) => !columns.includes(name));
  if (missing !== undefined) {
    throw new TypeError(
      `Cannot call ${caller}: columns must have "${missing}", which is in key or update`,
    );
  }
  if (new Set(columns).size < columns.length) {
    throw new TypeError(
      `Cannot call ${caller}: columns must be different, and one is listed twice`,
    );
  }
  if (columns.length > MAX_VARIABLES) {
    throw new RangeError(
      `Cannot call ${caller}: columns has ${columns.length} names, and ${MAX_VARIABLES} are the most`,
    );
  }
}

/** The names of the columns of a row; throws a {@linkcode RowError} where it is no row of the table. */
export function namesOf({ key, columns }: Table, row: unknown): readonly string[] {
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    throw refuse(`it must be an object, and is ${show(row)}`);
  }
  if (columns !== undefined) return columns;
  const names = Object.keys(row);
  if (names.length === 0) throw refuse("it has no properties, which are its columns");
  if (names.length > MAX_VARIABLES) throw refuse(`it has more than ${MAX_VARIABLES} columns`);
  const missing = key.find((name) => !names.includes(name));
  if (missing !== undefined) throw refuse(`it has no "${missing}", which is in its key`);
  return names;
}

function refuse(problem: string): RowError {
  return new RowError(`Cannot write the row: ${problem}`, { code: "WRONG_COLUMNS" });
}
