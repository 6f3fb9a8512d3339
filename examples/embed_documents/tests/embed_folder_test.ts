import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { readFile, rename } from "node:fs/promises";
import { setImmediate } from "node:timers";
import { FatalError, UsageError } from "../errors.ts";
import { LexicalEmbedder } from "@headrace/documents";
import { SqliteDocumentStore } from "@headrace/documents/store";
import { writeDocument, writeText } from "./helpers/documents.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { countStored, databaseOf, embed, RecordingEmbedder } from "./helpers/run.ts";

Deno.test("embedFolder() stores the chunks of every file and finds them again", async () => {
  await using folder = await TestFolder.create({
    "one.md": `---\ntags: [brass]\n---\n# Bells\n\n${writeText(1, 700)} A bell rang.`,
    "deep/down/two words.md": writeDocument(2),
    "other.txt": "not this one",
  });
  const embedder = new LexicalEmbedder();
  const { counts, failedFiles, skippedFiles } = await embed(folder, embedder);
  equal(counts.found, 2);
  equal(counts.embedded, 2);
  deepEqual([failedFiles, skippedFiles], [{}, {}]);
  deepEqual(countStored(folder, embedder.model), { documents: 2, chunks: counts.chunks });

  using store = SqliteDocumentStore.openExisting(databaseOf(folder), embedder.model);
  const [question] = await embedder.embed(["Which bell rang? brass bells"]);
  ok(question);
  const [match] = store.search(question, 1);
  deepEqual([match?.path, match?.headings], [folder.join("one.md"), ["Bells"]]);
});

Deno.test(
  "embedFolder() shows the embedder headings, tags, text and the end-of-text token",
  async () => {
    await using folder = await TestFolder.create({
      "a.md": "---\ntags: x, y\n---\n# A\n## B\nText.",
    });
    const embedder = new RecordingEmbedder();
    await embed(folder, embedder, { endOfText: "<|end|>" });
    deepEqual(embedder.texts, ["A > B\nx y\n# A\n\n## B\n\nText.<|end|>"]);
  },
);

Deno.test("embedFolder() embeds nothing when nothing has changed", async () => {
  await using folder = await TestFolder.create({
    "a.md": writeDocument(1),
    "b.md": writeDocument(2),
  });
  await embed(folder, new RecordingEmbedder());
  const before = countStored(folder);
  const embedder = new RecordingEmbedder();
  const { counts } = await embed(folder, embedder);
  deepEqual(counts, { found: 2, unchanged: 2, embedded: 0, chunks: 0 });
  deepEqual(embedder.texts, []);
  deepEqual(countStored(folder), before);
});

Deno.test(
  "embedFolder() embeds all again when a setting changes that the chunks depend on",
  async () => {
    await using folder = await TestFolder.create({ "a.md": writeDocument(1) });
    await embed(folder, new RecordingEmbedder());
    const { counts } = await embed(folder, new RecordingEmbedder(), { endOfText: "<|end|>" });
    deepEqual([counts.unchanged, counts.embedded], [0, 1]);
  },
);

Deno.test("embedFolder() replaces the chunks of a changed file only", async () => {
  await using folder = await TestFolder.create({
    "a.md": writeDocument(1),
    "b.md": writeDocument(2),
  });
  const first = await embed(folder, new RecordingEmbedder());
  await folder.write("a.md", "# Short now\n\nOnly this.");
  const embedder = new RecordingEmbedder();
  const { counts } = await embed(folder, embedder);
  deepEqual([counts.unchanged, counts.embedded], [1, 1]);
  equal(embedder.texts.length, 1);
  equal(countStored(folder).chunks, first.counts.chunks / 2 + 1);
});

