// Brings a database up to date in one way, in a process of its own: `one.ts <way> <folder> <database>
// [<file>]`. The file gets a line for each batch of vectors that were made.

import { SqliteDocumentStore } from "@headrace/documents/store";
import { openSync } from "node:fs";
import process from "node:process";
import { CountingEmbedder } from "./parts.ts";
import { WAYS } from "./ways.ts";

const [name = "", folder = "", database = "", calls] = Deno.args;
const embedder = new CountingEmbedder(calls === undefined ? undefined : openSync(calls, "a"));
const cpuBefore = process.cpuUsage();
const start = performance.now();
await WAYS[name]!({ folder, database, embedder });
const seconds = (performance.now() - start) / 1_000;
const { user, system } = process.cpuUsage(cpuBefore);
const { chunks } = SqliteDocumentStore.openExisting(database).count();
console.log(JSON.stringify({
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  chunks,
  embedded: embedder.count,
}));
