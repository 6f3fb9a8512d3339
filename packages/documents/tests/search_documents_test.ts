import { type Embedder, EmbeddingAnswerError, LexicalEmbedder } from "@headrace/documents";
import {
  type DocumentStore,
  type EmbeddedChunk,
  type Match,
  searchDocuments,
  type SearchOptions,
  SqliteDocumentStore,
  StoreError,
} from "@headrace/documents/store";
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { TestFolder } from "./support/folder.ts";

const { signal } = new AbortController();

async function fill(store: DocumentStore, embedder: Embedder, texts: Record<string, string[]>) {
  for (const [path, chunks] of Object.entries(texts)) {
    const vectors = await embedder.embed(chunks, signal);
    await store.save(chunks.map((text, position): EmbeddedChunk => ({
      ...{ path, hash: path, position, headings: [], text, input: `${path} ${position}` },
      vector: vectors[position]!,
      last: position === chunks.length - 1,
    })));
  }
}

test("searchDocuments() finds what answers a question, in any language, once for each document", async () => {
  await using folder = await TestFolder.create();
  const embedder = new LexicalEmbedder();
  using store = new SqliteDocumentStore(folder.join("a.db"), embedder.model);
  await fill(store, embedder, {
    "/mill": ["The mill wheel turns.", "The mill wheel stands still.", "The wheel is oiled."],
    "/boat": ["A boat sails to the mill."],
    "/zh": ["\u5728\u9879\u76ee\u91cc\u4fdd\u5b58\u5bc6\u94a5"],
    "/emoji": ["\u2728 \ud83c\udf89"],
  });
  const ask = async (question: string, options: object = {}) =>
    (await searchDocuments({ store, embedder, question, ...options })).map(({ path }) => path);
  assertEquals((await ask("When does the mill wheel turn?"))[0], "/mill");
  assertEquals(await ask("\u5bc6\u94a5"), ["/zh"]);
  assertEquals(await ask("\u2728"), []);
  const once = await ask("the mill wheel", { onePerDocument: true });
  assertEquals(once.length, new Set(once).size);
  assertEquals(once.slice(0, 2), ["/mill", "/boat"]);
  assertEquals((await ask("the mill wheel", { count: 2 })).length, 2);
  assertEquals(await ask("the mill wheel", { minScore: 0.99 }), []);
});

test("searchDocuments() works on any store, also one that answers later", async () => {
  const asked: unknown[] = [];
  const match: Match = { path: "/a", headings: [], text: "a", score: 1 };
  const store = {
    search(vector: Float32Array, count: number, options?: SearchOptions) {
      asked.push([vector.length, count, options]);
      return Promise.resolve([match]);
    },
  } as unknown as DocumentStore;
  const embedder: Embedder = { model: "m", embed: () => Promise.resolve([Float32Array.of(1, 2)]) };
  assertEquals(await searchDocuments({ store, embedder, question: "Where?" }), [match]);
  assertEquals(asked, [[2, 5, { text: "Where?", minScore: undefined, onePerDocument: undefined }]]);
});

test("searchDocuments() refuses requests that are not valid, and ends with its signal", async () => {
  await using folder = await TestFolder.create();
  const embedder = new LexicalEmbedder();
  using store = new SqliteDocumentStore(folder.join("a.db"), embedder.model);
  const ask = (request: object) =>
    searchDocuments({ store, embedder, question: "Where?", ...request });
  await assertRejects(() => ask({ question: " " }), TypeError, "a text that is not blank");
  await assertRejects(() => ask({ count: 0 }), RangeError, "count must be an integer of 1 to 1000");
  for (const minScore of [NaN, 2]) {
    await assertRejects(() => ask({ minScore }), RangeError, "minScore must be a number from -1");
  }
  await assertRejects(() => ask({ top: 3 }), TypeError, 'unknown option "top"');
  const other = {
    model: "other",
    embed: (texts: readonly string[]) => embedder.embed(texts, signal),
  };
  const refused = await assertRejects(() => ask({ embedder: other }), StoreError, '"other"');
  assertEquals(refused.code, "OTHER_MODEL");
  const vector = Float32Array.of(1, 2);
  for (const vector of [[], [NaN], [1, Infinity]]) {
    const odd = { ...other, model: store.model, embed: () => [Float32Array.from(vector)] };
    await assertRejects(() => ask({ embedder: odd }), EmbeddingAnswerError, "empty or not finite");
  }
  for (const [vectors, got] of [[[], "0"], [[vector, vector], "2"], [undefined, "undefined"]]) {
    const odd = { ...other, model: store.model, embed: () => vectors };
    await assertRejects(
      () => ask({ embedder: odd }),
      EmbeddingAnswerError,
      `The embedder must answer with one vector for the question, got ${got}`,
    );
  }
  const reason = new Error("enough");
  const error = await ask({ signal: AbortSignal.abort(reason) }).catch((error) => error);
  assertEquals(error, reason);
});
