import { type Block, readMarkdown } from "@headrace/documents";
import { assert, assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";

async function blocksOf(text: string | Iterable<string>, mdx = false): Promise<Block[]> {
  const { blocks } = await readMarkdown(typeof text === "string" ? [text] : text, { mdx });
  return await Array.fromAsync(blocks);
}

const textOf = async (text: string, mdx = false) =>
  (await blocksOf(text, mdx)).map((block) => block.text).join("\n");

const frontMatterOf = async (text: string) => (await readMarkdown([text])).frontMatter;

test("readMarkdown() takes front matter of YAML, TOML and JSON apart", async () => {
  const texts = [
    "---\ntitle: T\ndescription: D\ntags: [one, '#two', 3]\n---\nText.\n",
    "---\r\ntitle: T\r\ndescription: D\r\ntags: one, two 3\r\n---\r\nText.\r\n",
    '+++\ntitle = "T"\ndescription = "D"\ntags = ["one", "two", 3]\n+++\nText.\n',
    '{\n"title": "T",\n"description": "D",\n"tags": ["one", "two", 3]\n}\n\nText.\n',
  ];
  for (const text of texts) {
    const { title, description, tags } = await frontMatterOf(text);
    assertEquals([title, description, tags], ["T", "D", ["one", "two", "3"]]);
    assertEquals(await textOf(text), "Text.");
  }
});

test("readMarkdown() takes JSON apart whose objects are not indented, and on one line", async () => {
  for (const json of ['{\n"a": {\n"b": 1\n},\n"title": "T"\n}', '{"title": "T", "a": {}}']) {
    assertEquals((await frontMatterOf(`${json}\n\nText.`)).title, "T");
    assertEquals(await textOf(`${json}\n\nText.`), "Text.");
  }
  // An object without a known field is text, such as an answer that is shown.
  assertEquals(await textOf('{"a": 1}\nText.'), '{"a": 1}\nText.');
});

test("readMarkdown() drops front matter that is not valid, and keeps text around rules", async () => {
  assertEquals(await textOf("---\ntitle: {{ name }}: x\n---\nText"), "Text");
  assertEquals(await textOf("---\n---\nText"), "Text");
  assertEquals(await textOf("---\nJust text.\n---\nMore"), "Just text.\nMore");
  assertEquals(await textOf("---\n\nNote: this.\n\n---\n\nMore"), "Note: this.\nMore");
  assertEquals(await textOf("---\nnever closed"), "never closed");
  assertEquals(await textOf("{\nno JSON\n}\nText"), "{\nno JSON\n}\nText");
  assertEquals(await textOf("+++\nJust text.\n+++\nMore"), "+++\nJust text.\n+++\nMore");
  assertEquals(await textOf("+++\n# c\n[a.b]\nc = {{ x }}\n'd' = [\n  1,\n]\n+++\nText"), "Text");
  for (const word of ["constructor", "toString", "__proto__"]) {
    assertEquals(await textOf(`${word}\nText`), `${word}\nText`);
  }
});

test("readMarkdown() never edits code: fenced, in lists and quotes, indented, inline", async () => {
  const code = '<b> #tag <!-- x --> {#id} `` <div\n  class="x">';
  const lines = code.split("\n");
  const indent = (by: string) => lines.map((line) => by + line).join("\n");
  for (
    const text of [
      "```html\n" + code + "\n```",
      "~~~~\n" + code + "\n~~~\n~~~~",
      "1. Run:\n\n    ```sh\n" + indent("    ") + "\n    ```",
      "- a\n  - b\n    ```\n" + indent("    ") + "\n    ```",
      "> ```\n" + indent("> ") + "\n> ```",
      "Text:\n\n" + indent("    "),
      "Inline ```" + code.replace("\n", " ") + "``` here",
    ]
  ) {
    const found = (await textOf(text)).replaceAll("\n", " ");
    for (const line of lines) assert(found.includes(line.trim()), `${text}\n->\n${found}`);
  }
});

test("readMarkdown() takes out comments and tags, over several lines too", async () => {
  assertEquals(await textOf('<p align="center">Hello <b>world</b></p>'), "Hello world");
  assertEquals(await textOf("a <!-- b\nc\nd --> e"), "a  e");
  assertEquals(await textOf('# Q\n\n<img\n  src="/a > b.png"\n  alt="A"\n/>\n\nText.'), "Q\nText.");
  assertEquals(await textOf('See <a\n href="x">this</a>.'), "See this.");
  assertEquals(await textOf("> a <b\n> c='d'>e</b>"), "> a e");
  assertEquals(await textOf("<script>\nlet a = 1;\n</script>\n\nText"), "Text");
  assertEquals(await textOf("1 < 2 and <https://example.com>"), "1 < 2 and <https://example.com>");
  assertEquals(await textOf('a <img alt = "x > y" src="z"> b'), "a  b");
  assertEquals(await textOf("<div title = 'x > y'>\nText\n</div>"), "Text");
  assertEquals(await textOf("<pre>\nC:\\_a\\*.txt &lt; \\\\b\n</pre>"), "C:\\_a\\*.txt < \\\\b");
  assertEquals(await textOf("<!--> shown\n\n<!---> too\n\na <!--> b"), "shown\ntoo\na  b");
});

test("readMarkdown() makes no word of two that tags part, and takes out scripts in a line", async () => {
  const words = async (text: string, mdx = false) => (await textOf(text, mdx)).trim().split(/\s+/);
  const texts = [
    ...["<h1>A</h1><p>B</p>C", "<dl><dt>A</dt><dd>B</dd><dd>C</dd></dl>", "# A<br/>B<br />C"],
    "<details><summary>A</summary>B<section>C</section></details>",
  ];
  for (const text of texts) {
    assertEquals(await words(text), ["A", "B", "C"], text);
    assertEquals(await words(text, true), ["A", "B", "C"], text);
  }
  assertEquals(await words("A<br>B</p>C<hr>D"), ["A", "B", "C", "D"]);
  assertEquals(await textOf("H<sub>2</sub>O, <b>w</b>ord, <p-x>a</p-x>b"), "H2O, word, ab");
  assertEquals(await words("a <script>x(`1`)</script> b <STYLE>p {}</style> <script>"), ["a", "b"]);
  assertEquals(await words("<div><script>x </scripts> y</script> a b</div>"), ["a", "b"]);
  assertEquals(await words("a <script>x </scripts> y</script> b"), ["a", "b"]);
  // In lower case, a letter such as this has one more character.
  const script = `<Script>// ${"İ".repeat(12)}</sCript>`;
  assertEquals(await words(`<div>${script} a <b>b</b></div>`), ["a", "b"]);
  assertEquals(await words("<div><style-guide> a <b>b</b></style-guide></div>"), ["a", "b"]);
});

test("readMarkdown() takes out tags of any length, beyond what is parsed at a time", async () => {
  for (const length of [5_000, 16_300, 16_400, 60_000]) {
    const image = `<img alt='>' src="data:image/png;base64,${"A".repeat(length)}">`;
    assertEquals(await textOf(`${image}\n\nText.`), "Text.");
    const look = await textOf(`Look ${image} here.\n\nText.`);
    assertEquals(look.replace(/\s+/g, " "), "Look here. Text.");
    const path = `<svg>\n<path d="${"M1 2\n".repeat(length / 5)}"/>\n<text>In</text>\n</svg>`;
    assertEquals((await textOf(`${path}\n\nText.`)).replace(/\s+/g, " "), "In Text.");
  }
  // What is never closed is text.
  const open = `if a <b c="${"d ".repeat(20_000)}`;
  assert((await textOf(`${open}\n\nText.`)).length > 39_000);
});

test("readMarkdown() ends an unclosed comment where CommonMark does", async () => {
  assertEquals(await textOf("A <!-- here.\n\nNext."), "A <!-- here.\nNext.");
  assertEquals(await textOf("Text.\n\n<!-- never\n\nclosed"), "Text.");
});

test("readMarkdown() reads headings of any form, with their path and without their anchors", async () => {
  const text = "# One {#one}\n\n####### no\n#no\n\nTwo *x*\nline\n---\n\n### Three `{#a}` ###\n\n" +
    "Four {.wide}\n===\n\n- item\n---\n";
  const headings = (await blocksOf(text)).filter(({ kind }) => kind === "heading");
  assertEquals(headings.map(({ level, headings }) => [level, headings.join(" > ")]), [
    [1, "One"],
    [2, "One > Two *x* line"],
    [3, "One > Two *x* line > Three `{#a}`"],
    [1, "Four"],
  ]);
});

test("readMarkdown() takes from the end of a heading what is an attribute, and nothing else", async () => {
  for (const attributes of ["{#a}", "{.b}", "{: #a .b}", '{#a-1 .b c=d e="f g"}', "{#über}"]) {
    assertEquals(await textOf(`# Title ${attributes}`), "Title");
  }
  for (const text of ["\\{#a\\}", "{.*}", "{.5, 1}", "{# c #}", "{a}", "{}", "{#a} b", "{#a, b}"]) {
    assertEquals(await textOf(`# Title ${text}`), `Title ${text.replaceAll("\\", "")}`);
  }
});

test("readMarkdown() loses nothing to a byte order mark, wherever it stands", async () => {
  const { frontMatter, blocks } = await readMarkdown(["\ufeff", "---\ntitle: T\n---\n# One\n"]);
  assertEquals(frontMatter.title, "T");
  assertEquals((await Array.fromAsync(blocks)).map(({ text }) => text), ["One"]);
  assertEquals(await textOf("\ufeff# One\n\n<b>two</b>"), "One\ntwo");
  // Files that were put together have one in the middle, where a part may begin.
  const marked = "\ufeffTwo <b>words</b>.\n\n".repeat(2_000);
  assertEquals(await textOf(marked), `${"Two words.\n".repeat(2_000)}`.trim());
});

test("readMarkdown() keeps the word of a #tag, and leaves numbers and code", async () => {
  assertEquals(await textOf("#recipe #soup/hot"), "recipe soup/hot");
  assertEquals(await textOf("see #12 and C# and `#x`"), "see #12 and C# and `#x`");
});

test("readMarkdown() reads MDX, and as Markdown what does not parse", async () => {
  const text = "import A from './a'\n\n<Tabs value={a > b}>\n\nIn *tabs*.\n\n</Tabs>\n\n" +
    "{/* hidden */}\n\nSee <A b='c'>this</A> {name}.";
  assertEquals(await textOf(text, true), "In *tabs*.\nSee this {name}.");
  assertEquals(await textOf("a {b <br> 1 < 2", true), "a {b   1 < 2");
});

test("readMarkdown() reads MDX whose elements are longer than a part, and whose tags are cut", async () => {
  const head = 'import A from "./a";\n\nexport const b = {c: 1};\n\n<A>\n\n';
  for (let length = 0; length < 40; length += 5) {
    const steps = Array.from(
      { length: 300 },
      (_, step) => `{/* hidden\n${step} */}\n\n<A\n  b={1}\n  c="d"\n>\n\nStep ${step}.\n\n</A>`,
    );
    const text = `${head}${"x".repeat(length * 3)}\n\n${steps.join("\n\n")}\n\n</A>\n`;
    const found = (await blocksOf(text, true)).filter((block) => !block.text.startsWith("x"));
    assertEquals(found.map((block) => block.text), steps.map((_, step) => `Step ${step}.`));
  }
});

test("readMarkdown() takes line ends of all kinds", async () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["# A", "", "one", "two", "", "```", "x", "```", ""].join(end);
    const expected = ["A", "one\ntwo", "```\nx\n```"];
    assertEquals((await blocksOf(text)).map((block) => block.text), expected);
    assertEquals((await blocksOf([...text])).map((block) => block.text), expected);
  }
});

