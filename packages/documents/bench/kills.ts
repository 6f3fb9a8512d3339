// `deno task kills [--corpus guides] [--kills 20] [--way streaming]`: kills a way in the middle,
// again and again, lets it end, and compares the database with that of a run that was left alone.
// Prints how many texts have been embedded more than once, and how long the last run took.

import { SqliteDocumentStore } from "@headrace/documents/store";
import { load } from "sqlite-vec";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { documentsOf } from "./corpora.ts";
import { BATCH_SIZE } from "./parts.ts";

const ROWS = `
  SELECT documents.path, documents.hash AS complete, chunks.id, chunks.text, vectors.embedding
  FROM documents
  LEFT JOIN chunks ON chunks.document = documents.id
  LEFT JOIN vectors ON vectors.rowid = chunks.row
  ORDER BY documents.path, chunks.id`;

const { values } = parseArgs({
  args: Deno.args.filter((arg) => arg !== "--"),
  options: {
    corpus: { type: "string", default: "guides" },
    kills: { type: "string", default: "20" },
    way: { type: "string", default: "streaming" },
  },
});
const folder = documentsOf(values.corpus);
const work = await Deno.makeTempDir({ prefix: "headrace-kills-" });
try {
  const whole = await runToEnd("whole");
  const perLife = Math.ceil(whole / (Number(values.kills) + 1) / BATCH_SIZE);
  let killed = 0;
  // Each life is killed when it has embedded its share, at any moment of what comes then.
  while (killed < Number(values.kills) && await runUntil("killed", perLife)) killed++;
  const before = await readCount("killed");
  const start = performance.now();
  const all = await runToEnd("killed");
  const seconds = (performance.now() - start) / 1_000;
  const same = compare(`${work}/whole.db`, `${work}/killed.db`);
  const { documents, chunks } = SqliteDocumentStore.openExisting(`${work}/killed.db`).count();
  console.log([
    `${killed} kills; ${documents} documents, ${chunks} chunks: ${
      same ? "the same" : "ANOTHER"
    } database`,
    `${all - whole} texts embedded twice of ${whole}: ${
      ((all - whole) / killed).toFixed(1)
    } a kill`,
    `the last run embedded ${all - before} texts in ${seconds.toFixed(1)} s`,
  ].join("\n"));
  if (!same || all - whole > killed * BATCH_SIZE) Deno.exit(1);
} finally {
  await Deno.remove(work, { recursive: true });
}

function start(name: string): Deno.ChildProcess {
  const database = [`${work}/${name}.db`, `${work}/${name}.calls`];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", "one.ts", values.way, folder, ...database],
    cwd: new URL(".", import.meta.url),
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

/** How many texts all runs into a database have embedded. */
async function runToEnd(name: string): Promise<number> {
  const { success } = await start(name).status;
  if (!success) throw new Error(`The way "${values.way}" failed`);
  return await readCount(name);
}

/** Whether it was killed before its end. */
async function runUntil(name: string, calls: number): Promise<boolean> {
  const before = (await readCalls(name)).length;
  const child = start(name);
  let ended = false;
  const status = child.status.finally(() => ended = true);
  while (!ended && (await readCalls(name)).length < before + calls) await delay(5);
  await delay(Math.random() * 50);
  if (!ended) child.kill("SIGKILL");
  return !(await status).success;
}

async function readCalls(name: string): Promise<number[]> {
  const text = await Deno.readTextFile(`${work}/${name}.calls`).catch(() => "");
  return text.split("\n").filter((line) => line !== "").map(Number);
}

async function readCount(name: string): Promise<number> {
  return (await readCalls(name)).reduce((sum, count) => sum + count, 0);
}

/** Row by row. */
function compare(one: string, other: string): boolean {
  const [rows = [], others = []] = [one, other].map((path) => {
    const database = new DatabaseSync(path, { allowExtension: true });
    try {
      load(database);
      return database.prepare(ROWS).all();
    } finally {
      database.close();
    }
  });
  return rows.length === others.length &&
    rows.every((row, at) => JSON.stringify(row) === JSON.stringify(others[at]));
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
