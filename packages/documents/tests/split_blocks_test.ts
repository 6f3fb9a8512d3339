import {
  type DocumentChunk,
  loadTokenCounter,
  readMarkdown,
  splitBlocks,
  type SplitOptions,
} from "@headrace/documents";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { test } from "../../../tests/harness.ts";

// The same cases each time.
fc.configureGlobal({ seed: 20261127 });

const countTokens = await loadTokenCounter();

async function split(text: string, options: Partial<SplitOptions> = {}): Promise<DocumentChunk[]> {
  const { blocks } = await readMarkdown([text]);
  return await Array.fromAsync(splitBlocks(blocks, { countTokens, maxTokens: 64, ...options }));
}

const words = (count: number, word = "word") =>
  Array.from({ length: count }, (_, at) => `${word}${at}`).join(" ");

test("splitBlocks() holds the least limits, whatever counts the tokens", async () => {
  const countBytes = (text: string) => new TextEncoder().encode(text).length;
  const word = "0f3a9c1e7b5d2468".repeat(3) + "ä".repeat(40);
  for (const text of [word, `${words(9)} ${word}`, `| a |\n|---|\n| ${word} |\n| b |`]) {
    for (const countTokens of [countBytes, await loadTokenCounter()]) {
      for (const maxTokens of [16, 31]) {
        const chunks = await split(text, { countTokens, maxTokens });
        for (const { text } of chunks) assert(countTokens(text) <= maxTokens, text);
        const all = chunks.map(({ text }) => text.replace(/\| a \|\n\|-+\|\n/, "")).join("");
        assert(all.includes(word), all);
      }
    }
  }
});

test("splitBlocks() counts what stands between the parts of a chunk as its counter does", async () => {
  const countChars = (text: string) => text.length;
  const text = Array.from({ length: 20 }, (_, at) => `${words(1 + at % 3)}.`).join("\n\n");
  for (let maxTokens = 16; maxTokens < 64; maxTokens++) {
    for (const overlapTokens of [0, 4]) {
      const chunks = await split(text, { countTokens: countChars, maxTokens, overlapTokens });
      for (const { text } of chunks) assert(text.length <= maxTokens, `${maxTokens}: ${text}`);
    }
  }
});

test("splitBlocks() holds its limit, whatever the text", async () => {
  const line = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.constantFrom(
      "# A",
      "## B",
      "",
      "```",
      "| a | b |\n|---|---|\n| c | d |",
      "- item",
      "    code",
    ),
    fc.constantFrom(words(200), "長い文章です。".repeat(60), "x".repeat(900), "🌊".repeat(100)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
      for (const { text, tokens } of await split(lines.join("\n"), { overlapTokens: 8 })) {
        assertEquals(tokens, countTokens(text));
        assert(tokens <= 64 && tokens > 0 && text.isWellFormed(), `${tokens}: ${text}`);
      }
    }),
    { numRuns: 150 },
  );
});

test("splitBlocks() never leaves a heading at the end above text of the next chunk", async () => {
  for (let before = 30; before < 64; before++) {
    const chunks = await split(`# A\n\n${"a ".repeat(before)}\n\n## B\n\n### C\n\n${words(12)}`);
    for (const { text } of chunks.slice(0, -1)) {
      assert(!text.slice(text.lastIndexOf("\n") + 1).startsWith("#"), text);
    }
    assert(chunks.at(-1)?.text.includes("### C\n\nword0"));
  }
});

test("splitBlocks() keeps the titles of sections that have no text, and long ones", async () => {
  const titles = Array.from({ length: 60 }, (_, at) => `Title${at} of a section`);
  for (const levels of [[1], [2, 2, 3], [1, 2, 3, 4, 5, 6]]) {
    for (const end of ["", `\n\n${words(30)}`]) {
      const lines = titles.map((title, at) =>
        `${"#".repeat(levels[at % levels.length]!)} ${title}`
      );
      const chunks = await split(lines.join("\n\n") + end);
      const found = chunks.map(({ text }) => text).join("\n");
      assertEquals(titles.filter((title) => !found.includes(title)), []);
      assert(chunks.every(({ tokens }) => tokens <= 64) && chunks.length < 30);
    }
  }
  for (const around of ["", "\n\na few words\n\n"]) {
    const chunks = await split(`${around}## ${words(150)}${around}# Next${around}`);
    const found = chunks.map(({ text }) => text).join(" ").match(/word\d+/g);
    assertEquals(found, words(150).split(" "));
  }
});

test("splitBlocks() leaves titles in their order where the text has no room below all of them", async () => {
  const text = `# A ${words(4)}\n\n## B ${words(4)}\n\n## C ${words(4)}\n\n${words(20, "text")}`;
  const countWords = (text: string) => text.split(/\s+/).length;
  for (let maxTokens = 16; maxTokens < 44; maxTokens++) {
    const chunks = await split(text, { countTokens: countWords, maxTokens, minTokens: 0 });
    assertEquals(chunks.map((chunk) => chunk.text).join("\n\n").split(/\s+/), text.split(/\s+/));
  }
});

