// The worker: `ingest <api> <database> --mode acks|snapshots`. Whenever it ends, and however, the
// next one goes on from where it was.

import process from "node:process";
import { parseArgs } from "node:util";
import { StreamingError } from "@headrace/pipeline";
import { openDatabase } from "@headrace/sqlite";
import { INGESTIONS } from "./jobs.ts";

const { values: { mode }, positionals: [api = "", path] } = parseArgs({
  options: { mode: { type: "string" } },
  allowPositionals: true,
  // What it does not know is answered with the usage below.
  strict: false,
});
const isMode = typeof mode === "string" && Object.hasOwn(INGESTIONS, mode);
if (!URL.canParse(api) || path === undefined || !isMode) {
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
  console.error(`error: ${describe(error instanceof StreamingError ? error.cause : error)}`);
  process.exitCode = 1;
}

/** A failed `fetch` says in its cause alone what has failed. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}
