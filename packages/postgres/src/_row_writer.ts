// Writes rows with one statement for many of them, and finds the bad ones among them.

import type { PostgresTransaction } from "./client.ts";
import { quote } from "./_options.ts";
import { describeFault, RowError } from "./row_error.ts";
import { readState, run } from "./_run.ts";
import { columnsOf, type ColumnTypes, namesOf, readColumnTypes, type Table } from "./_table.ts";
import { type GoodRow, nameSameKeys, toList } from "./_same_keys.ts";
import { type Column, toText } from "./_to_text.ts";

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
    for (const group of cut(await this.#read(sql, rows, faults))) {
      await this.#insert(sql, group, faults);
    }
    return faults;
  }

  /** Writes all of them in the transaction of the caller, which the first fault has made useless. */
  async writeAll(sql: PostgresTransaction, rows: readonly object[]): Promise<void> {
    const faults: Faults = [];
    const good = await this.#read(sql, rows, faults);
    const fault = faults.find((each) => each !== undefined);
    if (fault !== undefined) throw fault;
    try {
      await nameSameKeys(sql, good, this.#table.key);
      for (const group of cutByColumns(good).flatMap(cutForLocks)) await this.#send(sql, group);
    } catch (error) {
      const state = readState(error);
      throw state !== undefined && OF_A_ROW.test(state) ? describeFault(error, state) : error;
    }
  }

  /** The texts of the rows, without those that have none. */
  async #read(
    sql: PostgresTransaction,
    rows: readonly object[],
    faults: Faults,
  ): Promise<GoodRow[]> {
    const types = this.#types ??= await readColumnTypes(sql, this.#table);
    const good: GoodRow[] = [];
    let columns: readonly Column[] = [];
    for (const [index, row] of rows.entries()) {
      try {
        const names = namesOf(this.#table, row);
        if (!haveNames(columns, names)) columns = columnsOf(this.#table, types, names);
        const texts = columns.map((column) =>
          toText(column, (row as Record<string, unknown>)[column.name])
        );
        good.push({ index, columns, texts, key: this.#keyOf(columns, texts) });
      } catch (error) {
        if (!(error instanceof RowError)) throw error;
        faults[index] = error;
      }
    }
    return good;
  }

  /** Different for different keys; the texts have no zero character. */
  #keyOf(columns: readonly Column[], texts: readonly (string | null)[]): string {
    let text = "";
    for (const part of this.#table.key) {
      text += `${texts[columns.findIndex(({ name }) => name === part)] ?? "\0"}\0`;
    }
    return text;
  }

  /** A statement that fails has written nothing: its halves are tried until the bad row is alone. */
  async #insert(
    sql: PostgresTransaction,
    rows: readonly GoodRow[],
    faults: Faults,
  ): Promise<void> {
    try {
      return await this.#send(sql, rows);
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
    await this.#insert(sql, rows.slice(0, middle), faults);
    await this.#insert(sql, rows.slice(middle), faults);
  }

  /** Two writers that lock the same rows in the same order wait for each other, and do not block. */
  async #send(sql: PostgresTransaction, rows: readonly GoodRow[]): Promise<void> {
    const { columns } = rows[0]!;
    const sent = this.#table.key.length > 0 ? sortByKey(rows) : rows;
    await run(sql, writeInsert(this.#table, columns), toLists(columns, sent));
  }
}

/** Rows that come one after the other, have the same columns, and no key twice. */
function cut(rows: readonly GoodRow[]): GoodRow[][] {
  return cutByColumns(rows).flatMap((group) => {
    const keys = new Set<string>();
    return cutWhere(group, ({ key }) => {
      const isAgain = keys.has(key);
      if (isAgain) keys.clear();
      if (key !== "") keys.add(key);
      return isAgain;
    });
  });
}

function cutByColumns(rows: readonly GoodRow[]): GoodRow[][] {
  let before: readonly Column[] | undefined;
  return cutWhere(rows, ({ columns }) => {
    const isOther = before !== undefined && before !== columns;
    before = columns;
    return isOther;
  });
}

/** Cuts before each row for which `isFirst` says so. */
function cutWhere(rows: readonly GoodRow[], isFirst: (row: GoodRow) => boolean): GoodRow[][] {
  const groups: GoodRow[][] = [];
  for (const row of rows) {
    if (isFirst(row) || groups.length === 0) groups.push([row]);
    else groups.at(-1)!.push(row);
  }
  return groups;
}

/**
 * The same for a transaction, which holds its locks to its end: the first statement has each key, and
 * the others those that come again.
 */
function cutForLocks(rows: readonly GoodRow[]): GoodRow[][] {
  const counts = new Map<string, number>();
  const groups: GoodRow[][] = [];
  for (const row of rows) {
    const count = counts.get(row.key) ?? 0;
    if (row.key !== "") counts.set(row.key, count + 1);
    (groups[count] ??= []).push(row);
  }
  return groups;
}

function sortByKey(rows: readonly GoodRow[]): readonly GoodRow[] {
  const isSorted = rows.every(({ key }, index) => index === 0 || rows[index - 1]!.key < key);
  return isSorted ? rows : rows.toSorted((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

function haveNames(columns: readonly Column[], names: readonly string[]): boolean {
  return columns.length === names.length &&
    columns.every(({ name }, index) => name === names[index]);
}

/** A text of an array for each column. */
function toLists(columns: readonly Column[], rows: readonly GoodRow[]): string[] {
  return columns.map((_, index) => toList(rows.map(({ texts }) => texts[index]!)));
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
