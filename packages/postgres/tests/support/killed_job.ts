// A durable job over PostgreSQL, in a process that is killed: `killed_job.ts <url> <mode>`.

import { postgresStore, rowsByKey, upsertMany } from "@headrace/postgres";
import postgres from "postgres";
import {
  type KilledMode,
  type ReadRow,
  runKilledJob,
} from "../../../../tests/support/killed_jobs.ts";

const [url = "", mode = ""] = Deno.args;
const sql = postgres(url, { max: 3, onnotice: () => {} });
const source = rowsByKey<ReadRow>(sql, "SELECT id, value FROM read", { key: "id", pageSize: 40 });
await runKilledJob(
  mode as KilledMode,
  postgresStore(sql),
  source,
  (rows, tx) => upsertMany(tx, rows, { table: "written" }),
);
await sql.end();
