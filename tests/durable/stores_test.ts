import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { fileStore, memoryStore } from "../../src/durable/mod.ts";
import { FileStore } from "../../src/durable/file_store.ts";
import { readRecord, writeRecord } from "../../src/durable/_record.ts";
import { test } from "../harness.ts";
import { type StoreHost, testCheckpointStore } from "../support/store_contract.ts";
import { assertCode, ID } from "./_jobs.ts";
import { createFileError, Killed, MemoryFiles } from "./_memory_files.ts";

const PATH = "ingest.checkpoint";

const openFiles = (files: MemoryFiles): FileStore => new FileStore(PATH, () => files);

/** A folder of files for each job, in memory. */
class FilesHost implements StoreHost {
  readonly #texts = new Map<string, Map<string, string>>();
  /** What was opened last writes to them. */
  files: MemoryFiles = new MemoryFiles();

  open(id: string): FileStore {
    const texts = this.#texts.get(id) ?? new Map<string, string>();
    this.#texts.set(id, texts);
    this.files = new MemoryFiles(texts);
    return openFiles(this.files);
  }

  /** Changes the checkpoint of a job. */
  change(id: string, change: (text: string) => string): void {
    const texts = this.#texts.get(id)!;
    for (const [path, text] of texts) texts.set(path, change(text));
  }

  close(): void {}
}

testCheckpointStore("memoryStore()", () => {
  const store = memoryStore();
  return { open: () => store, close: () => {} };
});

testCheckpointStore("fileStore() over files in memory", () => new FilesHost(), {
  damages: {
    "was cut in the middle": (host, id) =>
      host.change(id, (text) => text.slice(0, text.length / 2)),
    "was torn": (host, id) => host.change(id, (text) => text.replace("1234567,1", "1234567,2")),
    "has a later format": (host, id) =>
      host.change(id, (text) => text.replace("checkpoint 1", "checkpoint 2")),
    "is empty": (host, id) => host.change(id, () => ""),
  },
  takeRoom: ({ files }) => {
    files.writeError = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
    return () => {
      files.writeError = undefined;
    };
  },
});

test("a store of files rejects where the runtime has none", async () => {
  const store = new FileStore(PATH, () => {
    throw new TypeError("no files here");
  });
  await assertRejects(() => store.acquire(ID), TypeError, "no files here");
  await assertRejects(() => store.save(ID, "1", 1), TypeError, "no files here");
});

test("memoryStore() keeps jobs apart by their ids", async () => {
  const store = memoryStore();
  const { fence } = await store.acquire("a");
  await store.save("a", "of a", fence);

  assertEquals((await store.acquire("b")).saved, undefined);
});

test("[L17] fileStore() killed at any call has what was saved last, or what was being saved", async () => {
  // One owner saves, a second one takes over and saves.
  const live = async (files: MemoryFiles, saved: string[]) => {
    for (const texts of [["a", "b"], ["c", "d"]]) {
      const store = openFiles(files);
      const { fence } = await store.acquire(ID);
      for (const text of texts) {
        saved.push(`${text}?`);
        await store.save(ID, text, fence);
        saved.push(text);
      }
    }
  };
  const whole = new MemoryFiles();
  await live(whole, []);

  for (let killAt = 1; killAt <= whole.calls; killAt++) {
    const files = new MemoryFiles();
    const saved: string[] = [];
    files.killAt = killAt;
    await assertRejects(() => live(files, saved), Killed);

    const next = new MemoryFiles(files.texts);
    const found = (await openFiles(next).acquire(ID)).saved;
    const last = saved.at(-1);
    const before = saved.filter((text) => !text.endsWith("?")).at(-1);
    const allowed = last?.endsWith("?") ? [before, last[0]] : [before];
    assert(allowed.includes(found), `killed at call ${killAt}: ${found}, not ${allowed}`);
    assertEquals([...next.texts.keys()].filter((name) => !name.startsWith(PATH)), []);
  }
  assert(whole.calls > 40);
});

test("fileStore() leaves one file behind, whatever was killed before", async () => {
  const whole = new MemoryFiles();
  await openFiles(whole).acquire(ID);
  for (let killAt = 1; killAt <= whole.calls; killAt++) {
    const files = new MemoryFiles();
    files.killAt = killAt;
    await assertRejects(() => openFiles(files).acquire(ID), Killed);
    const { fence } = await openFiles(new MemoryFiles(files.texts)).acquire(ID);

    assertEquals([...files.texts.keys()], [`${PATH}.${fence}`]);
  }
});

test("fileStore() refuses a file that was cut or changed at any place, with its name", async () => {
  const files = new MemoryFiles();
  const { fence } = await openFiles(files).acquire(ID);
  await openFiles(files).save(ID, "page 3", fence);
  const path = `${PATH}.${fence}`;
  const whole = files.texts.get(path)!;
  const swap = (at: number) =>
    whole.slice(0, at) + (whole[at] === "0" ? "1" : "0") +
    whole.slice(at + 1);
  const broken = Array.from(whole, (_, at) => [whole.slice(0, at), swap(at)]).flat();
  broken.push(`${whole} `, "", "\n", "{}", whole.replace("checkpoint 1", "checkpoint 2"));

  for (const text of broken) {
    const texts = new Map([[path, text]]);
    const store = openFiles(new MemoryFiles(texts));
    await assertCode("CHECKPOINT_UNREADABLE", store.acquire(ID), path);
  }
});

