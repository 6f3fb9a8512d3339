// Durable jobs over SQLite, killed at every point, also in the middle of a transaction.

import { type CheckpointStore, durable } from "@headrace/pipeline/durable";
import { StreamingPipeline } from "@headrace/pipeline/core";
import { killAtEveryPoint, type KilledWorld } from "@headrace/pipeline/testing";
import { scan } from "@headrace/pipeline/operators";
import { openDatabase, type SqliteDatabase, sqliteStore, upsertMany } from "@headrace/sqlite";
import { assert, assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { Folder } from "./support/folder.ts";

interface Row {
  readonly at: number;
  readonly total: number;
}

const totals = StreamingPipeline.start<number>().use(
  "total",
  scan((row: Row, n: number) => ({ at: row.at + 1, total: row.total + n }), { at: 0, total: 0 }),
);
const rows = StreamingPipeline.start<number>().map("row", (n) => ({ at: n, total: n }));

async function createWorld(): Promise<KilledWorld<Row>> {
  const folder = await Folder.create();
  const first = await folder.open();
  first.exec("CREATE TABLE written (at INTEGER, total INTEGER)");
  return {
    async open() {
      const database = await openDatabase(folder.pathOf("test.db"));
      return {
        store: sqliteStore(database),
        write: (items: readonly Row[], transaction: SqliteDatabase) =>
          upsertMany(transaction, items, { table: "written" }),
        end: () => database.close(),
      };
    },
    read: () =>
      first.prepare("SELECT at, total FROM written ORDER BY rowid").all()
        .map((row) => ({ ...(row as Row) })),
    close: () => folder[Symbol.asyncDispose](),
  };
}

for (const mode of ["acks", "snapshots"] as const) {
  test(
    `[L17] a job of the mode ${mode} over SQLite that is killed at any point has each row once`,
    async () => {
      const { runs, points, duplicates } = await killAtEveryPoint<number, Row>({
        createJob: (store: CheckpointStore) =>
          durable(mode === "acks" ? rows : totals, {
            id: "job",
            mode,
            store,
            commit: { items: 2 },
          }),
        items: [1, 2, 3, 4, 5],
        createWorld,
      });

      assert(points > 20);
      assertEquals([runs, duplicates], [points, 0]);
    },
    { hangAfterMs: 60_000 },
  );
}
