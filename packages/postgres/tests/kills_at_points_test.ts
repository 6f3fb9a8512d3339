// Durable jobs over PostgreSQL, killed at every point, also in the middle of a transaction.

import { type CheckpointStore, durable } from "@headrace/pipeline/durable";
import { StreamingPipeline } from "@headrace/pipeline/core";
import { killAtEveryPoint, type KilledWorld } from "@headrace/pipeline/testing";
import { scan } from "@headrace/pipeline/operators";
import { postgresStore, type PostgresTransaction, upsertMany } from "@headrace/postgres";
import { assert, assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { TestDatabase } from "./support/database.ts";

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
  const database = await TestDatabase.create();
  const { sql } = database;
  await sql`CREATE TABLE written (id serial, at int, total int)`;
  return {
    open() {
      // One that is ended while it connects leaves its timer behind (postgres.js 3.4.9).
      const own = database.connect({ max: 1, connect_timeout: 0 });
      return {
        store: postgresStore(own),
        write: (items: readonly Row[], transaction: PostgresTransaction) =>
          upsertMany(transaction, items, { table: "written" }),
        // A process that is killed says nothing to its server.
        end: () => own.end({ timeout: 0 }),
      };
    },
    read: () => sql<Row[]>`SELECT at, total FROM written ORDER BY id`,
    close: () => database[Symbol.asyncDispose](),
  };
}

for (const mode of ["acks", "snapshots"] as const) {
  test(
    `[L17] a job of the mode ${mode} over PostgreSQL that is killed at any point has each row once`,
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
