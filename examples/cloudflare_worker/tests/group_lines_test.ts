import { deepEqual, equal } from "node:assert/strict";
import { StreamingPipeline } from "@headrace/pipeline";
import type { Line } from "../lines.ts";
import { groupLines } from "../group_lines.ts";

const ENCODER = new TextEncoder();

function split(
  chunks: Uint8Array[],
  { maxLength = 100, maxGroupLines = 100 } = {},
): Promise<Line[][]> {
  return StreamingPipeline.start<Uint8Array>()
    .transform("lines", groupLines({ maxLength, maxGroupLines }))
    .executeToArray(chunks);
}

Deno.test("groupLines() finds the same lines wherever the chunks are cut", async () => {
  const bytes = ENCODER.encode("a\r\n\r\nbé\n\nc🙂d\n  \ne");
  const lines = [
    { line: 1, text: "a" },
    { line: 3, text: "bé" },
    { line: 5, text: "c🙂d" },
    { line: 7, text: "e" },
  ];

  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const chunks = [bytes.slice(0, first), bytes.slice(first, second), bytes.slice(second)];
      deepEqual((await split(chunks)).flat(), lines, `cut at ${first} and ${second}`);
    }
  }
});

Deno.test("groupLines() takes a line of exactly the limit, whatever its line break", async () => {
  for (const end of ["", "\n", "\r\n"]) {
    const lines = await split([ENCODER.encode(`12345${end}`)], { maxLength: 5 });
    deepEqual(lines, [[{ line: 1, text: "12345" }]]);
  }
});

Deno.test("groupLines() refuses a line of one character more, and goes on", async () => {
  for (const end of ["\n", "\r\n"]) {
    const bytes = ENCODER.encode(`123456${end}ok${end}`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const chunks = [bytes.slice(0, cut), bytes.slice(cut)];
      const message = "The line must be at most 5 characters long";
      deepEqual((await split(chunks, { maxLength: 5 })).flat(), [
        { line: 1, error: { code: "LINE_TOO_LONG", message } },
        { line: 2, text: "ok" },
      ]);
    }
  }
});

Deno.test("groupLines() groups the lines of a chunk, up to the limit", async () => {
  const chunks = ["a\nb\nc\nd", "\n", "e\n"].map((text) => ENCODER.encode(text));

  const groups = await split(chunks, { maxGroupLines: 2 });

  deepEqual(groups.map((group) => group.map(({ line }) => line)), [[1, 2], [3], [4], [5]]);
});

Deno.test("groupLines() gives no group where there is no line", async () => {
  equal((await split([])).length, 0);
  equal((await split([ENCODER.encode("\n\n"), ENCODER.encode(" ")])).length, 0);
});

Deno.test("groupLines() drops a byte order mark", async () => {
  deepEqual(await split([Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)]), [[{ line: 1, text: "1" }]]);
});
