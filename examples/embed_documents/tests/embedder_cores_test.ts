import { deepStrictEqual as equal, rejects, strictEqual } from "node:assert/strict";
import { type Embedder, LexicalEmbedder } from "@headrace/documents";
import { CoresEmbedder } from "../embedder_cores.ts";

const TEXTS = Array.from({ length: 45 }, (_, at) => `Mill number ${at} feeds wheel ${at * 7}`);
const { signal } = new AbortController();

Deno.test("CoresEmbedder gives the vectors of the lexical embedder, in order", async () => {
  const lexical = new LexicalEmbedder();
  await using cores = new CoresEmbedder(lexical);

  equal(await cores.embed(TEXTS, signal), await lexical.embed(TEXTS));
  strictEqual(cores.model, lexical.model);
});

Deno.test("CoresEmbedder works without a file for its workers, as in a bundle", async () => {
  const lexical = new LexicalEmbedder();
  await using cores = new CoresEmbedder(lexical, new URL("./nowhere.ts", import.meta.url));

  equal(await cores.embed(TEXTS, signal), await lexical.embed(TEXTS));
});

Deno.test("CoresEmbedder leaves other embedders as they are", async () => {
  const failure = new Error("not today");
  const other: Embedder = { model: "other", embed: () => Promise.reject(failure) };
  await using cores = new CoresEmbedder(other);

  await rejects(() => cores.embed(TEXTS, signal), failure);
});

Deno.test("CoresEmbedder is aborted by its signal", async () => {
  await using cores = new CoresEmbedder(new LexicalEmbedder());
  const reason = new Error("enough");

  await rejects(() => cores.embed(TEXTS, AbortSignal.abort(reason)), reason);
});
