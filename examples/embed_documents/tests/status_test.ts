import { deepEqual, doesNotMatch, equal, match, rejects } from "node:assert/strict";
import { FatalError } from "../errors.ts";
import { formatStatus } from "../format_status.ts";
import { lastRequest } from "../last_run.ts";
import { readStatus } from "../read_status.ts";
import { writeText } from "./helpers/documents.ts";
import { answerWell, Endpoint } from "documents-tests/endpoint.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { command, databaseOf, embed, RecordingEmbedder, runCommand } from "./helpers/run.ts";

const { signal } = new AbortController();

Deno.test("status tells what has changed on the disk since the last run, and changes nothing", async () => {
  await using folder = await TestFolder.create({
    "same.md": "The same.",
    "changed.md": "Before.",
    "gone.md": "Soon gone.",
    "empty.md": "",
    "comment.md": "<!-- no text -->\n",
    "emptied.md": "Soon without text.",
    "other.txt": "of another pattern",
  });
  const embedder = new RecordingEmbedder();
  await embed(folder, embedder);
  const options = { database: databaseOf(folder) };
  const before = await readStatus(options, signal);
  deepEqual(before.summary, {
    documents: 4,
    chunks: 4,
    incomplete: 0,
    refused: 0,
    model: "recording",
    dimensions: 8,
  });
  deepEqual(before.disk, {
    folder: folder.path,
    pattern: "**/*.md",
    unchangedCount: 4,
    added: [],
    changed: [],
    gone: [],
    skipped: [folder.join("comment.md"), folder.join("empty.md")],
    unreadable: [],
  });
  const { outcome, failedCount } = before.lastRun ?? {};
  deepEqual([outcome, failedCount], ["complete", 0]);

  await folder.write("changed.md", "After.");
  await folder.write("added/new.md", "New.");
  await folder.write("broken.md", new Uint8Array([0xc3, 0xa9, 0xe9]));
  await folder.remove("gone.md");
  await folder.write("emptied.md", "<!-- gone -->");
  const { disk } = await readStatus(options, signal);
  deepEqual(disk, {
    folder: folder.path,
    pattern: "**/*.md",
    unchangedCount: 1,
    added: [folder.join("added/new.md")],
    changed: [folder.join("changed.md")],
    gone: [folder.join("emptied.md"), folder.join("gone.md")],
    skipped: ["comment.md", "emptied.md", "empty.md"].map((name) => folder.join(name)),
    unreadable: [folder.join("broken.md")],
  });
  deepEqual(await readStatus(options, signal), { ...before, disk });
});

Deno.test("status takes as gone what embed would forget: not what is left out now", async () => {
  await using folder = await TestFolder.create({ "a.md": "Kept.", "b.md": "Ignored later." });
  await embed(folder, new RecordingEmbedder());
  await folder.write(".gitignore", "b.md");
  await embed(folder, new RecordingEmbedder());
  const { disk, summary } = await readStatus({ database: databaseOf(folder) }, signal);
  equal(summary.documents, 2);
  deepEqual(disk?.gone, []);
});

Deno.test("status goes by the settings of the last run, and tells when those of the program differ", async () => {
  await using folder = await TestFolder.create({ "a.md": "Some text." });
  await embed(folder, new RecordingEmbedder(), { endOfText: "<end>" });
  const { disk, lastRun } = await readStatus({ database: databaseOf(folder) }, signal);
  deepEqual([disk?.unchangedCount, lastRun?.endOfText], [1, "<end>"]);
  const status = await readStatus({ database: databaseOf(folder) }, signal);
  doesNotMatch(formatStatus(status, false), /embedded again/);
  const other = { ...status, settings: "other" };
  match(
    formatStatus(other, false),
    /^ {2}of the last run: .*; all files are to be embedded again$/m,
  );
});

Deno.test("status names what an aborted and a failed run have left", async () => {
  await using folder = await TestFolder.create({ "long.md": writeText(1, 150_000) });
  const database = databaseOf(folder);
  const controller = new AbortController();
  const stopping = new RecordingEmbedder();
  const inner = stopping.embed.bind(stopping);
  stopping.embed = (texts) => {
    if (stopping.texts.length === 100) controller.abort(new Error("stop"));
    return inner(texts);
  };
  await rejects(embed(folder, stopping, {}, controller.signal));
  const stopped = await readStatus({ database }, signal);
  equal(stopped.lastRun?.outcome, "stopped");
  deepEqual(stopped.incomplete, [folder.join("long.md")]);
  deepEqual(stopped.disk?.changed, [folder.join("long.md")]);

  const down = new RecordingEmbedder();
  down.embed = () => Promise.reject(Object.assign(new Error("gone"), { status: 410 }));
  await folder.write("long.md", writeText(2, 600_000));
  await rejects(embed(folder, down), FatalError);
  const { outcome, failedCount } = (await readStatus({ database }, signal)).lastRun ?? {};
  deepEqual([outcome, failedCount], ["failed", 1]);
});

