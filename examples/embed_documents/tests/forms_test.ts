import { deepEqual, equal, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Form } from "../forms.ts";
import { writeDocument, writeText } from "./helpers/documents.ts";
import { TestFolder } from "./helpers/folder.ts";
import { readRows } from "./helpers/rows.ts";
import { embed, RecordingEmbedder, testForms } from "./helpers/run.ts";
import { RunLog } from "./helpers/run_log.ts";

interface Trial {
  readonly counts: unknown;
  readonly skippedFiles: unknown;
  readonly failedFiles: Record<string, string>;
  readonly deletedCount: number;
  readonly errors: string[];
  readonly rows: unknown[];
}

/** What one form makes of the folder; `embedBatch` is told of the first, second… call. */
async function tryForm(
  form: Form,
  folder: TestFolder,
  embedBatch: (batch: number) => void | Promise<void> = () => {},
): Promise<Trial> {
  const database = folder.join(`.${form}.db`);
  const errorsFile = folder.join(`.${form}.errors`);
  const embedder = new RecordingEmbedder();
  const inner = embedder.embed.bind(embedder);
  let batches = 0;
  embedder.embed = async (texts) => {
    await embedBatch(++batches);
    return await inner(texts);
  };
  const log = new RunLog(folder.path);
  await embed(folder, embedder, { form, database, errorsFile }, undefined, log);
  const { counts, skippedFiles, failedFiles, deletedCount } = log;
  const errors = (await readFile(errorsFile, "utf-8")).split("\n").sort();
  return { counts, skippedFiles, failedFiles, deletedCount, errors, rows: readRows(database) };
}

/** What both forms make of it, each with a database of its own: the same. */
async function tryBoth(folder: TestFolder, embedBatch?: (batch: number) => void): Promise<Trial> {
  const streaming = await tryForm("streaming", folder, embedBatch);
  deepEqual(await tryForm("batch", folder, embedBatch), streaming);
  return streaming;
}

Deno.test("both forms store the same chunks and vectors, at first and after changes", async () => {
  await using folder = await TestFolder.create({ "long.md": writeText(1, 60_000) });
  for (let seed = 0; seed < 30; seed++) await folder.write(`${seed}.md`, writeDocument(seed));
  const first = await tryBoth(folder);
  ok(first.rows.length > 100);

  await folder.write("1.md", "# Short now");
  await folder.write("new/2.md", writeDocument(99));
  await folder.write("3.md", "");
  await folder.remove("4.md");
  const second = await tryBoth(folder);
  deepEqual(second.counts, { found: 31, unchanged: 28, embedded: 2, chunks: 4 });
  deepEqual([second.skippedFiles, second.deletedCount], [{ "3.md": "empty file" }, 1]);
});

Deno.test("both forms report the same files that they cannot read, and store the others", async () => {
  await using folder = await TestFolder.create({
    "good.md": writeDocument(1),
    "invalid.md": new Uint8Array([0xc3, 0xa9, 0xe9, 0x65]),
    "empty.md": "",
    "blank.md": " \n\n",
  });
  await folder.link("broken.md", "missing.md");
  const { failedFiles, errors, counts } = await tryBoth(folder);
  deepEqual(Object.keys(failedFiles).sort(), ["broken.md", "invalid.md"]);
  equal(errors.length, 3);
  deepEqual(counts, { found: 5, unchanged: 0, embedded: 1, chunks: 3 });
});

Deno.test("both forms give up the same batches after as many attempts, and store the others", async () => {
  await using folder = await TestFolder.create();
  for (let seed = 0; seed < 60; seed++) await folder.write(`${seed}.md`, writeDocument(seed));
  const { failedFiles, errors } = await tryBoth(folder, (batch) => {
    if (batch === 1 || batch > 5) return;
    // The four attempts at the second batch of chunks.
    throw Object.assign(new Error("busy"), { status: 503 });
  });
  ok(Object.keys(failedFiles).length > 0);
  equal(errors.length, 2);
  deepEqual(JSON.parse(errors[1] ?? "").attempts, 4);
  equal(Object.values(failedFiles)[0], "busy (tried 4 times)");
});

Deno.test("both forms make nothing of an empty folder", async () => {
  await using folder = await TestFolder.create();
  const { counts, rows } = await tryBoth(folder);
  deepEqual([counts, rows], [{ found: 0, unchanged: 0, embedded: 0, chunks: 0 }, []]);
});

testForms("only lists have read every file before the first batch is embedded", async (_, form) => {
  const paths = Array.from({ length: 100 }, (_, seed) => `${seed}.md`);
  await using folder = await TestFolder.create();
  for (const [seed, path] of paths.entries()) await folder.write(path, writeDocument(seed));
  const { failedFiles } = await tryForm(form, folder, async (batch) => {
    // A file that is gone by now fails, unless it was read before.
    if (batch === 1) await Promise.all(paths.map((path) => folder.remove(path)));
  });
  equal(Object.keys(failedFiles).length === 0, form === "batch");
});
