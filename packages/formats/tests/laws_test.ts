// The laws of the library's operators, on decoders: chunks that are cut anywhere, and what is kept
// between two of them.

import { csv, lines, ndjson } from "@headrace/formats";
import { operatorLaws } from "@headrace/pipeline/testing";
import { test } from "../../../tests/harness.ts";

/**
 * The lines of a text that came in pieces; the last one is whole at the end, or after its break.
 */
function linesOf(chunks: readonly string[], ended: boolean): string[] {
  const all = chunks.join("").split("\n");
  const rest = all.pop()!;
  return ended && rest !== "" ? [...all, rest] : all;
}

const LAWS = [
  ...operatorLaws("lines()", () => lines(), {
    items: ["a mi", "ll\nwh", "eel\n", "race"],
    model: linesOf,
  }),
  ...operatorLaws("ndjson()", () => ndjson<{ id: number }>(), {
    items: ['{"id":1}\n{"i', 'd":2}\n', '{"id":3}'],
    model: (chunks, ended) => linesOf(chunks, ended).map((line) => JSON.parse(line)),
    badItem: { item: "}\nbroken\n" },
  }),
  ...operatorLaws("csv()", () => csv(), {
    items: ["a,b\n1,", "2\n3,4\n", "5,6"],
    model: (chunks, ended) => linesOf(chunks, ended).map((line) => line.split(",")),
  }),
];

for (const { title, run } of LAWS) test(title, run);