Deno.test("a run that was killed is seen by status, and embed --resume goes on with it", async () => {
  await using folder = await TestFolder.create({ "docs/long.txt": writeText(1, 150_000) });
  let kills = 1;
  await using endpoint = await Endpoint.create((request, number) => {
    if (number === 3 && kills-- > 0) child.kill("SIGKILL");
    return answerWell(request);
  });
  const env = { EMBEDDING_URL: endpoint.url, EMBEDDING_MODEL: "tiny" };
  const options = { cwd: folder.path, env };
  const child = command("embed", ["docs", "--pattern", "*.txt", "--db", "x.db"], options).spawn();
  equal((await child.output()).signal, "SIGKILL");
  const status = await runCommand("status", ["--db", "x.db"], { cwd: folder.path });
  equal(status.code, 0, status.stderr);
  match(status.stdout, /^model {5}tiny \(8 dimensions\)$/m);
  match(status.stdout, /^files {5}1 \(0 complete\)\nchunks {4}100$/m);
  match(status.stdout, /^last run {2}began .*; it is running, or was killed: embed --resume /m);
  match(status.stdout, /^partly stored 1\n {2}.*long\.txt$/m);
  match(status.stdout, /^folder {4}.*docs \(\*\.txt\)\nunchanged 0\nchanged {3}1$/m);

  const resumed = await runCommand("embed", ["--resume", "--db", "x.db"], options);
  equal(resumed.code, 0, resumed.stderr);
  match(resumed.stdout, /^files {4}1 \(1 embedded, 0 unchanged\)$/m);
  const after = await runCommand("status", ["--db", "x.db"], { cwd: folder.path });
  match(after.stdout, /^files {5}1 \(1 complete\)$/m);
  match(after.stdout, /^last run {2}complete /m);
  match(after.stdout, /\nThe database is up to date\.\n$/);
});

Deno.test("status and --resume say what they lack", async () => {
  await using folder = await TestFolder.create({ "docs/a.md": "Some text." });
  const database = databaseOf(folder);
  const none = { name: "FatalError", message: /^There is no database ".*"; make one with: embed/ };
  await rejects(readStatus({ database }, signal), none);
  await rejects(async () => lastRequest(await Promise.resolve(database)), none);
  await embed(folder, new RecordingEmbedder(), { folder: folder.join("docs") });
  await folder.remove("docs");
  await rejects(readStatus({ database }, signal), /does not exist; name another: status <folder>$/);
});

Deno.test("embed --explain shows stages and settings, and makes no database", async () => {
  await using folder = await TestFolder.create({ "a.md": "Some text." });
  const args = [".", "--db", "x.db", "--explain", "--parallel", "4", "--end-of-text", "<end>"];
  const { code, stdout, stderr } = await runCommand("embed", args, { cwd: folder.path });
  equal(code, 0, stderr);
  match(stdout, /^chunks {4}64 to 256 tokens, 24 of overlap, "<end>" after each$/m);
  match(stdout, /^embed \(map; 4 at a time, in order, 4 ahead\) → embedded /m);
  await rejects(Deno.stat(folder.join("x.db")), Deno.errors.NotFound);
});

Deno.test("no command sends control characters of files, names or servers to the terminal", async () => {
  await using folder = await TestFolder.create({
    "a.md": "\x1b[31mred\x1b[0m mill\n",
    "\x1b]0;title\x07.md": "\x9b31m mill\n",
    "\x1b[2J.md": new Uint8Array([0xc3, 0xa9, 0xe9]),
  });
  const cwd = folder.path;
  const embedded = await runCommand("embed", [".", "--db", "x.db"], { cwd });
  match(embedded.stderr, /^failed .*␛\[2J\.md: not valid UTF-8/m);
  const found = await runCommand("search", ["red mill", "--db", "x.db"], { cwd });
  match(found.stdout, /^ {3}␛\[31mred␛\[0m mill$/m);
  const status = await runCommand("status", ["--db", "x.db", "--verbose"], { cwd });
  match(status.stdout, /␛\[2J\.md$/m);
  const wrong = await runCommand("embed", ["no\x1b[2J", "--db", "y.db"], { cwd });
  match(wrong.stderr, /no␛\[2J": it does not exist$/m);
  for (const { stdout, stderr } of [embedded, found, status, wrong]) {
    doesNotMatch(stdout + stderr, /[^\P{Cc}\t\n]/u);
  }
});
