import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { LiveItems } from "../live_items.ts";
import { writeNotes } from "../sample.ts";
import { PROGRAMS, TestFolder } from "./programs.ts";

for (const [name, sumUp] of Object.entries(PROGRAMS)) {
  Deno.test(`${name} sums up the words of all chunks`, async () => {
    await using folder = await TestFolder.create();
    await writeFile(folder.join("a.md"), "The mill.\n\nThe WHEEL of the mill.\n");
    await writeFile(folder.join("b.md"), "\n\nA wheel.\n\n \n\n");
    await writeFile(folder.join("c.txt"), "Not a note.");
    const words = [["the", 3], ["mill", 2], ["wheel", 2], ["of", 1], ["a", 1]] as const;
    const summary = { chunkCount: 3, words: new Map(words) };
    deepEqual(await sumUp(folder.path, new LiveItems()), { summary });
  });

  Deno.test(`${name} finds nothing in an empty folder and in empty notes`, async () => {
    await using folder = await TestFolder.create();
    const nothing = { summary: { chunkCount: 0, words: new Map() } };
    deepEqual(await sumUp(folder.path, new LiveItems()), nothing);
    await writeFile(folder.join("empty.md"), "");
    deepEqual(await sumUp(folder.path, new LiveItems()), nothing);
  });

  Deno.test(`${name} lists all notes that it cannot read, by their index`, async () => {
    await using folder = await TestFolder.create();
    await writeNotes(folder.path, 9);
    await symlink("missing", folder.join("000a.md"));
    await mkdir(folder.join("004a.md"));
    await symlink("missing", folder.join("008a.md"));
    const failures = [
      { index: 1, code: "ENOENT" },
      { index: 6, code: "EISDIR" },
      { index: 11, code: "ENOENT" },
    ];
    deepEqual(await sumUp(folder.path, new LiveItems()), { failures });
  });

  Deno.test(`${name} takes no note that is not UTF-8`, async () => {
    await using folder = await TestFolder.create();
    await writeFile(folder.join("a.md"), Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
    await writeFile(folder.join("b.md"), "\ufeffcafé");
    const failures = [{ index: 0, code: "NOT_UTF8" }];
    deepEqual(await sumUp(folder.path, new LiveItems()), { failures });
  });

  Deno.test(`${name} waits for no pipe, and reads no device`, async () => {
    await using folder = await TestFolder.create();
    await writeFile(folder.join("a.md"), "A note.");
    await promisify(execFile)("mkfifo", [folder.join("b.md")]);
    await symlink("/dev/zero", folder.join("c.md"));
    const failures = [{ index: 1, code: "NOT_A_FILE" }, { index: 2, code: "NOT_A_FILE" }];
    deepEqual(await sumUp(folder.path, new LiveItems()), { failures });
  });

  Deno.test(`${name} lists all notes where none can be read`, async () => {
    await using folder = await TestFolder.create();
    for (const note of ["a.md", "b.md"]) await symlink("missing", folder.join(note));
    const failures = [{ index: 0, code: "ENOENT" }, { index: 1, code: "ENOENT" }];
    deepEqual(await sumUp(folder.path, new LiveItems()), { failures });
  });

  Deno.test(`${name} is rejected where the folder is missing`, async () => {
    await using folder = await TestFolder.create();
    await rejects(sumUp(folder.join("missing"), new LiveItems()), { code: "ENOENT" });
  });
}

Deno.test("all five programs make the same of the same notes", async () => {
  await using folder = await TestFolder.create();
  await writeNotes(folder.path);
  const outcomes = await Promise.all(
    Object.values(PROGRAMS).map((sumUp) => sumUp(folder.path, new LiveItems())),
  );
  equal(outcomes.length, 5);
  const [first] = outcomes;
  ok(first !== undefined && "summary" in first && first.summary.chunkCount === 1_000);
  for (const outcome of outcomes) deepEqual(outcome, first);
});
