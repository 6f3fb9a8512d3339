import { deepEqual } from "node:assert/strict";
import { StreamingPipeline } from "@headrace/pipeline";
import { type Line, splitLines } from "../split_lines.ts";

function split(bytes: Uint8Array, pieceBytes: number): Promise<Line[]> {
  const pieces = [];
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    pieces.push(bytes.subarray(start, start + pieceBytes));
  }
  return StreamingPipeline.start<Uint8Array>().add("lines", splitLines(5)).executeToArray(pieces);
}

Deno.test("splitLines() finds the same lines however the bytes are cut, and drops the blank ones", async () => {
  const bytes = new TextEncoder().encode(
    "one\n\n \t\r\nfive5\r\nsix666\né🙂\r\n\n" + "x".repeat(99) + "\nend",
  );
  for (let pieceBytes = 1; pieceBytes <= bytes.length; pieceBytes++) {
    deepEqual(await split(bytes, pieceBytes), [
      { number: 1, text: "one" },
      { number: 4, text: "five5" },
      { number: 5, code: "LINE_TOO_LONG" },
      { number: 6, code: "LINE_TOO_LONG" },
      { number: 8, code: "LINE_TOO_LONG" },
      { number: 9, text: "end" },
    ]);
  }
});

Deno.test("splitLines() finds bytes that are not UTF-8 wherever they stand in a line, and in no other", async () => {
  const [ok, e] = [0x61, 0x0a];
  // Latin-1, a character that breaks off, a surrogate, one in more bytes than it needs.
  for (const bad of [[0xfc], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    for (const line of [[...bad, ok], [ok, ...bad, ok], [ok, ...bad], bad]) {
      for (const end of [[], [e], [0x0d, e]]) {
        const bytes = Uint8Array.from([ok, e, ...line, ...end, ...(end.length > 0 ? [ok, e] : [])]);
        const expected: Line[] = [{ number: 1, text: "a" }, { number: 2, code: "NOT_UTF8" }];
        if (end.length > 0) expected.push({ number: 3, text: "a" });
        for (const pieceBytes of [1, 2, 100]) deepEqual(await split(bytes, pieceBytes), expected);
      }
    }
  }
});
