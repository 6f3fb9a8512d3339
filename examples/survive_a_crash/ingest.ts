// The worker: `ingest <api> <database> --mode acks|snapshots`. Whenever it ends, and however, the
// next one goes on from where it was.

import process from "node:process";
import { parseArgs } from "node:util";
import { StreamingError } from "@headrace/pipeline";
import { openDatabase } from "@headrace/sqlite";
import { INGESTIONS } from "./jobs.ts";

const { values: { mode = "" }, positionals: [api, path] } = parseArgs({
  options: { mode: { type: "string" } },
  allowPositionals: true,
});
if (api === undefined || path === undefined || !Object.hasOwn(INGESTIONS, mode)) {
  console.error("usage: ingest <url of the API> <database> --mode acks|snapshots");
  process.exit(2);
}
try {
  using database = await openDatabase(path);
  // The cast: it has been looked up.
  const { job, run } = INGESTIONS[mode as keyof typeof INGESTIONS](api, database);
  // What is in flight comes out and is committed; nothing comes again.
  const stop = () => void job.stop();
  process.on("SIGTERM", stop).on("SIGINT", stop);
  try {
    const { status, acked, commits } = await run();
    console.log(`${status}: ${acked} orders in ${commits} commits`);
  } finally {
    process.off("SIGTERM", stop).off("SIGINT", stop);
  }
} catch (error) {
  // What a stage or the source has failed with says why.
  const reason = error instanceof StreamingError ? error.cause : error;
  console.error(`error: ${reason instanceof Error ? reason.message : reason}`);
  process.exitCode = 1;
}
