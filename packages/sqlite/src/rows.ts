import type { SqliteDatabase, SqliteValue } from "./database.ts";
import { type IntegerMode, readIntegersAs } from "./_integers.ts";
import { finalize } from "./_once.ts";
import { requireDatabase, requireKnown, requireText, show } from "./_options.ts";

/**
 * A row by the names of its columns.
 *
 * @category Reading
 */
export type SqliteRow = Record<string, SqliteValue>;

/**
 * How rows are read.
 *
 * @category Reading
 */
export interface RowsOptions {
  /** The values of the `?` of the query, in order. */
  readonly parameters?: readonly SqliteValue[] | undefined;
  /**
   * Whether integers come as numbers, where one beyond 2^53 fails, or each as a bigint.
   *
   * @default {"number"}
   */
  readonly integers?: "number" | "bigint" | undefined;
}

/**
 * The rows of a query, one at a time: a source for a pipeline, or for a loop. The query runs when the
 * first row is asked for, anew for each loop, and no more than one row is held. A loop that is left
 * ends it.
 *
 * While a query is open, its table cannot be dropped, and a write-ahead log cannot be emptied: where
 * rows are worked on for long, {@linkcode rowsByKey} reads them in pages.
 *
 * @typeParam TRow What a row is; it is not checked.
 * @param database The connection.
 * @param sql One query.
 * @param options Its parameters, and how integers come.
 * @returns The rows, as objects. Errors of the database surface when the first row is asked for, or later.
 * @throws {TypeError} If an argument is not valid.
 * @category Reading
 *
 * @example Rows into a pipeline
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { openDatabase, rows } from "@headrace/sqlite";
 * import { assertEquals } from "@std/assert";
 *
 * using database = await openDatabase(":memory:");
 * database.exec("CREATE TABLE mills (name); INSERT INTO mills VALUES ('Brook'), ('Ford')");
 *
 * const names = StreamingPipeline.start<{ name: string }>().map("name", ({ name }) => name);
 * assertEquals(await names.executeToArray(rows(database, "SELECT * FROM mills")), ["Brook", "Ford"]);
 * ```
 */
export function rows<TRow extends object = SqliteRow>(
  database: SqliteDatabase,
  sql: string,
  options: RowsOptions = {},
): Iterable<TRow> {
  requireDatabase("rows", database);
  requireText("rows", "its query", sql);
  requireKnown("rows", options, ["parameters", "integers"]);
  const { parameters, integers } = readRowsOptions("rows", options);
  return { [Symbol.iterator]: () => read<TRow>(database, sql, parameters, integers) };
}

/** Checks how rows are read. */
export function readRowsOptions(
  name: string,
  { parameters = [], integers = "number" }: RowsOptions,
): { readonly parameters: readonly SqliteValue[]; readonly integers: IntegerMode } {
  if (!Array.isArray(parameters)) {
    throw new TypeError(
      `Cannot call ${name}: parameters must be an array, got ${show(parameters)}`,
    );
  }
  if (integers !== "number" && integers !== "bigint") {
    throw new TypeError(
      `Cannot call ${name}: integers must be "number" or "bigint", got ${show(integers)}`,
    );
  }
  return { parameters, integers };
}

function* read<TRow>(
  database: SqliteDatabase,
  sql: string,
  parameters: readonly SqliteValue[],
  integers: IntegerMode,
): Generator<TRow, void> {
  // Of its own: two loops over one statement would reset each other.
  const statement = database.prepare(sql);
  const toRow = readIntegersAs<TRow>(statement, integers);
  try {
    for (const row of statement.iterate(...parameters)) yield toRow(row);
  } finally {
    finalize(statement);
  }
}
