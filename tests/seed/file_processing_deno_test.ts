// The document's example 2 over a real folder.

import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { createFilePipeline, type FileSystem, toRegExp } from "./_files.ts";
import { Printer } from "./_seed.ts";

const disk: FileSystem = {
  async *scan({ cwd, pattern }) {
    const matches = toRegExp(pattern);
    for await (const name of walk(cwd)) if (matches.test(name)) yield name;
  },
  async readFile(path) {
    return { content: await Deno.readTextFile(path) };
  },
};

async function* walk(folder: string, prefix = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    if (isDirectory) yield* walk(folder, `${prefix}${name}/`);
    else yield `${prefix}${name}`;
  }
}

test("example 2: files of a folder are read side by side, split and embedded", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/deep/er`, { recursive: true });
    for (let index = 0; index < 60; index++) {
      await Deno.writeTextFile(`${folder}/deep/er/file ${index}.md`, "abc\n\ncde");
    }
    await Deno.writeTextFile(`${folder}/top.md`, "top");
    await Deno.writeTextFile(`${folder}/notes.txt`, "no markdown");
    await Deno.symlink(`${folder}/nowhere.md`, `${folder}/broken.md`);
    const console = new Printer();
    const batchSizes: number[] = [];

    const stored = await createFilePipeline(disk, console, batchSizes)
      .executeReduce(
        { path: folder, pattern: "**/*.md" },
        (byId, { id, embedding }) => byId.set(id, embedding),
        new Map<string, readonly number[]>(),
      );

    assertEquals(stored.size, 60 * 2 + 1);
    assertEquals(stored.get(`${folder}/deep/er/file 59.md#1`), [0, 0, 1, 1, 1]);
    assertEquals(stored.get(`${folder}/top.md#0`), [0, 0, 0, 0, 0]);
    assertEquals(batchSizes, [50, 50, 21]);
    assertEquals(console.lines.map(([line]) => line), [`Error reading ${folder}/broken.md:`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
