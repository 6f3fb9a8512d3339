import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import type { SqliteDatabase, SqliteValue } from "./database.ts";
import { type IntegerMode, readIntegersAs } from "./_integers.ts";
import { once } from "./_once.ts";
import {
  quote,
  readInteger,
  readNames,
  requireDatabase,
  requireKnown,
  requireText,
} from "./_options.ts";
import { readRowsOptions, type RowsOptions, type SqliteRow } from "./rows.ts";

/** Enough that the query costs little, few enough that rows of some kilobytes are a megabyte. */
const DEFAULT_PAGE_SIZE = 500;

const MAX_PAGE_SIZE = 1_000_000;

/**
 * The values of the key columns of a row, in order.
 *
 * @category Reading
 */
export type RowPosition = readonly (string | number)[];

/**
 * Options of {@linkcode rowsByKey}.
 *
 * @category Reading
 */
export interface RowsByKeyOptions extends RowsOptions {
  /**
   * The column, or the columns, that tell the rows apart and put them in order: unique together, never
   * null, text or numbers. An index over them keeps each page cheap.
   */
  readonly key: string | readonly string[];
  /** How many rows are read and held at a time: a positive integer. @default {500} */
  readonly pageSize?: number | undefined;
}

/**
 * The rows of a query in the order of a key, as a source that a durable job goes on reading where
 * it was. It reads a page at a time and keeps no query open between pages, so that rows may be
 * written meanwhile: one that is inserted after the position is read when its turn comes, one that
 * is inserted before it is not.
 *
 * @typeParam TRow What a row is; it is not checked.
 * @param database The connection.
 * @param sql One query, without `ORDER BY` and `LIMIT`.
 * @param options The key, and how rows are read.
 * @returns The source; `for await (const { item, position } of source.open(undefined, signal))` reads it alone.
 * @throws {TypeError | RangeError} If an argument is not valid. A key that is null, no text or number,
 * or not unique fails when its page is read.
 * @category Reading
 *
 * @example Going on after a row
 * ```ts
 * import { openDatabase, rowsByKey } from "@headrace/sqlite";
 * import { assertEquals } from "@std/assert";
 *
 * using database = await openDatabase(":memory:");
 * database.exec("CREATE TABLE mills (id INTEGER PRIMARY KEY, name TEXT)");
 * database.exec("INSERT INTO mills VALUES (1, 'Brook'), (2, 'Ford')");
 *
 * const source = rowsByKey(database, "SELECT * FROM mills", { key: "id" });
 * const read = await Array.fromAsync(source.open([1], new AbortController().signal));
 * assertEquals(read, [{ item: { id: 2, name: "Ford" }, position: [2] }]);
 * ```
 */
export function rowsByKey<TRow extends object = SqliteRow>(
  database: SqliteDatabase,
  sql: string,
  options: RowsByKeyOptions,
): PositionedSource<TRow, RowPosition> {
  requireDatabase("rowsByKey", database);
  requireText("rowsByKey", "its query", sql);
  requireKnown("rowsByKey", options, ["key", "pageSize", "parameters", "integers"]);
  const { parameters, integers } = readRowsOptions("rowsByKey", options);
  const key = readNames("rowsByKey", "key", options.key);
  const pageSize = readInteger("rowsByKey", "pageSize", options.pageSize, DEFAULT_PAGE_SIZE);
  if (pageSize > MAX_PAGE_SIZE) {
    throw new RangeError(
      `Cannot call rowsByKey: pageSize must be at most ${MAX_PAGE_SIZE}, got ${pageSize}`,
    );
  }
  const query: KeyQuery = { database, sql, parameters, integers, key, pageSize };
  return { open: (from, signal) => readPages<TRow>(query, from, signal) };
}

interface KeyQuery {
  readonly database: SqliteDatabase;
  readonly sql: string;
  readonly parameters: readonly SqliteValue[];
  readonly integers: IntegerMode;
  readonly key: readonly string[];
  readonly pageSize: number;
}

async function* readPages<TRow extends object>(
  query: KeyQuery,
  from: RowPosition | undefined,
  signal: AbortSignal,
): AsyncGenerator<Positioned<TRow, RowPosition>, void> {
  let after = from === undefined ? undefined : requirePosition(query, from);
  for (;;) {
    signal.throwIfAborted();
    const page = readPage<TRow>(query, after);
    for (const row of page.slice(0, query.pageSize)) {
      const position = toPosition(row, query.key);
      requireUnique(query.key, after, position);
      after = position;
      yield { item: row, position };
      signal.throwIfAborted();
    }
    const next = page[query.pageSize];
    if (next === undefined) return;
    // The next page would leave it out.
    requireUnique(query.key, after, toPosition(next, query.key));
  }
}

/** A page, and the row after it. */
function readPage<TRow>(query: KeyQuery, after: RowPosition | undefined): TRow[] {
  const { database, sql, parameters, integers, key, pageSize } = query;
  const columns = key.map(quote).join(", ");
  const places = key.map(() => "?").join(", ");
  const from = `FROM (${sql.trim().replace(/;$/, "")}\n)`;
  if (after !== undefined) {
    // The database may take for the same what is not, as text with COLLATE NOCASE.
    const same = `SELECT 1 ${from} WHERE (${columns}) = (${places}) LIMIT 2`;
    const found = once(database, same, (statement) => statement.all(...parameters, ...after));
    if (found.length > 1) throw createNotUnique(key);
  }
  const where = after === undefined ? "" : ` WHERE (${columns}) > (${places})`;
  const page = `SELECT * ${from}${where} ORDER BY ${columns} LIMIT ?`;
  return once(database, page, (statement) => {
    const toRow = readIntegersAs<TRow>(statement, integers);
    return statement.all(...parameters, ...after ?? [], pageSize + 1).map(toRow);
  });
}

function toPosition(row: object, key: readonly string[]): RowPosition {
  return key.map((name) => {
    const value: unknown = (row as Record<string, unknown>)[name];
    if (typeof value === "string") return value;
    const number = typeof value === "bigint" ? Number(value) : value;
    const isExact = typeof value !== "bigint" || Number.isSafeInteger(number);
    if (typeof number === "number" && Number.isFinite(number) && isExact) return number;
    const kind = value === undefined
      ? "missing in the row"
      : value === null
      ? "null"
      : typeof value;
    throw new TypeError(
      `Cannot read rows by key: column "${name}" must be text or a number that JSON can hold, and is ${kind}`,
    );
  });
}

function requireUnique(
  key: readonly string[],
  before: RowPosition | undefined,
  position: RowPosition,
): void {
  if (before === undefined || position.some((value, index) => value !== before[index])) return;
  throw createNotUnique(key);
}

function createNotUnique(key: readonly string[]): TypeError {
  const columns = key.map((name) => `"${name}"`).join(", ");
  return new TypeError(
    `Cannot read rows by key: ${columns} must be unique, and two rows have the same`,
  );
}

function requirePosition({ key }: KeyQuery, from: unknown): RowPosition {
  const isFine = Array.isArray(from) && from.length === key.length &&
    from.every((value) => typeof value === "string" || Number.isFinite(value));
  if (isFine) return from;
  throw new TypeError(
    `Cannot read rows by key: the position must have a value of each of ${key.length} columns; ` +
      "it is that of another source, or of another key",
  );
}
