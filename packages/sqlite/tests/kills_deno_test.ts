// Kills a real process with a durable job over SQLite, and counts what is in the database in the end.

import { openDatabase } from "@headrace/sqlite";
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
import { Folder } from "./support/folder.ts";

/** A hundred were done by hand: `HEADRACE_KILLS=100`. */
const KILLS = Number(Deno.env.get("HEADRACE_KILLS") ?? 15);

for (const mode of ["acks", "snapshots"] as const) {
  test(`[L17] a job of the mode ${mode} over SQLite that is killed has each row once`, async () => {
    await using folder = await Folder.create();
    const path = folder.pathOf("job.db");
    {
      using database = await openDatabase(path);
      database.exec("CREATE TABLE read (id INTEGER PRIMARY KEY, value INTEGER)");
      database.exec("CREATE TABLE written (id INTEGER, value INTEGER)");
      const insert = database.prepare("INSERT INTO read VALUES (?, ?)");
      database.exec("BEGIN");
      for (let id = 1; id <= ROW_COUNT; id++) insert.run(id, rowAt(id).value);
      database.exec("COMMIT");
    }
    const script = new URL("./support/killed_job.ts", import.meta.url);
    const killed = await killAtRandom({ script, args: [path, mode], kills: KILLS, seed: 271127 });
    assert(killed > 0);

    using database = await openDatabase(path);
    const rows = database.prepare("SELECT id, value FROM written").all() as WrittenRow[];
    assertEquals(sortRows(rows.map((row) => ({ ...row }))), expectRows(mode));
  }, { hangAfterMs: 600_000 });
}
