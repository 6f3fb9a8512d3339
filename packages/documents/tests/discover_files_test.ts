import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import process from "node:process";
import {
  type DiscoverEvents,
  discoverFiles,
  type DiscoverRequest,
  matchFiles,
} from "@headrace/documents/files";
import { TestFolder } from "./support/folder.ts";
import { test } from "../../../tests/harness.ts";

/** What a walk has left out, by paths relative to the folder. */
class WalkLog implements DiscoverEvents {
  readonly failedFiles: Record<string, string> = {};
  readonly skippedFiles: Record<string, string> = {};
  readonly ignoredFiles: string[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  failed(path: string, error: unknown): void {
    this.failedFiles[this.#relative(path)] = (error as Error).message;
  }

  skipped(path: string, reason: string): void {
    this.skippedFiles[this.#relative(path)] = reason;
  }

  ignored(path: string): void {
    this.ignoredFiles.push(this.#relative(path));
  }

  #relative(path: string): string {
    return path.slice(this.#folder.length + 1);
  }
}

async function discover(
  folder: TestFolder,
  pattern: string,
  log: WalkLog,
  options: Partial<DiscoverRequest> = {},
): Promise<string[]> {
  const request = { folder: folder.path, pattern, ...options };
  const found = await Array.fromAsync(discoverFiles(request, log));
  return found.map((path) => path.slice(folder.path.length + 1)).sort();
}

test("discoverFiles() leaves no folder open, however early it is left", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `one/two/${index}.md`);
  await using folder = await TestFolder.create(Object.fromEntries(names.map((name) => [name, ""])));
  const request = { folder: folder.path, pattern: "**/*.md" };
  for (let count = 0; count <= names.length + 1; count++) {
    const files = discoverFiles(request);
    for (let read = 0; read < count; read++) await files.next();
    await files.return();
    deepEqual([count, await folder.listOpen()], [count, []]);
  }
  const files = discoverFiles(request);
  const pending = files.next();
  await files.return();
  equal((await pending).done, false);
  deepEqual(await folder.listOpen(), []);
});

test("discoverFiles() finds matching files at any depth, spaces and all", async () => {
  await using folder = await TestFolder.create({
    "a.md": "",
    "b.txt": "",
    "one/two/three/deep file.md": "",
    "one/é.md": "",
  });
  const log = new WalkLog(folder.path);
  deepEqual(await discover(folder, "**/*.md", log), [
    "a.md",
    "one/two/three/deep file.md",
    "one/é.md",
  ]);
  deepEqual(await discover(folder, "*.md", log), ["a.md"]);
  deepEqual(await discover(folder, "./one/**/*.{md,txt}", log), [
    "one/two/three/deep file.md",
    "one/é.md",
  ]);
  deepEqual(log.failedFiles, {});
});

test("discoverFiles() enters hidden folders and node_modules only when they are named", async () => {
  await using folder = await TestFolder.create({
    ".hidden/a.md": "",
    "node_modules/b/b.md": "",
    "docs/c.md": "",
    "docs/.draft.md": "",
  });
  const log = new WalkLog(folder.path);
  deepEqual(await discover(folder, "**/*.md", log), ["docs/c.md"]);
  deepEqual(await discover(folder, ".hidden/*.md", log), [".hidden/a.md"]);
  deepEqual(await discover(folder, "node_modules/**/*.md", log), ["node_modules/b/b.md"]);
});

test("discoverFiles() reports links to folders and is not caught in their loop", async () => {
  await using folder = await TestFolder.create({ "docs/a.md": "" });
  await folder.link("docs/again", "..");
  await folder.link("docs/linked.md", "a.md");
  const log = new WalkLog(folder.path);
  deepEqual(await discover(folder, "**/*.md", log), ["docs/a.md", "docs/linked.md"]);
  deepEqual(log.skippedFiles, { "docs/again": "a link to a directory is not followed" });
});

test("discoverFiles() reports a folder that cannot be read and goes on", async () => {
  await using folder = await TestFolder.create({ "a.md": "", "gone/b.md": "" });
  const log = new WalkLog(folder.path);
  const walk = discoverFiles({ folder: folder.path, pattern: "**/*.md" }, log);
  const found = [(await walk.next()).value];
  await folder.remove("gone");
  for await (const path of walk) found.push(path);
  deepEqual(found, [folder.join("a.md")]);
  deepEqual(Object.keys(log.failedFiles), ["gone"]);
});

test("matchFiles() refuses patterns that leave the folder", () => {
  for (const pattern of ["", "/etc/*.md", "../*.md", "docs/../../*.md"]) {
    throws(() => matchFiles(pattern), TypeError);
  }
});

test("discoverFiles() follows no link that leaves the folder, unless it is asked to", async () => {
  await using outside = await TestFolder.create({ "secret.md": "" });
  await using folder = await TestFolder.create({ "docs/a.md": "" });
  await folder.link("out.md", outside.join("secret.md"));
  await folder.link("docs/in.md", "a.md");
  await folder.link("up.md", "docs/../docs/a.md");
  await folder.link("broken.md", "missing.md");
  // A link to a link that leaves leaves, too.
  await folder.link("twice.md", "out.md");
  const all = ["broken.md", "docs/a.md", "docs/in.md", "out.md", "twice.md", "up.md"];
  const left = "a link that leaves the folder is not followed";

  const log = new WalkLog(folder.path);
  deepEqual(await discover(folder, "**/*.md", log), all.filter((path) => !/out|twice/.test(path)));
  deepEqual(log.skippedFiles, { "out.md": left, "twice.md": left });

  const anywhere = new WalkLog(folder.path);
  deepEqual(await discover(folder, "**/*.md", anywhere, { links: "anywhere" }), all);
  deepEqual(anywhere.skippedFiles, {});

  const none = new WalkLog(folder.path);
  deepEqual(await discover(folder, "**/*.md", none, { links: "none" }), ["docs/a.md"]);
  const linked = all.filter((path) => path !== "docs/a.md");
  deepEqual(
    none.skippedFiles,
    Object.fromEntries(linked.map((path) => [path, "a link is not followed"])),
  );
});

test("discoverFiles() takes a folder that is a link itself as inside", async () => {
  await using folder = await TestFolder.create({ "real/a.md": "" });
  await folder.link("real/b.md", "a.md");
  await folder.link("linked", "real");
  const walk = discoverFiles({ folder: folder.join("linked"), pattern: "*.md" });
  deepEqual((await Array.fromAsync(walk)).sort(), [
    folder.join("linked/a.md"),
    folder.join("linked/b.md"),
  ]);
});

test("discoverFiles() leaves out what ignore files say, the deeper one last", async () => {
  await using folder = await TestFolder.create({
    ".gitignore": "*.draft.md\n/top.md\nbuild/\n# a comment\n\nkept/*\n!kept/this.md\n",
    "a.md": "",
    "a.draft.md": "",
    "top.md": "",
    "sub/top.md": "",
    "sub/.gitignore": "!b.draft.md\nonly.md",
    "sub/b.draft.md": "",
    "sub/c.draft.md": "",
    "sub/only.md": "",
    "only.md": "",
    "build/x.md": "",
    "kept/this.md": "",
    "kept/that.md": "",
  });
  const log = new WalkLog(folder.path);
  deepEqual(await discover(folder, "**/*.md", log), [
    "a.md",
    "kept/this.md",
    "only.md",
    "sub/b.draft.md",
    "sub/top.md",
  ]);
  deepEqual(log.ignoredFiles.sort(), [
    "a.draft.md",
    "build",
    "kept/that.md",
    "sub/c.draft.md",
    "sub/only.md",
    "top.md",
  ]);
  equal((await discover(folder, "**/*.md", log, { ignoreFiles: [] })).length, 11);
  await folder.write(".ragignore", "a.md");
  const own = { ignoreFiles: [".ragignore"] };
  equal((await discover(folder, "**/*.md", new WalkLog(folder.path), own)).length, 10);
});

test("discoverFiles() enters a folder that a deeper ignore file takes back, whatever its name", async () => {
  await using folder = await TestFolder.create({
    ".gitignore": "notes*\n",
    "[a] *b/.gitignore": "\ufeff!notes\n\\#c.md\n/d.md\nsub/e.md\n**/f.md\n",
    "[a] *b/notes/a.md": "",
    "[a] *b/notes2/a.md": "",
    "[a] *b/#c.md": "",
    "[a] *b/sub/d.md": "",
    "[a] *b/sub/e.md": "",
    "[a] *b/sub/f.md": "",
    "a b/#c.md": "",
  });
  deepEqual(await discover(folder, "**/*.md", new WalkLog(folder.path)), [
    "[a] *b/notes/a.md",
    "[a] *b/sub/d.md",
    "a b/#c.md",
  ]);
});

test("discoverFiles() finds files whose names have line breaks, and reads ignore files beside them", async () => {
  await using folder = await TestFolder.create({
    "a\nb/.gitignore": "out.md\n",
    "a\nb/in\r.md": "",
    "a\nb/out.md": "",
    "a\nb/c/out.md": "",
  });
  deepEqual(await discover(folder, "**/*.md", new WalkLog(folder.path)), ["a\nb/in\r.md"]);
});

test("discoverFiles() tells upper from lower case in ignore files, where names of files have a case", async () => {
  await using folder = await TestFolder.create({ ".gitignore": "readme.md\n", "README.md": "" });
  const hasNoCase = process.platform === "darwin" || process.platform === "win32";
  const log = new WalkLog(folder.path);
  deepEqual(await discover(folder, "*.md", log), hasNoCase ? [] : ["README.md"]);
});

test("discoverFiles() takes no long over a pattern that almost fits, and says which it leaves out", async () => {
  await using folder = await TestFolder.create({
    ".gitignore": `${"a*".repeat(40)}b\n${"**/a/".repeat(30)}b\nx.md\n`,
    [`${"a".repeat(200)}.md`]: "",
    [`${"a/".repeat(60)}b.md`]: "",
    "x.md": "",
  });
  const log = new WalkLog(folder.path);
  equal((await discover(folder, "**/*.md", log)).length, 2);
  deepEqual(log.failedFiles, {
    ".gitignore": "line 2 has too many wildcards, and is left out",
  });
});

test("discoverFiles() refuses requests that are not valid", async () => {
  const first = (request: object) => discoverFiles(request as DiscoverRequest).next();
  const folder = "/";
  await rejects(first({ folder, pattern: "../*" }), /pattern must be a glob that stays inside/);
  await rejects(first({ folder, pattern: "*", links: "all" }), /links must be inside, anywhere or/);
  await rejects(first({ folder, pattern: "*", ignore: [] }), /unknown option "ignore"/);
});
