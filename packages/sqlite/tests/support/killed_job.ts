// A durable job over SQLite, in a process that is killed: `killed_job.ts <database> <mode>`.

import { openDatabase, rowsByKey, sqliteStore, upsertMany } from "@headrace/sqlite";
import {
  type KilledMode,
  type ReadRow,
  runKilledJob,
} from "../../../../tests/support/killed_jobs.ts";

const [path = "", mode = ""] = Deno.args;
using reading = await openDatabase(path);
using writing = await openDatabase(path);
const source = rowsByKey<ReadRow>(reading, "SELECT id, value FROM read", {
  key: "id",
  pageSize: 40,
});
await runKilledJob(mode as KilledMode, sqliteStore(writing), source, (rows, tx) => {
  upsertMany(tx, rows, { table: "written" });
});
