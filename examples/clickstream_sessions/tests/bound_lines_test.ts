import { equal } from "node:assert/strict";
import { StreamingPipeline } from "@headrace/pipeline";
import { boundLines } from "../bound_lines.ts";

async function bound(pieces: readonly string[]): Promise<string> {
  const pipeline = StreamingPipeline.start<string>().add("bounded", boundLines(5));
  return (await pipeline.executeToArray(pieces)).join("");
}

Deno.test("boundLines() lets lines pass, and drops the rest of those that are too long, however cut", async () => {
  const text = "one\n\nfive5\r\nsix666\neight888\n" + "x".repeat(1_000) + "\nend";
  const expected = "one\n\nfive5\r\nsix666\neight88\nxxxxxxx\nend";
  for (const length of [1, 2, 3, 7, 50, 5_000]) {
    const pieces = [];
    for (let start = 0; start < text.length; start += length) {
      pieces.push(text.slice(start, start + length));
    }
    equal(await bound(pieces), expected);
  }
});
