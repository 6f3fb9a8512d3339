// Where rows go: the options of a table, and what the database says of it.

import type { PostgresTransaction } from "./client.ts";
import { readNames, readTableName, show } from "./_options.ts";
import { run } from "./_run.ts";
import { RowError } from "./row_error.ts";
import type { Column } from "./_to_text.ts";

/**
 * A table, and which columns of it are written.
 *
 * @category Writing
 */
export interface ColumnsOptions {
  /** The name of the table. */
  readonly table: string;
  /** The name of its schema. @default the search path of the connection */
  readonly schema?: string | undefined;
  /** The columns that are written, and that each row must have. @default those that the row has */
  readonly columns?: readonly string[] | undefined;
}

/**
 * Where rows go, and what becomes of those that exist already.
 *
 * @category Writing
 */
export interface TableOptions extends ColumnsOptions {
  /**
   * The column or columns that tell rows apart: with a primary key or a unique index over them.
   * Without it, each row is inserted, and one that exists already is a bad row.
   */
  readonly key?: string | readonly string[] | undefined;
  /**
   * What becomes of a row whose key exists already: all other columns are replaced, none, or these.
   *
   * @default {"all"}
   */
  readonly update?: "all" | "none" | readonly string[] | undefined;
}

/** Names of {@linkcode ColumnsOptions}. */
export const COLUMNS_OPTIONS: readonly string[] = ["table", "schema", "columns"];

/** Names of {@linkcode TableOptions}. */
export const TABLE_OPTIONS: readonly string[] = [...COLUMNS_OPTIONS, "key", "update"];

/** The options, checked. */
export interface Table {
  /** As SQL writes it. */
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: readonly string[] | undefined;
  /** Of the columns other than the key. */
  readonly update: "all" | readonly string[];
}

/** Checks where rows go. */
export function readTable(caller: string, options: TableOptions): Table {
  const { key, columns, update = "all" } = options;
  const name = readTableName(caller, options);
  if (update !== "all" && update !== "none" && !Array.isArray(update)) {
    throw new TypeError(
      `Cannot call ${caller}: update must be "all", "none" or an array of columns, got ${
        show(update)
      }`,
    );
  }
  const updated = update === "none" ? [] : update;
  const read: Table = {
    name,
    key: key === undefined ? [] : readNames(caller, "key", key),
    columns: columns === undefined ? undefined : readNames(caller, "columns", columns),
    update: updated === "all" || updated.length === 0
      ? updated
      : readNames(caller, "update", updated),
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
}

/** Types of a table's columns, by their names. */
export type ColumnTypes = ReadonlyMap<string, Column>;

/** Asks the database for the types. */
export async function readColumnTypes(
  sql: PostgresTransaction,
  table: Table,
): Promise<ColumnTypes> {
  const found = await run<Column>(
    sql,
    "SELECT attname AS name, format_type(atttypid, -1) AS type, " +
      "format_type(atttypid, atttypmod) AS stored FROM pg_attribute " +
      "WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
    [table.name],
  );
  return new Map(found.map((column) => [column.name, column]));
}

/** The names of the columns of a row; throws a {@linkcode RowError} where it is no row of the table. */
export function namesOf({ key, columns }: Table, row: unknown): readonly string[] {
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    throw refuse(`it must be an object, and is ${show(row)}`);
  }
  if (columns !== undefined) return columns;
  const names = Object.keys(row);
  if (names.length === 0) throw refuse("it has no properties, which are its columns");
  const missing = key.find((name) => !names.includes(name));
  if (missing !== undefined) throw refuse(`it has no "${missing}", which is in its key`);
  return names;
}

/** The columns of these names; throws where the table has none of a name: that is no row's fault. */
export function columnsOf(
  table: Table,
  types: ColumnTypes,
  names: readonly string[],
): readonly Column[] {
  return names.map((name) => {
    const column = types.get(name);
    if (column !== undefined) return column;
    const known = [...types.keys()].join(", ");
    throw new TypeError(
      `Cannot write into ${table.name}: it has no column "${name}"; it has ${known}`,
    );
  });
}

function refuse(problem: string): RowError {
  return new RowError(`Cannot write the row: ${problem}`, { code: "WRONG_COLUMNS" });
}
