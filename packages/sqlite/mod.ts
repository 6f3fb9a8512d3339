/**
 * SQLite as a source, as a sink and as the store of durable jobs, with the module that the runtime has.
 *
 * @example Rows in, rows out
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { openDatabase, rows, upsertRows } from "@headrace/sqlite";
 * import { assertEquals } from "@std/assert";
 *
 * using database = await openDatabase(":memory:");
 * database.exec("CREATE TABLE mills (name TEXT PRIMARY KEY, wheels INTEGER)");
 * database.exec("INSERT INTO mills VALUES ('Brook', 1), ('Ford', 2)");
 *
 * const double = StreamingPipeline.start<{ name: string; wheels: number }>()
 *   .map("doubled", ({ name, wheels }) => ({ name, wheels: 2 * wheels }))
 *   .use("saved", upsertRows(database, { table: "mills", key: "name" }));
 * const saved = await double.executeToArray(rows(database, "SELECT * FROM mills"));
 * assertEquals(saved.map(({ wheels }) => wheels), [2, 4]);
 * ```
 *
 * @module
 */

export type { SqliteDatabase, SqliteStatement, SqliteValue } from "./src/database.ts";
export {
  openDatabase,
  type OpenDatabaseOptions,
  type OpenedDatabase,
} from "./src/open_database.ts";
export { RowError, type RowErrorDetails } from "./src/row_error.ts";
export type { TableOptions } from "./src/_table.ts";
export { rows, type RowsOptions, type SqliteRow } from "./src/rows.ts";
export { type RowPosition, rowsByKey, type RowsByKeyOptions } from "./src/rows_by_key.ts";
export { sqliteStore, type SqliteStoreOptions } from "./src/sqlite_store.ts";
export { transaction, type TransactionOptions } from "./src/transaction.ts";
export { upsertMany, upsertRows, type UpsertRowsOptions } from "./src/upsert_rows.ts";
