// Writes rows with as few statements as SQLite allows, and finds the bad ones among them.

import type { SqliteDatabase, SqliteStatement, SqliteValue } from "./database.ts";
import { nameRowFault } from "./_codes.ts";
import { quote, readNames, requireText, show } from "./_options.ts";
import { RowError } from "./row_error.ts";
import { toValue } from "./_to_value.ts";
import { isInTransaction } from "./transaction.ts";

/** What SQLite takes in one statement, unless it was built with less; Node and Deno have this. */
const MAX_VARIABLES = 32_766;

/** More rows in a statement bring nothing, and each number of rows is a statement that is kept. */
const MAX_ROWS = 64;

/** All numbers of rows of one kind; rows of many kinds begin anew. */
const MAX_STATEMENTS = 2 * MAX_ROWS;

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

/** The table's options, checked. */
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

/** Writes the rows of a table. */
export class RowWriter {
  readonly #database: SqliteDatabase;
  readonly #table: Table;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: SqliteDatabase, table: Table) {
    this.#database = database;
    this.#table = table;
  }

  /**
   * Writes what can be written, inside a transaction: what is wrong with each row, `undefined` where
   * nothing is. Throws what is no row's fault.
   */
  write(rows: readonly object[]): (RowError | undefined)[] {
    const faults: (RowError | undefined)[] = Array(rows.length).fill(undefined);
    let group: Group | undefined;
    for (const [index, row] of rows.entries()) {
      let values: readonly SqliteValue[];
      let columns: readonly string[];
      try {
        columns = readColumns(this.#table, row);
        values = columns.map((name) => toValue(name, (row as Record<string, unknown>)[name]));
      } catch (error) {
        if (!(error instanceof RowError)) throw error;
        faults[index] = error;
        continue;
      }
      if (group === undefined || !fits(group, columns)) {
        if (group !== undefined) this.#insert(group.columns, group.rows, faults);
        group = { columns, rows: [] };
      }
      group.rows.push({ index, values });
    }
    if (group !== undefined) this.#insert(group.columns, group.rows, faults);
    return faults;
  }

  /** A statement that fails has written nothing: its halves are tried until the bad row is alone. */
  #insert(
    columns: readonly string[],
    rows: readonly GoodRow[],
    faults: (RowError | undefined)[],
  ): void {
    try {
      this.#prepare(columns, rows.length).run(...rows.flatMap(({ values }) => values));
      return;
    } catch (error) {
      const code = nameRowFault(error);
      // A trigger may have rolled back what was written before.
      if (code === undefined || isInTransaction(this.#database) === false) throw error;
      if (rows.length === 1) {
        faults[rows[0]!.index] = describeFault(error, code);
        return;
      }
    }
    const middle = rows.length >> 1;
    this.#insert(columns, rows.slice(0, middle), faults);
    this.#insert(columns, rows.slice(middle), faults);
  }

  #prepare(columns: readonly string[], count: number): SqliteStatement {
    const sql = writeInsert(this.#table, columns, count);
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Rows that come one after the other and have the same columns. */
interface Group {
  readonly columns: readonly string[];
  readonly rows: GoodRow[];
}

interface GoodRow {
  readonly index: number;
  readonly values: readonly SqliteValue[];
}

function fits({ columns, rows }: Group, others: readonly string[]): boolean {
  if ((rows.length + 1) * columns.length > MAX_VARIABLES || rows.length >= MAX_ROWS) return false;
  return columns === others ||
    columns.length === others.length && columns.every((name, index) => name === others[index]);
}

function readColumns({ key, columns }: Table, row: unknown): readonly string[] {
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

function writeInsert(
  { name, key, update }: Table,
  columns: readonly string[],
  count: number,
): string {
  const places = `(${columns.map(() => "?").join(", ")})`;
  const insert = `INSERT INTO ${quote(name)} (${columns.map(quote).join(", ")}) VALUES ` +
    Array(count).fill(places).join(", ");
  if (key.length === 0) return insert;
  const others = columns.filter((each) => !key.includes(each));
  const replaced = update === "all" ? others : others.filter((each) => update.includes(each));
  const conflict = `${insert} ON CONFLICT (${key.map(quote).join(", ")}) DO`;
  if (replaced.length === 0) return `${conflict} NOTHING`;
  const sets = replaced.map((each) => `${quote(each)} = excluded.${quote(each)}`);
  return `${conflict} UPDATE SET ${sets.join(", ")}`;
}

/** SQLite's sentence names the constraint, and no value. */
function describeFault(error: unknown, code: string): RowError {
  const message = error instanceof Error ? error.message : String(error);
  return new RowError(`Cannot write the row: ${message}`, { code, cause: error });
}
