import assert from "node:assert/strict";
import { DOCS, type Page, replaceMarked, requireWhole, writeFigures } from "./document.ts";
import { WORKLOADS } from "../memory/workloads.ts";

const PAGES: readonly Page[] = ["benchmarks.md", "benchmarks_tables.md"];
const PARTS = ["speed", ...WORKLOADS.map(({ id }) => `memory: ${id}`)];

Deno.test("replaceMarked() writes between the markers and leaves the rest as it is", () => {
  const text = "before\n<!-- a -->\nold\n<!-- /a -->\nafter <!-- b --><!-- /b -->";
  const written = replaceMarked(text, "a", "new $& $1");
  assert.equal(
    written,
    "before\n<!-- a -->\n\nnew $& $1\n\n<!-- /a -->\nafter <!-- b --><!-- /b -->",
  );
  assert.equal(replaceMarked(written, "a", "new $& $1"), written);
});

Deno.test("replaceMarked() refuses a document without both markers, once each and in order", () => {
  const refused = [
    "",
    "<!-- a -->",
    "<!-- /a -->",
    "<!-- /a --><!-- a -->",
    "<!-- a --><!-- /a --><!-- a -->",
    "<!-- a --><!-- /a --><!-- /a -->",
  ];
  for (const text of refused) assert.throws(() => replaceMarked(text, "a", "new"), /Cannot write/);
});

for (const page of PAGES) {
  Deno.test(`${page} has room for what the runners write, and a copy of it is written`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "headrace-" });
    try {
      for (const part of PARTS) await writeFigures(folder, page, part, `Figures of ${part}.`);

      const written = await Deno.readTextFile(`${folder}/${page}`);
      assert.deepEqual(PARTS.filter((part) => !written.includes(`Figures of ${part}.`)), []);
      assert.doesNotMatch(await Deno.readTextFile(`${DOCS}/${page}`), /^Figures of/m);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("the pages of this repository take a whole run only; copies take parts", () => {
  requireWhole(false, DOCS, "--row");
  requireWhole(true, "/elsewhere", "--row");
  assert.throws(() => requireWhole(true, DOCS, "--row"), /leave out --row/);
});
