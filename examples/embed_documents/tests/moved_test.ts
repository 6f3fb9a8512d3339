import { deepEqual, equal } from "node:assert/strict";
import { mkdir, rename } from "node:fs/promises";
import { SqliteDocumentStore } from "@headrace/documents/store";
import { writeDocument } from "./helpers/documents.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { embed, RecordingEmbedder } from "./helpers/run.ts";

async function createNotes(): Promise<TestFolder> {
  const folder = await TestFolder.create();
  for (let seed = 0; seed < 4; seed++) await folder.write(`notes/${seed}.md`, writeDocument(seed));
  return folder;
}

/** Embeds a folder into a database, and returns how many texts that took. */
async function embedInto(folder: TestFolder, name: string, database = "x.db"): Promise<number> {
  const embedder = new RecordingEmbedder();
  await embed(folder, embedder, { folder: folder.join(name), database: folder.join(database) });
  return embedder.texts.length;
}

/** The stored paths, relative to the folder. */
function pathsOf(folder: TestFolder, database = "x.db"): string[] {
  using store = SqliteDocumentStore.openExisting(folder.join(database), "recording");
  return [...store.paths()].map((path) => path.slice(folder.path.length + 1)).sort();
}

const filesOf = (name: string) => [0, 1, 2, 3].map((seed) => `${name}/${seed}.md`);

Deno.test("a folder that was moved is not embedded again, and found where it is", async () => {
  await using folder = await createNotes();
  await embedInto(folder, "notes");
  await mkdir(folder.join("deep"));
  await rename(folder.join("notes"), folder.join("deep/moved"));
  equal(await embedInto(folder, "deep/moved"), 0);
  deepEqual(pathsOf(folder), filesOf("deep/moved"));
});

Deno.test("a folder that was moved with some changes leaves nothing of its old place", async () => {
  await using folder = await createNotes();
  await embedInto(folder, "notes");
  await rename(folder.join("notes"), folder.join("moved"));
  await folder.write("moved/1.md", "Only this.");
  await folder.remove("moved/2.md");
  equal(await embedInto(folder, "moved"), 1);
  deepEqual(pathsOf(folder), ["moved/0.md", "moved/1.md", "moved/3.md"]);
});

Deno.test("a folder that is gone is kept when another is embedded that has little of it", async () => {
  await using folder = await createNotes();
  await embedInto(folder, "notes");
  await rename(folder.join("notes"), folder.join("unmounted"));
  await folder.write("other/licence.md", writeDocument(3));
  equal(await embedInto(folder, "other"), 0);
  deepEqual(pathsOf(folder), [...filesOf("notes"), "other/licence.md"]);
});

Deno.test("a file in whose place a folder is leaves nothing", async () => {
  await using folder = await createNotes();
  await embedInto(folder, "notes");
  await folder.remove("notes/0.md");
  await mkdir(folder.join("notes/0.md"));
  await rename(folder.join("notes/1.md"), folder.join("notes/0.md/1.md"));
  equal(await embedInto(folder, "notes"), 0);
  deepEqual(pathsOf(folder), ["notes/0.md/1.md", "notes/2.md", "notes/3.md"]);
});

Deno.test("a file that was renamed is not embedded again", async () => {
  await using folder = await createNotes();
  await embedInto(folder, "notes");
  await rename(folder.join("notes/0.md"), folder.join("notes/new name.md"));
  equal(await embedInto(folder, "notes"), 0);
  deepEqual(pathsOf(folder), [...filesOf("notes").slice(1), "notes/new name.md"]);
});

Deno.test("a file with one change has only the changed chunks embedded", async () => {
  await using folder = await createNotes();
  await embedInto(folder, "notes");
  await folder.write("notes/0.md", `${writeDocument(0)}\n\n## New\n\n${"One more. ".repeat(40)}`);
  equal(await embedInto(folder, "notes"), 1);
});

Deno.test("a database that was moved knows where its files are", async () => {
  await using folder = await createNotes();
  await embedInto(folder, "notes");
  await mkdir(folder.join("elsewhere"));
  await rename(folder.join("x.db"), folder.join("elsewhere/x.db"));
  deepEqual(pathsOf(folder, "elsewhere/x.db"), filesOf("notes"));
  equal(await embedInto(folder, "notes", "elsewhere/x.db"), 0);
  deepEqual(pathsOf(folder, "elsewhere/x.db"), filesOf("notes"));
});

Deno.test("a database that was moved with its files finds them there", async () => {
  await using folder = await createNotes();
  await embedInto(folder, "notes");
  await mkdir(folder.join("elsewhere"));
  await rename(folder.join("x.db"), folder.join("elsewhere/x.db"));
  await rename(folder.join("notes"), folder.join("elsewhere/notes"));
  deepEqual(pathsOf(folder, "elsewhere/x.db"), filesOf("elsewhere/notes"));
  equal(await embedInto(folder, "elsewhere/notes", "elsewhere/x.db"), 0);
  deepEqual(pathsOf(folder, "elsewhere/x.db"), filesOf("elsewhere/notes"));
});