test("readMarkdown() gives the same blocks wherever the text is cut", async () => {
  const text = Array.from({ length: 2_000 }, (_, at) => `## Part ${at}\r\n\r\nText 🌊 of ${at}.`)
    .join("\r\n\r\n");
  const whole = await blocksOf(text);
  assertEquals(whole.length, 4_000);
  for (const size of [7, 1_000, 20_001]) {
    const pieces = [];
    for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
    assertEquals(await blocksOf(pieces), whole);
  }
});

test("readMarkdown() goes on with code, tables and comments that are longer than a part", async () => {
  const lines = Array.from({ length: 3_000 }, (_, at) => `<b>line ${at}</b>`);
  const code = await blocksOf("```html\n" + lines.join("\n") + "\n```\n\nText <b>after</b>.");
  assertEquals(code.at(-1)?.text, "Text after.");
  const pieces = code.filter(({ kind }) => kind === "code").map(({ text }) => text).join("\n");
  assertEquals(pieces.split("\n").filter((line) => line.startsWith("<b>")), lines);

  const rows = Array.from({ length: 3_000 }, (_, at) => `| ${at} | b |`);
  const tables = await blocksOf("| a | b |\n|---|---|\n" + rows.join("\n"));
  assert(tables.length > 1);
  assert(tables.every(({ kind, text }) => kind === "table" && text.startsWith("| a | b |\n|---")));

  const inside = "a\n\n# b\n\n".repeat(6_000);
  for (
    const [open, close] of [
      ...[["<!--", "-->"], ["<script>", "</script>"], ["<STYLE\nclass='c'>", "</STYLE>"]],
      ...[["<?php", "?>"], ["<![CDATA[", "]]>"]],
    ]
  ) {
    assertEquals(await textOf(`${open}\n${inside}${close}\n\nText.`), "Text.", open);
  }
  const kept = await blocksOf(`<pre lang="text">\n${inside}</pre>\n\nText <b>after</b>.`);
  assert(kept.every(({ kind }) => kind === "text"));
  assertEquals(kept.at(-1)?.text, "Text after.");
});