Deno.test("embedFolder() forgets deleted files, of this folder and pattern only", async () => {
  await using folder = await TestFolder.create({
    "docs/a.md": writeDocument(1),
    "docs/b.md": writeDocument(2),
    "docs/c.txt": writeDocument(3),
    "notes/d.md": writeDocument(4),
  });
  await embed(folder, new RecordingEmbedder(), { pattern: "**/*.{md,txt}" });
  for (const path of ["docs/b.md", "docs/c.txt", "notes/d.md"]) await folder.remove(path);
  const docs = { folder: folder.join("docs"), pattern: "**/*.md" };
  equal((await embed(folder, new RecordingEmbedder(), docs)).deletedCount, 1);
  equal(countStored(folder).documents, 3);
  const all = { pattern: "**/*.{md,txt}" };
  equal((await embed(folder, new RecordingEmbedder(), all)).deletedCount, 2);
  equal(countStored(folder).documents, 1);
});

Deno.test("embedFolder() forgets a file that has become empty", async () => {
  await using folder = await TestFolder.create({
    "a.md": writeDocument(1),
    "b.md": writeDocument(2),
  });
  await embed(folder, new RecordingEmbedder());
  await folder.write("a.md", "");
  const { skippedFiles } = await embed(folder, new RecordingEmbedder());
  deepEqual(skippedFiles, { "a.md": "empty file" });
  equal(countStored(folder).documents, 1);
});

Deno.test("embedFolder() keeps what it knew of a file that cannot be read now", async () => {
  await using folder = await TestFolder.create({ "a.md": writeDocument(1) });
  await embed(folder, new RecordingEmbedder());
  await folder.remove("a.md");
  await folder.link("a.md", "a.md");
  const { failedFiles, deletedCount } = await embed(folder, new RecordingEmbedder());
  deepEqual([Object.keys(failedFiles), deletedCount], [["a.md"], 0]);
  equal(countStored(folder).documents, 1);
});

Deno.test("embedFolder() reports each file it cannot use and embeds the rest", async () => {
  await using folder = await TestFolder.create({
    "good 1.md": writeDocument(1),
    "good 2.md": writeDocument(2),
    "empty.md": "",
    "blank.md": " \n\n",
    "binary.md": new Uint8Array([0, 1, 2, 3]),
    "invalid.md": new Uint8Array([0xc3, 0xa9, 0xe9, 0x65]),
  });
  await folder.link("broken link.md", "missing.md");
  await folder.link("loop", ".");
  await folder.link("self.md", "self.md");
  const { counts, failedFiles, skippedFiles } = await embed(folder, new RecordingEmbedder());
  equal(counts.embedded, 2);
  deepEqual(skippedFiles, {
    "empty.md": "empty file",
    "blank.md": "no text in it",
    "binary.md": "binary file (it has a zero byte)",
    "loop": "a link to a directory is not followed",
  });
  deepEqual(Object.keys(failedFiles).sort(), ["broken link.md", "invalid.md", "self.md"]);
  equal(countStored(folder).documents, 2);
});

