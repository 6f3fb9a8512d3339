// A durable job over files, in a process that is killed: `_killed_job.ts <folder> <mode>`.

import { fileStore, positioned } from "../../src/durable/mod.ts";
import {
  COMMIT_ITEMS,
  createKilledJob,
  type KilledMode,
  ROW_COUNT,
  rowAt,
} from "../support/killed_jobs.ts";

const [folder = "", mode = ""] = Deno.args;
const job = createKilledJob(mode as KilledMode, fileStore(`${folder}/job.checkpoint`));
const source = positioned(Array.from({ length: ROW_COUNT }, (_, at) => rowAt(at + 1)));
using file = await Deno.open(`${folder}/written.ndjson`, { append: true, create: true });
let count = 0;
await job.run(source, (row) => {
  file.writeSync(new TextEncoder().encode(`${JSON.stringify(row)}\n`));
  if (++count % COMMIT_ITEMS === 0) Deno.stdout.writeSync(new Uint8Array([46]));
});