test("fileStore() says that a checkpoint is of another format, or of another job", async () => {
  const files = new MemoryFiles();
  files.texts.set(`${PATH}.1`, "headrace-checkpoint 2 00000000 0\n");
  await assertCode("CHECKPOINT_UNREADABLE", openFiles(files).acquire(ID), "format is 2");

  const others = new MemoryFiles();
  others.texts.set(`${PATH}.1`, writeRecord({ id: "other", fence: 1, saved: "a" }));
  await assertCode("CHECKPOINT_UNREADABLE", openFiles(others).acquire(ID), 'the job "other"');
});

test("fileStore() keeps what was saved where the disk is full, and saves later", async () => {
  const files = new MemoryFiles();
  const store = openFiles(files);
  const { fence } = await store.acquire(ID);
  await store.save(ID, "a", fence);
  files.writeError = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });

  await assertRejects(() => store.save(ID, "b", fence), Error, "No space left");
  assertEquals([...files.texts.keys()], [`${PATH}.${fence}`]);
  files.writeError = undefined;
  await store.save(ID, "c", fence);

  assertEquals((await openFiles(files).acquire(ID)).saved, "c");
});

test("fileStore() leaves all as it was where there is no room to acquire, and says where", async () => {
  const files = new MemoryFiles();
  const store = openFiles(files);
  const { fence } = await store.acquire(ID);
  await store.save(ID, "x".repeat(1_000), fence);
  const before = [...files.texts];
  // There is room for a claim, and not for a copy of what was saved.
  files.room = before[0]![1].length + 500;

  for (let start = 0; start < 3; start++) {
    const error = await assertRejects(() => openFiles(files).acquire(ID), Error);
    assert(error.message.startsWith(`Cannot write ${PATH}.${fence + 1}.`), error.message);
    assertStringIncludes(error.message, ".draft: ENOSPC: no space left");
    assertEquals((error as { code?: string }).code, "ENOSPC");
    assertEquals([...files.texts], before);
  }
  await store.save(ID, "short", fence);
  assertEquals((await openFiles(files).acquire(ID)).saved, "short");
});

test("fileStore() needs no room for what a killed process was writing", async () => {
  const files = new MemoryFiles();
  const { fence } = await openFiles(files).acquire(ID);
  await openFiles(files).save(ID, "x".repeat(1_000), fence);
  const whole = files.texts.get(`${PATH}.${fence}`)!;
  files.texts.set(`${PATH}.${fence}.0123456789abcdef.draft`, whole.slice(0, 900));
  files.room = 2 * whole.length + 500;

  assertEquals((await openFiles(files).acquire(ID)).saved, "x".repeat(1_000));
});

test("fileStore() saves nothing whose folder cannot be synced, unless folders never can", async () => {
  for (const code of ["EMFILE", "EIO", "ENFILE"]) {
    const files = new MemoryFiles();
    const store = openFiles(files);
    const { fence } = await store.acquire(ID);
    files.folderError = createFileError(code, "the folder");
    await assertRejects(() => store.save(ID, "a", fence), Error, code);
    await assertRejects(() => openFiles(files).acquire(ID), Error, code);
    files.folderError = undefined;
    // The owner has the job still.
    await store.save(ID, "b", fence);
    assertEquals((await openFiles(files).acquire(ID)).saved, "b");
  }
  for (const code of ["EPERM", "EACCES", "EISDIR", "EINVAL"]) {
    const files = new MemoryFiles();
    files.folderError = createFileError(code, "the folder");
    const store = openFiles(files);
    const { fence } = await store.acquire(ID);
    await store.save(ID, "a", fence);
    assertEquals((await openFiles(files).acquire(ID)).saved, "a");
  }
});

test("fileStore() refuses a copy under another number, and leaves it where it is", async () => {
  const files = new MemoryFiles();
  const store = openFiles(files);
  const { fence } = await store.acquire(ID);
  await store.save(ID, "new", fence);
  const copy = `${PATH}.20261128`;
  files.texts.set(copy, writeRecord({ id: ID, fence, saved: "old" }));

  const message = `${copy} is a copy of ${PATH}.${fence}; move it away`;
  await assertCode("CHECKPOINT_UNREADABLE", openFiles(files).acquire(ID), message);
  assertEquals([...files.texts.keys()], [`${PATH}.${fence}`, copy]);

  files.texts.delete(copy);
  assertEquals((await openFiles(files).acquire(ID)).saved, "new");
});

test("fileStore() takes no other file for one of its own", async () => {
  const files = new MemoryFiles();
  for (
    const name of [
      "other.checkpoint.9",
      `${PATH}.txt`,
      PATH,
      `${PATH}.9.bak`,
      `${PATH}.x.1`,
      `${PATH}.007`,
      `${PATH}.0`,
    ]
  ) {
    files.texts.set(name, "not ours");
  }
  const before = [...files.texts];

  assertEquals(await openFiles(files).acquire(ID), { saved: undefined, fence: 1 });
  for (const [name, text] of before) assertEquals(files.texts.get(name), text);
});

test("[L9] fileStore() refuses what is no path", () => {
  for (const path of ["", 3, undefined, null, new URL("file:///a")]) {
    assertThrows(() => fileStore(path as string), TypeError, "path must be a non-empty string");
  }
});

test("the record of a file holds its checksum in CRC-32", () => {
  const text = writeRecord({ id: "a", fence: 1, saved: null });

  assertEquals(text.split("\n")[0], "headrace-checkpoint 1 e5785760 33");
  assertEquals(readRecord(text), { id: "a", fence: 1, saved: null });
});