Deno.test(
  "embedFolder() refuses a folder that is missing or is a file, and leaves no database",
  async () => {
    await using folder = await TestFolder.create({ "a.md": "text" });
    const database = folder.join("new.db");
    const refused = (options: { folder?: string; pattern?: string }, message: RegExp) =>
      rejects(
        embed(folder, new RecordingEmbedder(), { database, ...options }),
        (error) =>
          (error instanceof FatalError || error instanceof UsageError) &&
          message.test(error.message),
      );
    await refused({ folder: folder.join("no where") }, /no where": it does not exist/);
    await refused({ folder: folder.join("a.md") }, /it is not a folder/);
    await refused({ pattern: "../*.md" }, /must stay inside the folder/);
    await rejects(readFile(database), { code: "ENOENT" });
  },
);

Deno.test(
  "embedFolder() forgets nothing when the folder goes away during the run",
  async () => {
    await using folder = await TestFolder.create({ "docs/a.md": writeDocument(1) });
    const docs = { folder: folder.join("docs") };
    await embed(folder, new RecordingEmbedder(), docs);
    await folder.write("docs/b.md", writeDocument(2));
    const unmounting = new RecordingEmbedder();
    const inner = unmounting.embed.bind(unmounting);
    unmounting.embed = async (texts) => {
      await rename(folder.join("docs"), folder.join("elsewhere"));
      return await inner(texts);
    };
    await rejects(embed(folder, unmounting, docs), /it does not exist/);
    equal(countStored(folder).documents, 2);
  },
);

Deno.test(
  "embedFolder() does a file again that was only partly stored when it was aborted",
  async () => {
    await using folder = await TestFolder.create({ "long.md": writeText(1, 150_000) });
    const controller = new AbortController();
    const reason = new Error("stop");
    const stopping = new RecordingEmbedder();
    const inner = stopping.embed.bind(stopping);
    stopping.embed = (texts) => {
      if (stopping.texts.length === 100) controller.abort(reason);
      return inner(texts);
    };
    await rejects(embed(folder, stopping, {}, controller.signal), reason);
    deepEqual(countStored(folder), { documents: 1, chunks: 100 });

    const { counts } = await embed(folder, new RecordingEmbedder());
    deepEqual([counts.unchanged, counts.embedded], [0, 1]);
    equal(countStored(folder).chunks, counts.chunks);
    equal((await embed(folder, new RecordingEmbedder())).counts.unchanged, 1);
  },
);

Deno.test("embedFolder() lets an abort through though no work ever waits", async () => {
  await using folder = await TestFolder.create({ "long.md": writeText(1, 150_000) });
  const controller = new AbortController();
  const reason = new Error("stop");
  const busy = new RecordingEmbedder();
  const inner = busy.embed.bind(busy);
  let calls = 0;
  busy.embed = (texts) => {
    if (++calls === 1) setImmediate(() => controller.abort(reason));
    return inner(texts);
  };
  await rejects(embed(folder, busy, {}, controller.signal), reason);
  equal(calls, 1);
});

Deno.test("embedFolder() deletes nothing in a run that was aborted", async () => {
  await using folder = await TestFolder.create({
    "a.md": writeDocument(1),
    "b.md": writeDocument(2),
  });
  await embed(folder, new RecordingEmbedder());
  await folder.remove("a.md");
  await folder.write("c.md", writeDocument(3));
  const controller = new AbortController();
  const stopping = new RecordingEmbedder();
  stopping.embed = () => {
    controller.abort(new Error("stop"));
    return Promise.resolve([]);
  };
  await rejects(embed(folder, stopping, {}, controller.signal), /stop/);
  equal(countStored(folder).documents, 2);
});

Deno.test(
  "embedFolder() fails the files of a failed batch, embeds the rest, and mends it next time",
  async () => {
    const files: Record<string, string> = {};
    for (let seed = 0; seed < 60; seed++) files[`${seed}.md`] = writeDocument(seed);
    await using folder = await TestFolder.create(files);
    const flaky = new RecordingEmbedder();
    const inner = flaky.embed.bind(flaky);
    let calls = 0;
    flaky.embed = (texts) => ++calls === 2 ? Promise.reject(new Error("busy")) : inner(texts);
    const { counts, failedFiles } = await embed(folder, flaky);
    const failed = Object.keys(failedFiles).length;
    ok(failed > 0 && failed < 60);
    equal(counts.embedded + failed, 60);
    deepEqual(new Set(Object.values(failedFiles)), new Set(["busy"]));

    const second = await embed(folder, new RecordingEmbedder());
    deepEqual([second.counts.embedded, second.counts.unchanged], [failed, 60 - failed]);
  },
);

Deno.test("embedFolder() stops when batch after batch fails", async () => {
  await using folder = await TestFolder.create({ "long.md": writeText(1, 600_000) });
  let calls = 0;
  const down = new RecordingEmbedder();
  down.embed = () => {
    calls++;
    return Promise.reject(new Error("down"));
  };
  await rejects(
    embed(folder, down),
    (error) =>
      error instanceof FatalError &&
      error.message === "The run stops: 5 batches in a row failed, the last with: down",
  );
  equal(calls, 5);
});
