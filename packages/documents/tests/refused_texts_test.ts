import {
  type Embedder,
  EmbeddingAnswerError,
  EmbeddingHttpError,
  TextEmbedder,
} from "@headrace/documents";
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { type Item, items, TestEmbedder, TestMemory } from "./support/test_embedder.ts";

const { signal } = new AbortController();

test("TextEmbedder halves what is refused until a single text is, and what cannot be used", async () => {
  const bad: Record<string, (vectors: Float32Array[]) => Float32Array[]> = {
    "too few": (vectors) => vectors.slice(1),
    "not finite": (vectors) => vectors.map(() => Float32Array.of(NaN, 1)),
    "empty": (vectors) => vectors.map(() => Float32Array.of()),
    "of another length": (vectors) => [...vectors.slice(1), Float32Array.of(1, 2, 3)],
  };
  for (const [what, spoil] of Object.entries(bad)) {
    const embedder: Embedder = {
      model: "test",
      embed: (texts) => {
        const vectors = texts.map(({ length }) => Float32Array.of(1, length));
        return Promise.resolve(texts.includes("bad") ? spoil(vectors) : vectors);
      },
    };
    const texts = new TextEmbedder<Item>({ embedder });
    const answers = await texts.embed(items("a", "b", "bad", "c", "d"), signal);
    assertEquals(
      answers.map((answer) => "vector" in answer),
      [true, true, false, true, true],
      what,
    );
  }
});

test("TextEmbedder remembers no refusal of an embedder that takes nothing", async () => {
  const memory = new TestMemory();
  const none = new TextEmbedder<Item>({ embedder: new TestEmbedder(() => true), memory });
  await assertRejects(() => none.embed(items("a", "b"), signal), EmbeddingHttpError);
  assertEquals(memory.known.size, 0);

  // A good text is taken: so the fault is that of the text.
  const some = new TextEmbedder<Item>({
    embedder: new TestEmbedder((text) => text === "a"),
    memory,
  });
  const [answer] = await some.embed(items("a"), signal);
  assertEquals("refusal" in answer!, true);
  assertEquals(memory.known.size, 1);
});

test("TextEmbedder remembers no refusal of an embedder that takes nothing any more", async () => {
  const refusal = new EmbeddingAnswerError("0 vectors");
  for (const maxCallTexts of [1, 96]) {
    let isDown = false;
    const inner = new TestEmbedder();
    const embedder: Embedder = {
      model: "test",
      embed: (texts) => isDown ? Promise.reject(refusal) : inner.embed(texts),
    };
    const memory = new TestMemory();
    const texts = new TextEmbedder<Item>({ embedder, memory, maxCallTexts });
    await texts.embed(items("a", "b", "c"), signal);
    isDown = true;
    const batch = items("d", "e", "f");
    await assertRejects(() => texts.embed(batch, signal), EmbeddingAnswerError, "0 vectors");
    assertEquals(memory.known.size, 0);
    isDown = false;
    const answers = await texts.embed(batch, signal);
    assertEquals(answers.every((answer) => "vector" in answer), true);
  }
});

test("TextEmbedder refuses no text that was answered wrongly once", async () => {
  const memory = new TestMemory();
  const inner = new TestEmbedder();
  const embedder: Embedder = {
    model: "test",
    embed: async (texts) => (await inner.embed(texts)).slice(inner.calls.length === 1 ? 1 : 0),
  };
  const [answer] = await new TextEmbedder<Item>({ embedder, memory }).embed(items("a"), signal);
  assertEquals("vector" in answer!, true);
  assertEquals(inner.calls, [["a"], ["text"], ["a"]]);
  assertEquals(memory.known.size, 0);
});

test("TextEmbedder throws what keeps the good text from being tried, so that a retry goes on", async () => {
  const inner = new TestEmbedder((text) => text === "bad");
  let isDown = true;
  const details = { detail: "", status: 503, headers: new Headers() };
  const embedder: Embedder = {
    model: "test",
    embed: (texts) =>
      texts.includes("text") && isDown
        ? Promise.reject(new EmbeddingHttpError(details))
        : inner.embed(texts),
  };
  const texts = new TextEmbedder<Item>({ embedder });
  const batch = items("bad", "good");
  const error = await assertRejects(() => texts.embed(batch, signal), EmbeddingHttpError);
  assertEquals(error.status, 503);
  isDown = false;
  const answers = await texts.embed(batch, signal);
  assertEquals(answers.map((answer) => "vector" in answer), [false, true]);
});

test("TextEmbedder keeps to the length of its first vectors, and refuses no text for another", async () => {
  let length = 2;
  const memory = new TestMemory();
  const embedder: Embedder = {
    model: "test",
    embed: (texts) => Promise.resolve(texts.map(() => new Float32Array(length).fill(1))),
  };
  const texts = new TextEmbedder<Item>({ embedder, memory });
  await texts.embed(items("a"), signal);
  length = 3;
  await assertRejects(() => texts.embed(items("b"), signal), Error, "3 dimensions, before with 2");
  assertEquals(memory.known.size, 0);
});
