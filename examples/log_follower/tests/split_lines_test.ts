import { deepEqual, equal } from "node:assert/strict";
import { FormatError } from "@headrace/formats/lines";
import { StreamingPipeline } from "@headrace/pipeline";
import { type Chunk, FILE_START, QUIET } from "../follow_file.ts";
import { splitLines } from "../split_lines.ts";

const encoder = new TextEncoder();

interface Found {
  readonly number: number;
  readonly text: string;
  readonly code?: string;
}

async function split(chunks: readonly Chunk[], maxLength = 1_000): Promise<Found[]> {
  const lines = await StreamingPipeline.start<Chunk>()
    .transform("lines", splitLines({ maxLength }))
    .executeToArray(chunks);
  return lines.flatMap((line) => {
    if (line === QUIET) return [];
    return line instanceof FormatError ? { number: line.record, text: "", code: line.code } : line;
  });
}

function line(number: number, text: string): Found {
  return { number, text };
}

Deno.test("splitLines() gives the same lines however the bytes are cut, also inside a character", async () => {
  const text = "one\r\n\n  \nfünf 😀\nsix\nseven 日本";
  const bytes = encoder.encode(text);
  const expected = text.split("\n").map((text, index) => line(index + 1, text.trimEnd()))
    .filter(({ text }) => text !== "");
  for (let length = 1; length <= bytes.length; length++) {
    const chunks: Chunk[] = [FILE_START];
    for (let start = 0; start < bytes.length; start += length) {
      chunks.push(bytes.subarray(start, start + length));
    }
    deepEqual(await split(chunks), expected);
  }
});

Deno.test("splitLines() ends a line with its file, and numbers the lines of each", async () => {
  const lines = await split([
    FILE_START,
    encoder.encode("one\ntw"),
    FILE_START,
    encoder.encode("three\n"),
    FILE_START,
    FILE_START,
    encoder.encode("four"),
  ]);
  deepEqual(lines, [line(1, "one"), line(2, "tw"), line(1, "three"), line(1, "four")]);
});

Deno.test("splitLines() marks a line that is too long, holds no more of it, and goes on", async () => {
  const long = encoder.encode("x".repeat(400));
  const chunks: Chunk[] = [
    FILE_START,
    encoder.encode("one\n"),
    long,
    long,
    long,
    encoder.encode("\nthree"),
  ];
  deepEqual(await split(chunks), [
    line(1, "one"),
    { number: 2, text: "", code: "LINE_TOO_LONG" },
    line(3, "three"),
  ]);
  const [exact] = await split([FILE_START, encoder.encode("x".repeat(1_000) + "\n")]);
  equal(exact?.text.length, 1_000);
});

Deno.test("splitLines() emits a line as soon as its line break has come", async () => {
  let isOpen = false;
  async function* source() {
    yield encoder.encode("one\ntw");
    isOpen = true;
    yield encoder.encode("o\n");
  }
  const lines = StreamingPipeline.start<Chunk>().transform("lines", splitLines({ maxLength: 10 }))
    .execute(source());
  deepEqual((await lines.next()).value, line(1, "one"));
  equal(isOpen, false);
  deepEqual((await lines.next()).value, line(2, "two"));
  equal((await lines.next()).done, true);
});

Deno.test("splitLines() finds entries after zero bytes and byte order marks, however many", async () => {
  const hole = "\0".repeat(5_000);
  const text = `${hole}one\n${hole}two\nthr${hole}four\n\ufefffive\n${hole}\n${hole}`;
  const bytes = encoder.encode(text);
  for (const length of [1, 7, 4_096, bytes.length]) {
    const chunks: Chunk[] = [FILE_START];
    for (let start = 0; start < bytes.length; start += length) {
      chunks.push(bytes.subarray(start, start + length));
    }
    deepEqual(await split(chunks), [
      line(1, "one"),
      line(2, "two"),
      line(3, "thr"),
      line(3, "four"),
      line(4, "five"),
    ]);
  }
});

Deno.test("splitLines() marks a line with bytes that are not UTF-8, wherever they stand, and no other", async () => {
  for (const bad of [[0xfc], [0xc3], [0xe2, 0x82]]) {
    for (const bytes of [[...bad, 0x61], [0x61, ...bad, 0x61], [0x61, ...bad], bad]) {
      const chunks = [encoder.encode("one\n"), Uint8Array.from(bytes), encoder.encode("\nthree")];
      deepEqual(await split([FILE_START, ...chunks]), [
        line(1, "one"),
        { number: 2, text: "", code: "INVALID_UTF8" },
        line(3, "three"),
      ]);
    }
  }
});
