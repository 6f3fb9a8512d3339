// A durable job over SQLite, in a process that is killed: `killed_job.ts <database> <mode>`.

import { durable, transactional } from "@headrace/pipeline/durable";
import { openDatabase, rowsByKey, sqliteStore, upsertMany } from "@headrace/sqlite";
import {
  COMMIT,
  createKilledPipeline,
  type KilledMode,
  type ReadRow,
  type WrittenRow,
} from "../../../../tests/support/killed_jobs.ts";

const [path = "", mode = ""] = Deno.args;
using reading = await openDatabase(path);
using writing = await openDatabase(path);
const store = sqliteStore(writing);
const source = rowsByKey<ReadRow>(reading, "SELECT id, value FROM read", {
  key: "id",
  pageSize: 40,
});
const job = durable(createKilledPipeline(mode as KilledMode), {
  id: mode,
  mode: mode as KilledMode,
  store,
  commit: COMMIT,
});
await job.run(
  source,
  transactional(store, (rows: readonly WrittenRow[], tx) => {
    Deno.stdout.writeSync(new Uint8Array([46]));
    upsertMany(tx, rows, { table: "written" });
  }),
);
