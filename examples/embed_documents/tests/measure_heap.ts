/**
 * Embeds generated files and prints what is alive in the heap during the run, after a forced garbage
 * collection: `deno task measure:heap 20000`. With the offline embedder.
 */

import process from "node:process";
import { embedFolder } from "../embed_folder.ts";
import { LexicalEmbedder } from "@headrace/documents";
import { Report } from "../report.ts";
import { generateDocuments } from "./helpers/documents.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { databaseOf } from "./helpers/run.ts";

const BATCHES_BETWEEN = 150;

/** Measures before every so many batches. */
class MeasuringEmbedder extends LexicalEmbedder {
  readonly #measure: () => void;
  #batches = 0;

  constructor(measure: () => void) {
    super();
    this.#measure = measure;
  }

  override embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    if (++this.#batches % BATCHES_BETWEEN === 0) this.#measure();
    return super.embed(texts);
  }
}

const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) throw new Error("Run it with --v8-flags=--expose-gc");
await using folder = await TestFolder.create();
await generateDocuments(folder.path, Number(Deno.args[0]));
const report = new Report();
const embedder = new MeasuringEmbedder(() => {
  gc();
  const aliveMegabytes = process.memoryUsage().heapUsed / 1_000_000;
  console.log(`${report.foundCount} files · ${aliveMegabytes.toFixed(1)} MB alive`);
});
const request = { folder: folder.path, pattern: "**/*.md", endOfText: "" };
const { signal } = new AbortController();
await embedFolder({ ...request, database: databaseOf(folder) }, embedder, report, signal);
