/**
 * Measures rows in this process and writes the results to a file. Started by `run.ts`, bundled, on
 * each runtime; the one argument is a {@linkcode Job} as JSON.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import process from "node:process";
import { runMix } from "./lib/mix.ts";
import { measureRow, type RowResult } from "./lib/measure.ts";
import { ROWS } from "./rows.ts";

/** What to measure. */
export interface Job {
  /** Ids of rows. All when empty. */
  readonly rows: readonly string[];
  /** The runtime's name, as targets spell it. */
  readonly runtime: string;
  readonly samples: number;
  readonly items?: number;
  /** The file that a {@linkcode RuntimeResult} is written to, as JSON. */
  readonly output: string;
}

/** What one runtime measured. */
export interface RuntimeResult {
  readonly runtime: string;
  readonly version: string;
  readonly rows: readonly RowResult[];
}

async function measure(job: Job): Promise<void> {
  const unknown = job.rows.find((id) => !ROWS.some((row) => row.id === id));
  if (unknown !== undefined) {
    const known = ROWS.map((row) => row.id).join(", ");
    console.error(`Cannot measure row "${unknown}": the timed rows are ${known}`);
    process.exitCode = 1;
    return;
  }
  const { samples, items, runtime } = job;
  const onProgress = (text: string): void => console.error(`  ${runtime}  ${text}`);
  onProgress("other pipelines");
  await runMix();
  const rows: RowResult[] = [];
  for (const row of ROWS) {
    if (job.rows.length > 0 && !job.rows.includes(row.id)) continue;
    rows.push(await measureRow(row, runtime, { samples, items, onProgress }));
  }
  const { deno, bun, node } = process.versions as Record<string, string | undefined>;
  const result: RuntimeResult = { runtime, version: deno ?? bun ?? node ?? "", rows };
  await writeFile(job.output, JSON.stringify(result));
}

await measure(JSON.parse(process.argv[2] ?? "{}"));
