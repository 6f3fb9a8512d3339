// Durable jobs over PostgreSQL, killed at every point.

import type { KilledWorld } from "@headrace/pipeline/testing";
import { postgresStore, type PostgresTransaction, upsertMany } from "@headrace/postgres";
import { testKillsAtEveryPoint, type TotalRow } from "../../../tests/support/kills_at_points.ts";
import { TestDatabase } from "./support/database.ts";

async function createWorld(): Promise<KilledWorld<TotalRow>> {
  const database = await TestDatabase.create();
  const { sql } = database;
  await sql`CREATE TABLE written (id serial, at int, total int)`;
  return {
    open() {
      // One that is ended while it connects leaves its timer behind (postgres.js 3.4.9).
      const own = database.connect({ max: 1, connect_timeout: 0 });
      return {
        store: postgresStore(own),
        write: (items: readonly TotalRow[], transaction: PostgresTransaction) =>
          upsertMany(transaction, items, { table: "written" }),
        // A process that is killed says nothing to its server.
        end: () => own.end({ timeout: 0 }),
      };
    },
    read: () => sql<TotalRow[]>`SELECT at, total FROM written ORDER BY id`,
    close: () => database[Symbol.asyncDispose](),
  };
}

testKillsAtEveryPoint("PostgreSQL", createWorld);
