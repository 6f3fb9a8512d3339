import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import type { PostgresTransaction } from "./client.ts";
import { quote, readNames, requireClient, requireKnown, requireText } from "./_options.ts";
import { run } from "./_run.ts";
import { type PostgresRow, readRowsOptions, type RowsOptions } from "./rows.ts";

/**
 * The values of the key columns of a row, in order, each as the text that the database has for it.
 *
 * @category Reading
 */
export type RowPosition = readonly string[];

/**
 * Options of {@linkcode rowsByKey}.
 *
 * @category Reading
 */
export interface RowsByKeyOptions extends RowsOptions {
  /**
   * The column, or the columns, that tell the rows apart and put them in order: unique together and never
   * null. An index over them keeps each page cheap.
   */
  readonly key: string | readonly string[];
}

/**
 * The rows of a query in the order of a key, as a source that a durable job goes on reading where
 * it was. It reads a page at a time, and keeps no connection and no transaction between pages, so
 * that rows may be written meanwhile: one that is inserted after the position is read when its turn
 * comes, one that is inserted before it is not.
 *
 * Numbers that a transaction takes from a sequence become visible when it has been committed, so that a
 * lower one can come after a higher one. Where rows are inserted meanwhile, read them up to a moment
 * that is past: `WHERE created < now() - interval '1 minute'`.
 *
 * @typeParam TRow What a row is; it is not checked.
 * @param sql The client.
 * @param query One query, without `ORDER BY` and `LIMIT`.
 * @param options The key, and how rows are read.
 * @returns The source; `for await (const { item, position } of source.open(undefined, signal))` reads it alone.
 * @throws {TypeError | RangeError} If an argument is not valid. A key that is null or not unique fails
 * when its page is read.
 * @category Reading
 *
 * @example Going on after a row
 * ```ts ignore
 * import { rowsByKey } from "@headrace/postgres";
 * import postgres from "postgres";
 *
 * const sql = postgres("postgres://localhost/mills");
 * const source = rowsByKey(sql, "SELECT * FROM mills", { key: ["created", "id"] });
 * const from = ["2026-11-27 10:00:00.123456+00", "7"];
 * for await (const { item, position } of source.open(from, AbortSignal.timeout(1_000))) {
 *   console.log(item, position);
 * }
 * await sql.end();
 * ```
 */
export function rowsByKey<TRow extends object = PostgresRow>(
  sql: PostgresTransaction,
  query: string,
  options: RowsByKeyOptions,
): PositionedSource<TRow, RowPosition> {
  requireClient("rowsByKey", sql);
  requireText("rowsByKey", "its query", query);
  requireKnown("rowsByKey", options, ["key", "pageSize", "parameters"]);
  const key = readNames("rowsByKey", "key", options.key);
  const reading: Reading = {
    sql,
    query: query.trim().replace(/;$/, ""),
    key,
    ...readRowsOptions("rowsByKey", options),
  };
  return { open: (from, signal) => readPages<TRow>(reading, from, signal) };
}

interface Reading {
  readonly sql: PostgresTransaction;
  readonly query: string;
  readonly key: readonly string[];
  readonly parameters: readonly (string | number | null)[];
  readonly pageSize: number;
}

type Row = Record<string, unknown>;

async function* readPages<TRow extends object>(
  reading: Reading,
  from: RowPosition | undefined,
  signal: AbortSignal,
): AsyncGenerator<Positioned<TRow, RowPosition>, void> {
  let after = from === undefined ? undefined : requirePosition(reading, from);
  signal.throwIfAborted();
  const types = await readTypes(reading);
  for (;;) {
    signal.throwIfAborted();
    const page = await readPage(reading, types, after);
    for (const row of page.slice(0, reading.pageSize)) {
      const position = takePosition(row, reading.key);
      requireUnique(reading.key, after, position);
      after = position;
      // What the query says that it is.
      yield { item: row as TRow, position };
      signal.throwIfAborted();
    }
    const next = page[reading.pageSize];
    if (next === undefined) return;
    // The next page would leave it out.
    requireUnique(reading.key, after, takePosition(next, reading.key));
  }
}

/** Names of the key columns' types: a position is text, and a Date would lose microseconds. */
async function readTypes({ sql, query, key }: Reading): Promise<readonly string[]> {
  const columns = key.map(quote).join(", ");
  const described = await sql.unsafe(`SELECT ${columns} FROM (${query}\n) AS source`).describe();
  const numbers = described.columns.map(({ type }) => type).join();
  const types = await run<{ readonly type: string }>(
    sql,
    "SELECT format_type(number, -1) AS type FROM unnest(string_to_array($1, ',')::oid[]) " +
      "WITH ORDINALITY AS types(number, place) ORDER BY place",
    [numbers],
  );
  return types.map(({ type }) => type);
}

/** A page, and the row after it. */
async function readPage(
  { sql, query, key, parameters, pageSize }: Reading,
  types: readonly string[],
  after: RowPosition | undefined,
): Promise<readonly Row[]> {
  const columns = key.map(quote).join(", ");
  const texts = key.map((name, index) => `${quote(name)}::text AS ${hiddenName(index)}`);
  const places = types.map((type, index) => `$${parameters.length + index + 1}::text::${type}`);
  const from = `FROM (${query}\n) AS source`;
  const values = [...parameters, ...after ?? []];
  if (after !== undefined) {
    // The database may take for the same what has another text, as the numerics 1.0 and 1.00.
    const same = `SELECT 1 ${from} WHERE (${columns}) = (${places.join(", ")}) LIMIT 2`;
    if ((await run(sql, same, values)).length > 1) throw createNotUnique(key);
  }
  const where = after === undefined ? "" : ` WHERE (${columns}) > (${places.join(", ")})`;
  const page = `SELECT source.*, ${texts.join(", ")} ${from}${where} ` +
    `ORDER BY ${columns} LIMIT ${pageSize + 1}`;
  return await run<Row>(sql, page, values);
}

/** Without an underscore, which settings of the client may change. */
function hiddenName(index: number): string {
  return `headracekey${index}`;
}

/** The position of a row, which loses the columns that had it. */
function takePosition(row: Row, key: readonly string[]): RowPosition {
  return key.map((name, index) => {
    const text = row[hiddenName(index)];
    delete row[hiddenName(index)];
    if (typeof text === "string") return text;
    throw new TypeError(`Cannot read rows by key: column "${name}" must not be null, and is`);
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

function requirePosition({ key }: Reading, from: unknown): RowPosition {
  const isFine = Array.isArray(from) && from.length === key.length &&
    from.every((value) => typeof value === "string");
  if (isFine) return from;
  throw new TypeError(
    `Cannot read rows by key: the position must have a text for each of ${key.length} columns; ` +
      "it is that of another source, or of another key",
  );
}
