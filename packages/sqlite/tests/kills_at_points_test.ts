// Durable jobs over SQLite, killed at every point.

import type { KilledWorld } from "@headrace/pipeline/testing";
import { openDatabase, type SqliteDatabase, sqliteStore, upsertMany } from "@headrace/sqlite";
import { testKillsAtEveryPoint, type TotalRow } from "../../../tests/support/kills_at_points.ts";
import { Folder } from "./support/folder.ts";

async function createWorld(): Promise<KilledWorld<TotalRow>> {
  const folder = await Folder.create();
  const first = await folder.open();
  first.exec("CREATE TABLE written (at INTEGER, total INTEGER)");
  return {
    async open() {
      const database = await openDatabase(folder.pathOf("test.db"));
      return {
        store: sqliteStore(database),
        write: (items: readonly TotalRow[], transaction: SqliteDatabase) =>
          upsertMany(transaction, items, { table: "written" }),
        end: () => database.close(),
      };
    },
    read: () =>
      first.prepare("SELECT at, total FROM written ORDER BY rowid").all()
        .map((row) => ({ ...(row as TotalRow) })),
    close: () => folder[Symbol.asyncDispose](),
  };
}

testKillsAtEveryPoint("SQLite", createWorld);
