// Documents on which an earlier version failed, from the file to what is stored of it.

import { deepEqual, equal, ok } from "node:assert/strict";
import { LexicalEmbedder } from "@headrace/documents";
import { TestFolder } from "documents-tests/folder.ts";
import { readRows } from "./helpers/rows.ts";
import { databaseOf, embed, runCommand } from "./helpers/run.ts";

const embedder = new LexicalEmbedder();

/** The texts of all chunks of the folder. */
async function storedOf(folder: TestFolder): Promise<string> {
  const { failedFiles } = await embed(folder, embedder);
  deepEqual(failedFiles, {});
  const rows = readRows(databaseOf(folder)) as { readonly text: string }[];
  return rows.map(({ text }) => text).join("\n");
}

interface MarkdownCase {
  readonly title: string;
  readonly text: string;
  readonly has: readonly string[];
  readonly hasNot?: readonly string[];
}

const CODE = ["npm create app <project-name>", "#include the rest", '<div class="x">'];

const MARKDOWN: readonly MarkdownCase[] = [
  {
    title: "a heading loses its anchor",
    text: "## Install {#install}\n\nText.\n",
    has: ["Install", "Text."],
    hasNot: ["{#install}"],
  },
  {
    title: "code of a fence in a list stays as it is",
    text: `# Real\n\n1. Run:\n\n    \`\`\`sh\n${
      CODE.map((line) => `    ${line}\n`).join("")
    }    \`\`\`\n`,
    has: CODE,
  },
  {
    title: "three backticks on one line open no fence",
    text: "# Real\n\nFirst.\n\n```npm run build```\n\n# Next\n\nSecond. <!-- hidden -->\n",
    has: ["npm run build", "Second."],
    hasNot: ["hidden"],
  },
  {
    title: "a rule in the first line begins no front matter where there is none",
    text: "---\n\nNote: the turbine must be off.\n\n---\n\nBody.\n",
    has: ["Note: the turbine must be off.", "Body."],
  },
  {
    title: "a tag over several lines goes",
    text: '# Q\n\n<img\n  src="/a/b.png"\n  alt="A picture"\n/>\n\nText.\n',
    has: ["Text."],
    hasNot: ["<img", "src="],
  },
  {
    title: "front matter in TOML is no text",
    text: '+++\ntitle = "T"\n+++\nText.\n',
    has: ["Text."],
    hasNot: ["+++", "title"],
  },
  {
    title: "a comment that is never closed hides nothing",
    text: "# Real\n\nComments start with <!-- here.\n\n# Next\n\nThis is stored.\n",
    has: ["This is stored."],
  },
];

for (const { title, text, has, hasNot = [] } of MARKDOWN) {
  Deno.test(`in what is stored, ${title}`, async () => {
    await using folder = await TestFolder.create({ "a.md": text });
    const stored = await storedOf(folder);
    deepEqual(has.filter((part) => !stored.includes(part)), []);
    deepEqual(hasNot.filter((part) => stored.includes(part)), []);
  });
}

Deno.test("a file that is saved again as UTF-16 keeps its text in the database", async () => {
  const text = "The production host is orion-db-7 in Frankfurt.\n";
  await using folder = await TestFolder.create({ "servers.md": text });
  ok((await storedOf(folder)).includes("Frankfurt"));
  const units = Uint16Array.from(`\uFEFF${text}`, (char) => char.charCodeAt(0));
  await folder.write("servers.md", new Uint8Array(units.buffer));
  ok((await storedOf(folder)).includes("Frankfurt"));
});

Deno.test("text that a parser may take minutes for is embedded within half of one", async () => {
  const ticks = "`".repeat(4_000);
  await using folder = await TestFolder.create({
    "comments.md": `${"<!---->".repeat(400)}${ticks}${"a".repeat(4_000)}\n`,
    "backticks.md": `# A\n\n${`<${"`".repeat(16_000)}\n\n`.repeat(8)}`,
  });
  const options = { cwd: folder.path, signal: AbortSignal.timeout(30_000) };
  equal((await runCommand("embed", [".", "--db", "x.db"], options)).code, 0);
});
