// A durable job over PostgreSQL, in a process that is killed: `killed_job.ts <url> <mode>`.

import { durable, transactional } from "@headrace/pipeline/durable";
import { postgresStore, rowsByKey, upsertMany } from "@headrace/postgres";
import postgres from "postgres";
import {
  COMMIT,
  createKilledPipeline,
  type KilledMode,
  type ReadRow,
  type WrittenRow,
} from "../../../../tests/support/killed_jobs.ts";

const [url = "", mode = ""] = Deno.args;
const sql = postgres(url, { max: 3, onnotice: () => {} });
const store = postgresStore(sql);
const source = rowsByKey<ReadRow>(sql, "SELECT id, value FROM read", { key: "id", pageSize: 40 });
const job = durable(createKilledPipeline(mode as KilledMode), {
  id: mode,
  mode: mode as KilledMode,
  store,
  commit: COMMIT,
});
await job.run(
  source,
  transactional(store, async (rows: readonly WrittenRow[], tx) => {
    Deno.stdout.writeSync(new Uint8Array([46]));
    await upsertMany(tx, rows, { table: "written" });
  }),
);
await sql.end();
