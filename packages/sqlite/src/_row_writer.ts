// Writes rows with as few statements as SQLite allows, and finds the bad ones among them.

import type { SqliteDatabase, SqliteStatement, SqliteValue } from "./database.ts";
import { nameRowFault } from "./_codes.ts";
import { quote } from "./_options.ts";
import { RowError } from "./row_error.ts";
import { MAX_VARIABLES, namesOf, type Table } from "./_table.ts";
import { toValue } from "./_to_value.ts";
import { isInTransaction } from "./transaction.ts";

/** More rows in a statement bring nothing, and each number of rows is a statement that is kept. */
const MAX_ROWS = 64;

/** All numbers of rows of one kind; rows of many kinds begin anew. */
const MAX_STATEMENTS = 2 * MAX_ROWS;

/** What is wrong with each row; `undefined` where nothing is. */
type Faults = (RowError | undefined)[];

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
  write(rows: readonly object[]): Faults {
    const faults: Faults = Array(rows.length).fill(undefined);
    let group: Group | undefined;
    for (const [index, row] of rows.entries()) {
      let values: readonly SqliteValue[];
      let columns: readonly string[];
      try {
        columns = namesOf(this.#table, row);
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

  /**
   * Of a statement that fails nothing stays, also where a constraint or a trigger fails without undoing: its
   * halves are tried until the bad row is alone.
   */
  #insert(columns: readonly string[], rows: readonly GoodRow[], faults: Faults): void {
    this.#database.exec("SAVEPOINT headrace_rows");
    try {
      this.#prepare(columns, rows.length).run(...rows.flatMap(({ values }) => values));
      this.#database.exec("RELEASE headrace_rows");
      return;
    } catch (error) {
      const code = nameRowFault(error);
      // A trigger may have rolled back what was written before.
      if (code === undefined || isInTransaction(this.#database) === false) throw error;
      this.#database.exec("ROLLBACK TO headrace_rows; RELEASE headrace_rows");
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
