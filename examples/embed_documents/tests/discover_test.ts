import { deepEqual, throws } from "node:assert/strict";
import { createMatcher, discoverFiles } from "../discover.ts";
import { UsageError } from "../errors.ts";
import { TestFolder } from "./helpers/folder.ts";
import { RunLog } from "./helpers/run_log.ts";

async function discover(folder: TestFolder, pattern: string, log: RunLog): Promise<string[]> {
  const found = await Array.fromAsync(discoverFiles({ folder: folder.path, pattern }, log));
  return found.map((path) => path.slice(folder.path.length + 1)).sort();
}

Deno.test("discoverFiles() finds matching files at any depth, spaces and all", async () => {
  await using folder = await TestFolder.create({
    "a.md": "",
    "b.txt": "",
    "one/two/three/deep file.md": "",
    "one/é.md": "",
  });
  const log = new RunLog(folder.path);
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

Deno.test("discoverFiles() enters hidden folders and node_modules only when they are named", async () => {
  await using folder = await TestFolder.create({
    ".hidden/a.md": "",
    "node_modules/b/b.md": "",
    "docs/c.md": "",
    "docs/.draft.md": "",
  });
  const log = new RunLog(folder.path);
  deepEqual(await discover(folder, "**/*.md", log), ["docs/c.md"]);
  deepEqual(await discover(folder, ".hidden/*.md", log), [".hidden/a.md"]);
  deepEqual(await discover(folder, "node_modules/**/*.md", log), ["node_modules/b/b.md"]);
});

Deno.test("discoverFiles() reports links to folders and is not caught in their loop", async () => {
  await using folder = await TestFolder.create({ "docs/a.md": "" });
  await folder.link("docs/again", "..");
  await folder.link("docs/linked.md", "a.md");
  const log = new RunLog(folder.path);
  deepEqual(await discover(folder, "**/*.md", log), ["docs/a.md", "docs/linked.md"]);
  deepEqual(log.skippedFiles, { "docs/again": "a link to a directory is not followed" });
});

Deno.test("discoverFiles() reports a folder that cannot be read and goes on", async () => {
  await using folder = await TestFolder.create({ "a.md": "", "gone/b.md": "" });
  const log = new RunLog(folder.path);
  const walk = discoverFiles({ folder: folder.path, pattern: "**/*.md" }, log);
  const found = [(await walk.next()).value];
  await folder.remove("gone");
  for await (const path of walk) found.push(path);
  deepEqual(found, [folder.join("a.md")]);
  deepEqual(Object.keys(log.failedFiles), ["gone"]);
});

Deno.test("createMatcher() refuses patterns that leave the folder", () => {
  for (const pattern of ["", "/etc/*.md", "../*.md", "docs/../../*.md"]) {
    throws(() => createMatcher(pattern), UsageError);
  }
});