test("splitBlocks() keeps the path of headings, and the shared part for joined sections", async () => {
  const text = `# A\n\n## B\n\n${words(25)}\n\n### C\n\n${words(25)}\n\n## D\n\n${
    words(4)
  }\n\n## E\n\n${words(4)}`;
  const chunks = await split(text);
  assertEquals(chunks.map(({ headings }) => headings), [["A", "B"], ["A", "B", "C"], ["A"]]);
  assertEquals(chunks.at(-1)?.text, `## D\n\n${words(4)}\n\n## E\n\n${words(4)}`);
});

test("splitBlocks() begins each piece of a table with its header", async () => {
  const header = "| name | value |\n|---|---|\n";
  const rows = Array.from({ length: 60 }, (_, at) => `| row ${at} | ${at} |`);
  const chunks = await split(`# T\n\n${header}${rows.join("\n")}`);
  assert(chunks.length > 5);
  for (const { text } of chunks) assert(text.replace("# T\n\n", "").startsWith(header), text);
  const found = chunks.flatMap(({ text }) => text.split("\n")).filter((line) =>
    rows.includes(line)
  );
  assertEquals(found, rows);
});

test("splitBlocks() cuts Chinese, Japanese, Hindi and Arabic between words", async () => {
  const texts = {
    zh: "涡轮机必须在维护之前关闭并且断开电源",
    ja: "保守の前にタービンを停止しなければなりません",
    hi: "रखरखाव से पहले टरबाइन बंद होना चाहिए",
    ar: "يجب إيقاف تشغيل التوربينات قبل الصيانة",
  };
  const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  for (const sentence of Object.values(texts)) {
    const text = Array(20).fill(sentence).join(" ");
    const edges = new Set([text.length]);
    for (const { index, segment } of segmenter.segment(text)) {
      edges.add(index).add(index + segment.length);
    }
    let at = 0;
    const chunks = await split(text);
    assert(chunks.length > 2);
    for (const chunk of chunks) {
      const start = text.indexOf(chunk.text, at);
      assert(start >= at && text.slice(at, start).trim() === "", "text is lost");
      at = start + chunk.text.length;
      assert(edges.has(start) && edges.has(at), chunk.text);
    }
    assertEquals(at, text.length);
  }
});

test("splitBlocks() repeats the last words of text that is cut, and none of code", async () => {
  const [first, second] = await split(words(100), { overlapTokens: 10 });
  const last = first?.text.split(" ").at(-1) ?? "";
  assert(second?.text.split(" ").slice(0, 6).includes(last));
  const lines = Array.from({ length: 100 }, (_, at) => `  line(${at})`);
  const code = await split("```\n" + lines.join("\n") + "\n```", { overlapTokens: 10 });
  assertEquals(code.flatMap(({ text }) => text.split("\n")).slice(1, -1), lines);
});

test("splitBlocks() takes a counter of its own, and refuses limits out of range", async () => {
  const chunks = await split(words(40), { countTokens: (text) => text.length, maxTokens: 50 });
  assert(chunks.length > 4 && chunks.every(({ text }) => text.length <= 50));
  for (const count of [() => NaN, () => -1, () => Promise.resolve(5), () => [1, 2]]) {
    const message = "what countTokens returns must be a number that is not negative";
    await assertRejects(() => split("a", { countTokens: count as never }), TypeError, message);
  }
  const options = (change: Partial<SplitOptions>) => ({ countTokens, ...change });
  assertThrows(
    () => splitBlocks([], options({ maxTokens: 3 })),
    RangeError,
    "Cannot call splitBlocks: maxTokens must be a whole number from 16 to 9007199254740991, got 3",
  );
  assertThrows(
    () => splitBlocks([], { ...options({}), maxToken: 64 } as never),
    TypeError,
    'Cannot call splitBlocks: unknown option "maxToken"; it has countTokens, maxTokens, minTokens',
  );
  assertThrows(() => splitBlocks([], options({ minTokens: 600 })), RangeError, "minTokens");
  assertThrows(() => splitBlocks([], options({ overlapTokens: 400 })), RangeError, "overlapTokens");
});

test("loadTokenCounter() counts both encodings, marks of models too, and refuses others", async () => {
  const o200k = await loadTokenCounter("o200k_base");
  assertEquals(countTokens("Hello world"), 2);
  assertEquals(o200k("Hello world"), 2);
  assert(countTokens("<|endoftext|>") > 1);
  assertEquals(countTokens("word ".repeat(1_000)) >= 1_000, true);
  // @ts-expect-error: no encoding
  await assertRejects(() => loadTokenCounter("p50k"), TypeError, "p50k");
});