test("readMarkdown() goes on with code in lists and quotes that is longer than a part", async () => {
  const lines = Array.from({ length: 3_000 }, (_, at) => `# <b>line ${at}</b>`);
  const cases: readonly [first: string, indent: string][] = [
    ["- a", "  "],
    ["1. a\n   - b", "     "],
    ["-   a\n\n    10. b", "        "],
    ["> a", "> "],
    ["> - a", ">   "],
    ["- > a", "  > "],
  ];
  for (const [first, indent] of cases) {
    const code = ["~~~~sh", ...lines, "~~~", "~~~~"].map((line) => indent + line).join("\n");
    const blocks = await blocksOf(`${first}\n${indent}\n${code}\n\n# Next <b>one</b>`);
    assertEquals(blocks.filter(({ kind }) => kind === "heading").map(({ text }) => text), [
      "Next one",
    ]);
    const found = blocks.flatMap(({ text }) => text.split("\n")).filter((line) =>
      line.includes("<b>")
    );
    assertEquals(found, lines.map((line) => indent + line), first);
  }
});

test("readMarkdown() parses no more than 1,024 lines at a time", async () => {
  const items = "- a\n".repeat(4_000);
  const blocks = await blocksOf(items);
  assertEquals(blocks.map(({ text }) => text.split("\n").length), [1_024, 1_024, 1_024, 928]);
  assertEquals((await blocksOf("A\n=\n".repeat(4_000))).length, 4_000);
});

