import { rowsByKey, upsertMany, upsertRows } from "@headrace/postgres";
import { type RowsHost, testRows } from "../../../tests/support/rows_contract.ts";
import { TestDatabase } from "./support/database.ts";

async function createHost(): Promise<RowsHost> {
  const database = await TestDatabase.create();
  const { sql } = database;
  await sql`CREATE TABLE mills (id int PRIMARY KEY, name varchar(20) NOT NULL, wheels int)`;
  return {
    upsert: (options) => upsertRows(sql, { table: "mills", ...options }),
    upsertMany: async (rows) =>
      void await sql.begin((tx) => upsertMany(tx, rows, { table: "mills", key: "id" })),
    read: async () => (await sql`SELECT * FROM mills ORDER BY id`).map((row) => ({ ...row })),
    clear: async () => void await sql`TRUNCATE mills`,
    open: () => rowsByKey(sql, "SELECT * FROM mills", { key: "id" }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

testRows(createHost, {
  code: "23502",
  reason: 'null value in column "name" of relation "mills" violates not-null constraint (23502)',
  secrets: [{ id: 3, name: "secret".repeat(9) }],
});
