import { openDatabase, rowsByKey, transaction, upsertMany, upsertRows } from "@headrace/sqlite";
import { type RowsHost, testRows } from "../../../tests/support/rows_contract.ts";

async function createHost(): Promise<RowsHost> {
  const database = await openDatabase(":memory:");
  database.exec("CREATE TABLE mills (id INTEGER PRIMARY KEY, name TEXT NOT NULL, wheels INTEGER)");
  return {
    upsert: (options) => upsertRows(database, { table: "mills", ...options }),
    upsertMany: (rows) =>
      transaction(database, (tx) => upsertMany(tx, rows, { table: "mills", key: "id" })),
    read: () =>
      database.prepare("SELECT * FROM mills ORDER BY id").all()
        .map((row) => ({ ...row as object })),
    clear: () => void database.exec("DELETE FROM mills"),
    open: () => rowsByKey(database, "SELECT * FROM mills", { key: "id" }),
    [Symbol.asyncDispose]: () => Promise.resolve(database.close()),
  };
}

testRows(createHost, {
  code: "SQLITE_CONSTRAINT_NOTNULL",
  reason: "NOT NULL constraint failed: mills.name",
  secrets: [],
});
