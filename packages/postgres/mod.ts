/**
 * PostgreSQL as a source, as a sink and as the store of durable jobs, through
 * [postgres.js](https://github.com/porsager/postgres).
 *
 * @example Rows in, rows out
 * ```ts ignore
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { rows, upsertRows } from "@headrace/postgres";
 * import postgres from "postgres";
 *
 * const sql = postgres("postgres://localhost/mills");
 * const double = StreamingPipeline.start<{ name: string; wheels: number }>()
 *   .map("doubled", ({ name, wheels }) => ({ name, wheels: 2 * wheels }))
 *   .use("saved", upsertRows(sql, { table: "mills", key: "name" }));
 * await double.executeToArray(rows(sql, "SELECT name, wheels FROM mills"));
 * await sql.end();
 * ```
 *
 * @module
 */

export type {
  PostgresClient,
  PostgresQuery,
  PostgresTransaction,
  TransactionOf,
} from "./src/client.ts";
export { copyRows } from "./src/copy_rows.ts";
export { postgresStore, type PostgresStoreOptions } from "./src/postgres_store.ts";
export { RowError, type RowErrorDetails } from "./src/row_error.ts";
export { type PostgresRow, rows, type RowsOptions } from "./src/rows.ts";
export { type RowPosition, rowsByKey, type RowsByKeyOptions } from "./src/rows_by_key.ts";
export type { ColumnsOptions, TableOptions } from "./src/_table.ts";
export { upsertMany, upsertRows, type UpsertRowsOptions } from "./src/upsert_rows.ts";