test("readMarkdown() parses hostile input in bounded parts, and loses none of it", async () => {
  for (const unit of ["`", "<`", "[", "*a", "[a](", "> ", ">", "1. ", "+ ", "| ", "<!--a ", "* "]) {
    const text = unit.repeat(100_000 / unit.length);
    const blocks = await blocksOf(text);
    assert(blocks.every((block) => block.text.length <= 16 * 1024));
    const isHidden = unit.startsWith("<!--") || unit.startsWith("*") && unit.endsWith(" ");
    const length = blocks.reduce((sum, block) => sum + block.text.trim().length, 0);
    assert(isHidden || length > 49_000, `${unit}: ${length}`);
  }
});

test("readMarkdown() takes for HTML and titles that have no end no more time than for code", async () => {
  const time = async (unit: string) => {
    let leastMs = Infinity;
    for (let round = 0; round < 3; round++) {
      const began = performance.now();
      assertEquals((await textOf(unit.repeat(16_000 / unit.length))).length > 15_000, true);
      leastMs = Math.min(leastMs, performance.now() - began);
    }
    return leastMs;
  };
  const codeMs = await time("`a` ");
  for (const unit of ["a <?", "a <!A ", "a <!-- b ", "a <![CDATA[", "> a <?\n", "[a](b ("]) {
    assert(await time(unit) < codeMs * 8, unit);
  }
  assertEquals(
    await textOf("a <? b ?> c <!A d> e <![CDATA[f]]> g <!h\n\n<? > ?>i"),
    "a  c  e  g <!h\ni",
  );
});

test("readMarkdown() reads no further than it is asked for, and closes what it reads", async () => {
  let read = 0;
  let closed = false;
  function* pieces(): Generator<string> {
    try {
      for (;;) yield `# Part ${read++}\n\n${"word ".repeat(400)}\n\n`;
    } finally {
      closed = true;
    }
  }
  const { blocks } = await readMarkdown(pieces());
  for await (const { text } of blocks) if (text === "Part 3") break;
  assert(read < 15, `read ${read}`);
  assertEquals(closed, true);
});

test("readMarkdown() takes front matter that names its language apart, and runs none", async () => {
  for (
    const [name, fields, title] of [
      ["yaml", "title: T", "T"],
      ["toml", 'title = "T"', "T"],
      ["json", '{ "title": "T" }', "T"],
      ["js", 'module.exports = { title: "T" }', ""],
    ]
  ) {
    const text = `---${name}\n${fields}\n---\nText.\n`;
    assertEquals([(await frontMatterOf(text)).title, await textOf(text)], [title, "Text."]);
  }
  assertEquals(await textOf("---other\nText.\n"), "---other\nText.");
});

test("readMarkdown() gives text as its reader sees it, and code as it is written", async () => {
  const text = "Caf&eacute; AT&amp;T &#x263A; snake\\_case 1\\. &unknown; &lt;b&gt;";
  assertEquals(await textOf(text), "Café AT&T ☺ snake_case 1. &unknown; <b>");
  assertEquals(await textOf("# R&amp;D {#rd}\n"), "R&D");
  assertEquals(await textOf("<p>Caf&eacute; <b>&lt;</b></p>\n"), "Café <");
  assertEquals(
    await textOf("`&amp; \\_` and\n\n```\n&amp; \\_\n```\n"),
    "`&amp; \\_` and\n```\n&amp; \\_\n```",
  );
  assertEquals(await textOf("A &#27;[31m.\n"), "A \ufffd[31m.");
});
