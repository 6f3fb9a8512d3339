import { deepEqual, equal } from "node:assert/strict";
import { type CleanDocument, cleanDocument, type Line } from "../clean.ts";

const signal = new AbortController().signal;

function clean(text: string, pieces: Iterable<string> = [text]): CleanDocument {
  return cleanDocument({ path: "/a.md", hash: "1", head: text, text: () => pieces });
}

async function linesOf(text: string, pieces?: Iterable<string>): Promise<Line[]> {
  return await Array.fromAsync(clean(text, pieces).lines(signal));
}

async function textOf(text: string): Promise<string> {
  return (await linesOf(text)).map((line) => line.text).join("\n");
}

Deno.test("cleanDocument() takes title and tags from the front matter and the block out", async () => {
  const text = "---\ntitle: A title\ntags: [one, '#two', 3]\n---\n\n# Heading\n";
  const { title, tags } = clean(text);
  equal(title, "A title");
  deepEqual(tags, ["one", "two", "3"]);
  equal((await textOf(text)).trim(), "# Heading");
});

Deno.test("cleanDocument() reads tags that are one string, and Windows line ends", async () => {
  const text = "---\r\ntags: one, two\r\n---\r\nText\r\n";
  deepEqual(clean(text).tags, ["one", "two"]);
  equal((await textOf(text)).trim(), "Text");
});

Deno.test("cleanDocument() drops front matter that is no valid YAML, and keeps rules around text", async () => {
  equal(await textOf("---\ntitle: {{ name }}: x\n---\nText"), "Text");
  equal(await textOf("---\nJust text.\n---\nMore"), "---\nJust text.\nMore");
  equal(await textOf("---\nnever closed"), "---\nnever closed");
  equal(await textOf("---\n---\nText"), "Text");
});

Deno.test("cleanDocument() takes out HTML tags and comments, but not in code", async () => {
  equal(await textOf('<p align="center">Hello <b>world</b></p>'), "Hello world");
  equal(await textOf("a <!-- b\nc\nd --> e"), "a\n e");
  equal(await textOf("Use `<b>` and `<!-- x -->` <i>here</i>"), "Use `<b>` and `<!-- x -->` here");
  equal(await textOf("```html\n<b>\n<!-- x\n```\nText"), "```html\n<b>\n<!-- x\n```\nText");
  equal(await textOf("1 < 2 and <https://example.com>"), "1 < 2 and <https://example.com>");
});

Deno.test("cleanDocument() keeps the word of a #tag and leaves headings and numbers", async () => {
  equal(await textOf("#recipe #soup/hot"), "recipe soup/hot");
  equal(await textOf("# Heading\nsee #12 and C# and `#x`"), "# Heading\nsee #12 and C# and `#x`");
});

Deno.test("cleanDocument() tells headings from what looks like one", async () => {
  const text = [
    "# One",
    "####### not a heading",
    "#no-heading",
    "Two",
    "===",
    "Three",
    "---",
    "",
    "---",
    "- item",
    "---",
    "```",
    "# code",
    "```",
    "~~~",
    "```",
    "# still code",
    "~~~",
    "### Four ###",
  ].join("\n");
  const headings = (await linesOf(text)).filter((line) => line.level > 0);
  deepEqual(headings.map(({ text, level }) => [level, text]), [
    [1, "# One"],
    [1, "Two"],
    [2, "Three"],
    [3, "### Four ###"],
  ]);
});

Deno.test("cleanDocument() gives the same lines however the text comes in pieces", async () => {
  const text = `# One\r\n\r\nText with 😀${"😀 long line".repeat(5_000)}\n\nEnd`;
  const whole = await linesOf(text);
  for (const size of [1, 7, 20_000]) {
    const pieces: string[] = [];
    for (let start = 0; start < text.length; start += size) {
      pieces.push(text.slice(start, start + size));
    }
    deepEqual(await linesOf(text, pieces), whole);
  }
  equal(whole.every((line) => line.text.length <= 16 * 1024 && line.text.isWellFormed()), true);
});
