import { deepEqual, equal, ok } from "node:assert/strict";
import { type FileHandle, open, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { countPacked, readPackedHead, unpack } from "../packed_file.ts";
import { lineOf, LogFile } from "./helpers/log_file.ts";

const TEXT = Array.from({ length: 5_000 }, (_, index) => lineOf(index, "error")).join("");
const PACKED: Uint8Array = gzipSync(TEXT);

async function withFile<T>(bytes: Uint8Array, use: (file: FileHandle) => Promise<T>): Promise<T> {
  await using log = await LogFile.create();
  await writeFile(log.path, bytes);
  const file = await open(log.path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function unpackAll(
  bytes: Uint8Array,
): Promise<{ text: string; isWhole: boolean; largest: number }> {
  return withFile(bytes, async (file) => {
    const decoder = new TextDecoder();
    let [text, largest] = ["", 0];
    const pieces = unpack(file);
    let piece = await pieces.next();
    for (; !piece.done; piece = await pieces.next()) {
      text += decoder.decode(piece.value, { stream: true });
      largest = Math.max(largest, piece.value.length);
    }
    return { text, isWhole: piece.value, largest };
  });
}

Deno.test("unpack() emits what is in a file, also in one of several members", async () => {
  deepEqual((await unpackAll(PACKED)).isWhole, true);
  equal((await unpackAll(PACKED)).text, TEXT);
  equal((await unpackAll(gzipSync(""))).isWhole, true);
  const members = [gzipSync("one\n"), gzipSync("two\n"), PACKED, gzipSync("last\n")];
  const { text, isWhole } = await unpackAll(Uint8Array.from(members.flatMap((each) => [...each])));
  equal(text, `one\ntwo\n${TEXT}last\n`);
  equal(isWhole, true);
});

Deno.test("unpack() emits no more than a thousand times of what it reads at a time", async () => {
  const { text, largest } = await unpackAll(gzipSync("\n".repeat(20_000_000)));
  equal(text.length, 20_000_000);
  ok(largest < 2_000_000, String(largest));
});

Deno.test("unpack() emits what can be read of a file that is cut anywhere, and says so", async () => {
  let before = 0;
  for (let end = 0; end < PACKED.length; end += 997) {
    const { text, isWhole } = await unpackAll(PACKED.subarray(0, end));
    ok(TEXT.startsWith(text) && !isWhole, `cut after ${end}`);
    ok(text.length >= before, `cut after ${end}`);
    before = text.length;
  }
  ok(before > TEXT.length * 0.9);
  // It has everything but a part of its checksum.
  deepEqual((await unpackAll(PACKED.subarray(0, -5))).text, TEXT);
});

Deno.test("unpack() says so where bytes were changed, or are not gzip", async () => {
  const changed = PACKED.slice();
  changed[changed.length - 6]! ^= 1;
  const { text, isWhole } = await unpackAll(changed);
  equal(text, TEXT);
  equal(isWhole, false);
  deepEqual((await unpackAll(new TextEncoder().encode("two\n"))).isWhole, false);
  const padded = await unpackAll(new Uint8Array([...gzipSync("one\n"), 0, 0, 0]));
  deepEqual([padded.text, padded.isWhole], ["one\n", false]);
});

Deno.test("a piece of what is compressed can be read, and counted, without the rest", async () => {
  await withFile(PACKED, async (file) => {
    equal(new TextDecoder().decode(await readPackedHead(file, 100)), TEXT.slice(0, 100));
    equal(await countPacked(file, 1_234), 1_234);
    equal(await countPacked(file, Infinity), TEXT.length);
  });
});
