// Kills a real process with a durable job over PostgreSQL, and counts what is in the database in the end.

import { assert, assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { killAtRandom } from "../../../tests/support/kill_at_random.ts";
import {
  expectRows,
  ROW_COUNT,
  rowAt,
  sortRows,
  type WrittenRow,
} from "../../../tests/support/killed_jobs.ts";
import { TestDatabase } from "./support/database.ts";
import { findServer } from "./support/server.ts";

/** A hundred were done by hand: `HEADRACE_KILLS=100`. */
const KILLS = Number(Deno.env.get("HEADRACE_KILLS") ?? 15);

for (const mode of ["acks", "snapshots"] as const) {
  test(
    `[L17] a job of the mode ${mode} over PostgreSQL that is killed has each row once`,
    async () => {
      await using database = await TestDatabase.create();
      const { sql, schema } = database;
      await sql`CREATE TABLE read (id int PRIMARY KEY, value int)`;
      await sql`CREATE TABLE written (id int, value int)`;
      const rows = Array.from({ length: ROW_COUNT }, (_, at) => rowAt(at + 1));
      await sql`INSERT INTO read ${sql(rows.map(({ id, value }) => ({ id, value })))}`;

      const { host, port, username, password } = await findServer() as Record<string, string>;
      const url =
        `postgres://${username}:${password}@${host}:${port}/postgres?search_path=${schema}`;
      const script = new URL("./support/killed_job.ts", import.meta.url);
      const killed = await killAtRandom({ script, args: [url, mode], kills: KILLS, seed: 271128 });
      assert(killed > 0);

      const written = await sql<WrittenRow[]>`SELECT id, value FROM written`;
      assertEquals(sortRows(written.map(({ id, value }) => ({ id, value }))), expectRows(mode));
    },
    { hangAfterMs: 600_000 },
  );
}
