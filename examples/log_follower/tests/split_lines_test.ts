import { deepEqual, equal } from "node:assert/strict";
import { StreamingPipeline } from "@headrace/pipeline";
import { FILE_START } from "../follow_file.ts";
import { type Line, splitLines } from "../split_lines.ts";

type Chunk = Uint8Array | typeof FILE_START;

const encoder = new TextEncoder();

function split(chunks: readonly Chunk[], maxLineChars = 1_000): Promise<Line[]> {
  return StreamingPipeline.start<Chunk>().add("lines", splitLines(maxLineChars))
    .executeToArray(chunks);
}

function line(number: number, text: string): Line {
  return { number, text, isTooLong: false };
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
    { number: 2, text: "", isTooLong: true },
    line(3, "three"),
  ]);
  const [exact] = await split([FILE_START, encoder.encode("x".repeat(1_000) + "\n")]);
  equal(exact?.isTooLong, false);
});

Deno.test("splitLines() hands out a line as soon as its line break is there", async () => {
  let isOpen = false;
  async function* source() {
    yield encoder.encode("one\ntw");
    isOpen = true;
    yield encoder.encode("o\n");
  }
  const lines = StreamingPipeline.start<Chunk>().add("lines", splitLines(10)).execute(source());
  equal((await lines.next()).value?.text, "one");
  equal(isOpen, false);
  equal((await lines.next()).value?.text, "two");
  equal((await lines.next()).done, true);
});
