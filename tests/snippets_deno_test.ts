// Holds that the programs of the READMEs and the guides print what they say when they are pasted, on
// Deno; `deno task test:install` runs the same ones against the npm package on Node and Bun.

import { assertEquals } from "@std/assert";
import { test } from "./harness.ts";
import {
  checkSnippets,
  listSnippets,
  type Printed,
  readPrinted,
  readSnippets,
  type Snippet,
  writeSnippets,
} from "./snippets/snippets.ts";

const ROOT = new URL("../", import.meta.url);
/** Inside the repository, so that the library's own name leads to it. */
const FOLDER = ".build/snippets/";

/** All of them are run one after the other, in a process of their own. */
const SLOW = { hangAfterMs: 120_000 };

test("the programs of the READMEs and the guides print what they say", async () => {
  const snippets = (await listSnippets(ROOT)).filter(({ platform }) => platform === undefined);
  assertEquals(snippets.length > 0, true);
  assertEquals(checkSnippets(snippets, await run(snippets)), []);
}, SLOW);

test("the check of the programs tells what each of them did", async () => {
  const page = [
    "console.log([1, 'a', { b: 2 }]); //=> [1, \"a\", { b: 2 }]",
    "console.log(1);\n//=> 2",
    "throw new Error('late');",
    "console.log(1);",
    "//=> 1",
    "await new Promise(() => {}); //=> 1",
    "console.log(1); //=> 1",
  ].map((code) => `\`\`\`ts\n${code}\n\`\`\`\n`).join("\n");
  const snippets = readSnippets("page.md", page);
  const complaints = checkSnippets(snippets, await run(snippets));

  assertEquals(complaints.map((text) => text.split("\n    at ")[0]), [
    "page.md:5 says that it prints\n2\nand prints\n1",
    "page.md:10 failed: Error: late",
    "page.md:14 says nowhere what it prints",
    "page.md:18 says that it prints\n1\nand prints\n",
    "page.md:22 failed: it did not finish",
  ]);
});

async function run(snippets: readonly Snippet[]): Promise<Printed[]> {
  await Deno.mkdir(new URL(FOLDER, ROOT), { recursive: true });
  const folder = await Deno.makeTempDir({
    dir: decodeURIComponent(new URL(FOLDER, ROOT).pathname),
  });
  try {
    await writeSnippets(folder, snippets);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "--no-check", "tests/snippets/run.mjs", folder, ".ts"],
      cwd: ROOT,
    }).output();
    return readPrinted(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
