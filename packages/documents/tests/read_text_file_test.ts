import { deepEqual, equal, notEqual, rejects } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { readTextFile, SkipFileError } from "@headrace/documents/files";
import { TestFolder } from "./support/folder.ts";
import { test } from "../../../tests/harness.ts";

const signal = new AbortController().signal;

async function joinPieces(pieces: Iterable<string> | AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(pieces)).join("");
}

/** UTF-16 with its mark. */
function toUtf16(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (unit) => unit.charCodeAt(0)).buffer);
}

test("readTextFile() gives the text without its byte order mark, in whatever encoding", async () => {
  await using folder = await TestFolder.create({
    "a b.md": "\uFEFF# Größe\n",
    "utf-16.md": toUtf16("# Größe\n"),
    "latin1.md": Uint8Array.from("# Größe\n", (unit) => unit.charCodeAt(0)),
  });
  for (const name of ["a b.md", "utf-16.md", "latin1.md"]) {
    const document = await readTextFile(folder.join(name), "", signal);
    equal(await joinPieces(document.text(signal)), "# Größe\n");
  }
});

test("readTextFile() rejects with the reason of its signal, and leaves no file open", async () => {
  await using folder = await TestFolder.create({ "long.md": "a line\n".repeat(100_000) });
  const path = folder.join("long.md");
  const reason = new Error("enough");
  const is = (error: unknown) => error === reason;
  await rejects(readTextFile(path, "", AbortSignal.abort(reason)), is);
  deepEqual(await folder.listOpen(), []);

  const document = await readTextFile(path, "", signal);
  const controller = new AbortController();
  for (const leave of [() => {}, () => controller.abort(reason)]) {
    const pieces = document.text(controller.signal) as AsyncGenerator<string>;
    equal((await pieces.next()).done, false);
    leave();
    if (controller.signal.aborted) await rejects(pieces.next(), is);
    else await pieces.return(undefined);
    deepEqual(await folder.listOpen(), []);
  }
});

test("readTextFile() hashes the bytes and the settings", async () => {
  await using folder = await TestFolder.create({ "a.md": "one", "b.md": "one", "c.md": "two" });
  const hash = async (path: string, settings: string) =>
    (await readTextFile(folder.join(path), settings, signal)).hash;
  equal(await hash("a.md", "model 1"), await hash("b.md", "model 1"));
  notEqual(await hash("a.md", "model 1"), await hash("a.md", "model 2"));
  notEqual(await hash("a.md", "model 1"), await hash("c.md", "model 1"));
});

test("readTextFile() gives a long text in pieces that keep characters whole", async () => {
  const text = "€".repeat(400_000);
  await using folder = await TestFolder.create({ "long.md": text, "utf-16.md": toUtf16(text) });
  for (const name of ["long.md", "utf-16.md"]) {
    const document = await readTextFile(folder.join(name), "", signal);
    const pieces = await Array.fromAsync(document.text(signal));
    equal(pieces.every((piece) => piece.length < 100_000), true);
    equal(pieces.join(""), text);
  }
});

test("readTextFile() notices that a long file changed between its two readings", async () => {
  await using folder = await TestFolder.create({ "long.md": "a".repeat(500_000) });
  const document = await readTextFile(folder.join("long.md"), "", signal);
  await writeFile(folder.join("long.md"), "b".repeat(500_000));
  await rejects(joinPieces(document.text(signal)), /changed while it was being read/);
});

test("readTextFile() skips empty and binary files and what is no plain file", async () => {
  await using folder = await TestFolder.create({
    "empty.md": "",
    "binary.md": new Uint8Array([137, 80, 78, 71, 0, 1, 2]),
  });
  await folder.link("device.md", "/dev/zero");
  const skipped = (path: string, message: RegExp) =>
    rejects(
      readTextFile(folder.join(path), "", signal),
      (error) => error instanceof SkipFileError && message.test(error.message),
    );
  await skipped("empty.md", /empty/);
  await skipped("binary.md", /binary/);
  await skipped("device.md", /not a plain file/);
});

test("readTextFile() says in which line the UTF-8 is broken", async () => {
  const mixed = new Uint8Array([...new TextEncoder().encode("oné\ntwo\nthr"), 0xe9, 0x65, 0x0a]);
  await using folder = await TestFolder.create({
    "mixed.md": mixed,
    "cut.md": new TextEncoder().encode("one\n€").subarray(0, 6),
  });
  await rejects(readTextFile(folder.join("mixed.md"), "", signal), /not valid UTF-8 near line 3/);
  await rejects(readTextFile(folder.join("cut.md"), "", signal), /not valid UTF-8 near line 2/);
});

test("readTextFile() fails on links that lead nowhere", async () => {
  await using folder = await TestFolder.create();
  await folder.link("broken.md", "missing.md");
  await folder.link("self.md", "self.md");
  await rejects(readTextFile(folder.join("broken.md"), "", signal), { code: "ENOENT" });
  await rejects(readTextFile(folder.join("self.md"), "", signal), { code: "ELOOP" });
});

test("readTextFile() says that a name is not valid UTF-8, where no file is found by it", async () => {
  await using folder = await TestFolder.create({ "real\ufffd.md": "text" });
  // A directory gives such a name for one with the byte 0xff.
  const path = folder.join("a\ufffd.md");
  await rejects(readTextFile(path, "", signal), /^Error: its name is not valid UTF-8; rename it$/);
  await readTextFile(folder.join("real\ufffd.md"), "", signal);
});
