// Writes rows with one statement for many of them, and finds the bad ones among them.

import type { PostgresTransaction } from "./client.ts";
import { quote } from "./_options.ts";
import { describeFault, RowError } from "./row_error.ts";
import { readState, run } from "./_run.ts";
import { columnsOf, type ColumnTypes, namesOf, readColumnTypes, type Table } from "./_table.ts";
import { type Column, quoteElement, toText } from "./_to_text.ts";

/** Data, integrity, limits such as that of an index, and what a trigger raises: the fault of a row. */
const OF_A_ROW = /^(?:22|23|54|P0001)/;

/** Two rows of a statement are the same to the database, though their keys are different texts. */
const SAME_ROW_TWICE = "21000";

/** What is wrong with each row; `undefined` where nothing is. */
export type Faults = (RowError | undefined)[];

/** Writes the rows of a table. */
export class RowWriter {
  readonly #table: Table;
  #types: ColumnTypes | undefined;

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * Writes what can be written, each statement in a transaction of its own. Throws what is no row's
   * fault.
   */
  async write(sql: PostgresTransaction, rows: readonly object[]): Promise<Faults> {
    const faults: Faults = Array(rows.length).fill(undefined);
    for (const { columns, rows: good } of await this.#group(sql, rows, faults)) {
      await this.#insert(sql, columns, good, faults);
    }
    return faults;
  }

  /** Writes all of them in the transaction of the caller, which the first fault has made useless. */
  async writeAll(sql: PostgresTransaction, rows: readonly object[]): Promise<void> {
    const faults: Faults = [];
    const groups = await this.#group(sql, rows, faults);
    const fault = faults.find((each) => each !== undefined);
    if (fault !== undefined) throw fault;
    for (const { columns, rows } of groups) {
      try {
        await run(sql, writeInsert(this.#table, columns), toLists(columns, rows));
      } catch (error) {
        const state = readState(error);
        throw state !== undefined && OF_A_ROW.test(state) ? describeFault(error, state) : error;
      }
    }
  }

  /** Rows that come one after the other, have the same columns, and no key twice. */
  async #group(
    sql: PostgresTransaction,
    rows: readonly object[],
    faults: Faults,
  ): Promise<readonly Group[]> {
    const types = this.#types ??= await readColumnTypes(sql, this.#table);
    const groups: Group[] = [];
    let group: Group | undefined;
    for (const [index, row] of rows.entries()) {
      try {
        const names = namesOf(this.#table, row);
        const columns = group !== undefined && haveNames(group.columns, names)
          ? group.columns
          : columnsOf(this.#table, types, names);
        const texts = columns.map((column) =>
          toText(column, (row as Record<string, unknown>)[column.name])
        );
        const key = this.#keyOf(columns, texts);
        if (group === undefined || group.columns !== columns || group.keys.has(key)) {
          group = { columns, rows: [], keys: new Set() };
          groups.push(group);
        }
        if (this.#table.key.length > 0) group.keys.add(key);
        group.rows.push({ index, texts, key });
      } catch (error) {
        if (!(error instanceof RowError)) throw error;
        faults[index] = error;
      }
    }
    // Two writers that lock the same rows in the same order wait for each other, and do not block.
    if (this.#table.key.length > 0) {
      for (const { rows } of groups) sortByKey(rows);
    }
    return groups;
  }

  /** Different for different keys; the texts have no zero character. */
  #keyOf(columns: readonly Column[], texts: readonly (string | null)[]): string {
    const { key } = this.#table;
    if (key.length === 0) return "";
    let text = "";
    for (const [index, { name }] of columns.entries()) {
      if (key.includes(name)) text += `${texts[index] ?? "\0"}\0`;
    }
    return text;
  }

  /** A statement that fails has written nothing: its halves are tried until the bad row is alone. */
  async #insert(
    sql: PostgresTransaction,
    columns: readonly Column[],
    rows: readonly GoodRow[],
    faults: Faults,
  ): Promise<void> {
    try {
      await run(sql, writeInsert(this.#table, columns), toLists(columns, rows));
      return;
    } catch (error) {
      const state = readState(error);
      const isSplit = state === SAME_ROW_TWICE && rows.length > 1;
      if (state === undefined || !(isSplit || OF_A_ROW.test(state))) throw error;
      if (rows.length === 1) {
        faults[rows[0]!.index] = describeFault(error, state);
        return;
      }
    }
    const middle = rows.length >> 1;
    await this.#insert(sql, columns, rows.slice(0, middle), faults);
    await this.#insert(sql, columns, rows.slice(middle), faults);
  }
}

interface Group {
  readonly columns: readonly Column[];
  readonly rows: GoodRow[];
  readonly keys: Set<string>;
}

interface GoodRow {
  readonly index: number;
  readonly texts: readonly (string | null)[];
  readonly key: string;
}

function sortByKey(rows: GoodRow[]): void {
  const isSorted = rows.every(({ key }, index) => index === 0 || rows[index - 1]!.key < key);
  if (!isSorted) rows.sort((a, b) => a.key < b.key ? -1 : 1);
}

function haveNames(columns: readonly Column[], names: readonly string[]): boolean {
  return columns.length === names.length &&
    columns.every(({ name }, index) => name === names[index]);
}

/** A text of an array for each column. */
function toLists(columns: readonly Column[], rows: readonly GoodRow[]): string[] {
  return columns.map((_, index) => {
    const elements = rows.map(({ texts }) => {
      const text = texts[index]!;
      return text === null ? "NULL" : quoteElement(text);
    });
    return `{${elements.join(",")}}`;
  });
}

/** All values come as text, and the database makes of each what its column holds. */
function writeInsert({ name, key, update }: Table, columns: readonly Column[]): string {
  const names = columns.map((column) => quote(column.name)).join(", ");
  const values = columns.map(({ type }, index) => `c${index}::${type}`).join(", ");
  const lists = columns.map((_, index) => `$${index + 1}::text[]`).join(", ");
  const aliases = columns.map((_, index) => `c${index}`).join(", ");
  const insert = `INSERT INTO ${name} (${names}) ` +
    `SELECT ${values} FROM unnest(${lists}) AS source(${aliases})`;
  if (key.length === 0) return insert;
  const others = columns.map((column) => column.name).filter((each) => !key.includes(each));
  const replaced = update === "all" ? others : others.filter((each) => update.includes(each));
  const conflict = `${insert} ON CONFLICT (${key.map(quote).join(", ")}) DO`;
  if (replaced.length === 0) return `${conflict} NOTHING`;
  const sets = replaced.map((each) => `${quote(each)} = excluded.${quote(each)}`);
  return `${conflict} UPDATE SET ${sets.join(", ")}`;
}
