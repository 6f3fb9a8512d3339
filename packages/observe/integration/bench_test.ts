// The bench beside this folder: how it judges figures, and that it runs and writes them.

import { deepEqual, equal, match, throws } from "node:assert/strict";
import { estimateMedian } from "../bench/cost.ts";

const BENCH = new URL("../bench/", import.meta.url);

/** The integers from `from` to `to`, the last first. */
const down = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => to - index);

Deno.test("a median has the ranks of the sign test at 95 % as its interval", () => {
  for (
    const [count, low, high] of [[6, 1, 6], [9, 2, 8], [15, 4, 12], [20, 6, 15], [31, 10, 22]]
  ) {
    deepEqual(estimateMedian(down(1, count!)), { middle: (count! + 1) / 2, low, high });
  }
  deepEqual(estimateMedian([3, 1]), { middle: 2, low: 1, high: 3 });
  throws(() => estimateMedian([]), RangeError);
});

Deno.test("the bench runs, and writes a row for each observer into a page", async () => {
  const page = await Deno.makeTempFile({ suffix: ".md" });
  try {
    await Deno.writeTextFile(page, "# Page\n\n<!-- cost -->\n\n<!-- /cost -->\n");
    const config = decodeURIComponent(new URL("deno.json", BENCH).pathname);
    const args = ["--pairs", "1", "--items", "100", "--write", "--page", page];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "--config", config, "run.ts", ...args],
      cwd: BENCH,
    }).output();
    equal(code, 0, new TextDecoder().decode(stderr));
    const written = await Deno.readTextFile(page);
    match(written.replaceAll("\n", " "), /\d{4}-\d\d-\d\d, .* pairs of runs: 1\. /);
    const rows = written.split("\n").filter((line) => / \(-?[\d.]+ to -?[\d.]+\) +\|$/.test(line));
    const names = rows.map((row) => row.split("|")[1]!.trim());
    deepEqual(names.slice(0, 10), names.slice(10));
    deepEqual([names.length, new Set(names).size], [20, 10]);
    for (const row of rows) equal(row.match(/ to /g)!.length, 3, row);
  } finally {
    await Deno.remove(page);
  }
});
