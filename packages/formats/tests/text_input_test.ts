// What every decoder reads its text with.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { test } from "../../../tests/harness.ts";
import { createForeignBytes } from "../../../tests/support/foreign_realm.ts";
import { TextInput } from "../src/_text_input.ts";
import { cut, sizes, toBytes, wildBytes } from "./support/chunks.ts";

// The same cases each time: `deno task fuzz` looks for new ones.
fc.configureGlobal({ seed: 20261127 });

/** All of the text, and where it stands in for bytes that are not UTF-8. */
function read(chunks: readonly unknown[]): { readonly text: string; readonly bad: number[] } {
  const input = new TextInput();
  let text = "";
  const bad: number[] = [];
  const add = (more: string) => {
    for (let at = 0; at < more.length; at++) if (input.takeBad(at + 1)) bad.push(text.length + at);
    text += more;
  };
  for (const chunk of chunks) add(input.read(chunk));
  add(input.end());
  return { text, bad };
}

test("text is what TextDecoder makes of all bytes at once, wherever they are cut", () => {
  fc.assert(
    fc.property(wildBytes, sizes, (bytes, sizes) => {
      const whole = new TextDecoder().decode(bytes);

      assertEquals(read(cut(bytes, sizes)).text, whole);
      assertEquals(read(cut(bytes, sizes)), read([bytes]));
    }),
    { numRuns: 2_000 },
  );
});

test("a chunk may be used again, also where it is of a class whose slice() shares its memory", () => {
  // As a Buffer of Node is, which not every runtime has.
  class Shared extends Uint8Array<ArrayBuffer> {
    override slice(...range: [number?, number?]): Uint8Array<ArrayBuffer> {
      return this.subarray(...range);
    }
  }
  const chunk = new Shared(new ArrayBuffer(2));
  const input = new TextInput();
  let text = "";
  for (const bytes of [[0x66, 0xc3], [0xbc, 0x72]]) {
    chunk.set(bytes);
    text += input.read(chunk);
    chunk.fill(0x78);
  }

  assertEquals(text + input.end(), "für");
});

test("no bytes are bad where a strict TextDecoder takes them, and some are where it does not", () => {
  fc.assert(
    fc.property(wildBytes, sizes, (bytes, sizes) => {
      let isFine = true;
      try {
        new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      } catch {
        isFine = false;
      }

      assertEquals(read(cut(bytes, sizes)).bad.length === 0, isFine);
    }),
    { numRuns: 2_000 },
  );
});

test("a replacement character that stands in the bytes is not bad", () => {
  const bytes = [...toBytes("a\uFFFDb"), 0xff, ...toBytes("\u{1F30A}\uFFFD"), 0xe2, 0x82];

  assertEquals(read([new Uint8Array(bytes)]), {
    text: "a\uFFFDb\uFFFD\u{1F30A}\uFFFD\uFFFD",
    bad: [3, 7],
  });
});

test("a byte order mark is left out at the start, and nowhere else", () => {
  assertEquals(read(["", "\uFEFFa", "\uFEFFb"]).text, "a\uFEFFb");
  assertEquals(read([toBytes([0xef]), toBytes([0xbb, 0xbf, 0xff])]), { text: "\uFFFD", bad: [0] });
});

test("text after bytes that end inside a character begins after a bad character", () => {
  assertEquals(read([toBytes([0x61, 0xe2, 0x82]), "b"]), { text: "a\uFFFDb", bad: [1] });
});

test("the buffer of a chunk may be used again for the next one", () => {
  const buffer = new Uint8Array([0xe2, 0x82]);
  const input = new TextInput();
  input.read(buffer);
  buffer.fill(0x61);

  assertEquals(input.read(toBytes([0xac])), "\u20AC");
});

test("bytes of another realm are bytes", () => {
  const input = new TextInput();
  const texts = [[0x61, 0xe2], [0x82], [0xac]].map((bytes) =>
    input.read(createForeignBytes(bytes))
  );

  assertEquals(texts.join("") + input.end(), "a\u20AC");
});

test("a chunk that is neither bytes nor text is refused, and its kind is named", () => {
  const rule = "Each chunk must be bytes (a Uint8Array) or text, got ";
  const kinds: readonly (readonly [unknown, string])[] = [
    [undefined, "undefined"],
    [null, "null"],
    [1, "a number"],
    [[1], "an array"],
    [new ArrayBuffer(1), "an object"],
  ];
  for (const [chunk, kind] of kinds) {
    assertThrows(() => new TextInput().read(chunk), TypeError, rule + kind);
  }
});
