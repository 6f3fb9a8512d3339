import { loadTokenCounter } from "@headrace/documents";
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { cleanDocument } from "../clean.ts";
import { SkipFileError } from "@headrace/documents/files";
import { type Chunk, embeddingInput, MAX_CHUNK_TOKENS, splitDocument } from "../split.ts";
import { writeText } from "./helpers/documents.ts";

const signal = new AbortController().signal;

const countTokens = await loadTokenCounter();

async function splitText(text: string): Promise<Chunk[]> {
  const source = { path: "/a.md", hash: "1", text: () => [text] };
  return await Array.fromAsync(splitDocument(cleanDocument(source), signal));
}

const headingsOf = (chunks: readonly Chunk[]) => chunks.map((chunk) => chunk.headings.join(" > "));

Deno.test("splitDocument() gives chunks of up to 256 tokens, numbered, the last marked", async () => {
  for (const length of [301, 999, 1001, 1250, 2500, 10_000, 100_000]) {
    for (const seed of [1, 2, 3]) {
      const chunks = await splitText(writeText(seed, length));
      deepEqual(chunks.map((chunk) => chunk.position), chunks.map((_, at) => at));
      deepEqual(chunks.map((chunk) => chunk.last), chunks.map((_, at) => at === chunks.length - 1));
      for (const { text } of chunks) {
        ok(countTokens(text) <= MAX_CHUNK_TOKENS, `got ${countTokens(text)}`);
      }
    }
  }
});

Deno.test("splitDocument() loses no text and cuts between words", async () => {
  for (const length of [1_500, 5_000, 90_000]) {
    const text = writeText(length, length).replaceAll("\n\n", "\n");
    const chunks = await splitText(text);
    let covered = 0;
    for (const chunk of chunks) {
      const start = text.indexOf(chunk.text, Math.max(0, covered - 2_000));
      ok(start !== -1 && start <= covered + 1, `gap before ${start}, covered ${covered}`);
      ok(start === 0 || /\s/.test(text[start - 1] ?? ""), "starts inside a word");
      covered = start + chunk.text.length;
      ok(covered === text.length || /\s/.test(text[covered] ?? ""), "ends inside a word");
    }
    equal(covered, text.length);
  }
});

Deno.test("splitDocument() lets neighbouring chunks of a long paragraph overlap by some words", async () => {
  const text = writeText(5, 5_000).replaceAll("\n\n", " ");
  const chunks = await splitText(text);
  let end = 0;
  for (const chunk of chunks) {
    const start = text.indexOf(chunk.text);
    if (end > 0) ok(end - start > 0 && countTokens(` ${text.slice(start, end)}`) <= 24);
    end = start + chunk.text.length;
  }
});

Deno.test("splitDocument() keeps the path of headings", async () => {
  const body = (seed: number) => writeText(seed, 400);
  const text = `# A\n\n${body(1)}\n\n## B ##\n\n${body(2)}\n\n### C\n\n${body(3)}\n\n## D\n\n${
    body(4)
  }`;
  const chunks = await splitText(text);
  deepEqual(headingsOf(chunks), ["A", "A > B", "A > B > C", "A > D"]);
  ok(chunks[1]?.text.startsWith("## B\n"));
});

Deno.test("splitDocument() begins the path with the title of the front matter", async () => {
  const text = `---\ntitle: Guide\n---\n# Start\n\n${writeText(1, 400)}`;
  deepEqual(headingsOf(await splitText(text)), ["Guide > Start"]);
  deepEqual(headingsOf(await splitText(text.replace("Start", "Guide"))), ["Guide"]);
});

Deno.test("embeddingInput() puts the innermost headings and the first tags above a text, within bounds", () => {
  const place = { path: "/a.md", hash: "1", position: 0, last: true, text: "Text." };
  const inputOf = (headings: string[], tags: string[]) =>
    embeddingInput({ ...place, headings, tags }, "<end>");
  equal(inputOf([], []), "Text.<end>");
  equal(inputOf(["A", "B"], ["x", "y"]), "A > B\nx y\nText.<end>");
  equal(inputOf(["a".repeat(200), "b".repeat(100), "c"], []), `${"b".repeat(100)} > c\nText.<end>`);
  equal(inputOf(["😀".repeat(200)], []), `${"😀".repeat(128)}\nText.<end>`);
  const [, tags = ""] = inputOf(["A"], Array.from({ length: 2_000 }, (_, at) => `t${at}`)).split(
    "\n",
  );
  ok(tags.startsWith("t0 t1 ") && tags.length < 400, tags);
});

Deno.test("splitDocument() puts short sections together under the headings they share", async () => {
  const text = `# A\n\n## B\n\n${writeText(1, 160)}\n\n## C\n\n${writeText(2, 200)}\n\n# Next\n\n${
    writeText(3, 500)
  }`;
  deepEqual(headingsOf(await splitText(text)), ["A", "Next"]);
  deepEqual(headingsOf(await splitText(`# A\n\n## B\n\n${writeText(1, 400)}`)), ["A > B"]);
});

Deno.test("splitDocument() splits text without spaces or line ends, and no character in two", async () => {
  const chunks = await splitText("😀".repeat(40_000));
  equal(
    chunks.every(({ text }) => countTokens(text) <= MAX_CHUNK_TOKENS && text.isWellFormed()),
    true,
  );
  ok(chunks.length >= 80);
});

Deno.test("splitDocument() skips a document without text", async () => {
  for (const text of [" \n\n\t\n", "---\ntitle: x\n---\n", "<!-- nothing -->\n"]) {
    await rejects(splitText(text), SkipFileError);
  }
});

Deno.test("splitDocument() reads no further than the chunk it is asked for", async () => {
  let read = 0;
  function* pieces(): Generator<string> {
    for (read = 1; read <= 1000; read++) yield `# Part ${read}\n\n${writeText(read, 2_000)}\n\n`;
  }
  const source = { path: "/a.md", hash: "1", text: pieces };
  for await (const chunk of splitDocument(cleanDocument(source), signal)) {
    if (chunk.position === 3) break;
  }
  ok(read < 20, `read ${read} pieces`);
});
