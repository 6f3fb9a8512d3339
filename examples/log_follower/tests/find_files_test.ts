import { deepEqual, equal, rejects } from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findFiles, matches } from "../find_files.ts";

async function createFiles(names: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "find-test-"));
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), "");
  }
  const find = async (pattern: string) =>
    (await findFiles(join(folder, pattern))).map((path) => path.slice(folder.length + 1));
  return { folder, find, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

Deno.test("matches() knows * and ?, and takes no name for long", () => {
  const yes = [["a.log", "*"], ["a.log", "*.log"], ["a.log", "?.l*g"], ["aab", "*ab"], [
    ".a",
    ".*",
  ]];
  for (const [name, pattern] of yes) equal(matches(name!, pattern!), true, `${name} ${pattern}`);
  const no = [["a.log", "*.lo"], ["a.log", "?"], ["", "?"], [".a", "*"], ["ab", "a"], ["a", "ab"]];
  for (const [name, pattern] of no) equal(matches(name!, pattern!), false, `${name} ${pattern}`);
  equal(matches("a".repeat(255), `${"*a".repeat(100)}b`), false);
});

Deno.test("findFiles() finds logs, and leaves out what was rotated, packed, hidden or is a folder", async () => {
  await using files = await createFiles([
    ...["app.log", "app.log.1", "app.log-20260504", "app.log.2.gz", "web.log", ".hidden.log"],
    ...["old.1", "one/error.log", "two/error.log", "folder.log/inside"],
  ]);
  deepEqual(await files.find("*.log"), ["app.log", "web.log"]);
  deepEqual(await files.find("app.*"), ["app.log"]);
  deepEqual(await files.find("old.*"), ["old.1"]);
  deepEqual(await files.find("*/error.log"), ["one/error.log", "two/error.log"]);
  deepEqual(await files.find("nothing/*.log"), []);
  await symlink("loop", join(files.folder, "loop"));
  deepEqual(await files.find("loop/*"), []);
});

Deno.test("findFiles() refuses to find more than can be followed", async () => {
  const names = Array.from({ length: 1_001 }, (_, number) => `${number}.log`);
  await using files = await createFiles(names);
  await rejects(files.find("*.log"), /^RangeError: No more than 1000 files are followed/);
});
