import { equal, ok } from "node:assert/strict";
import { LexicalEmbedder } from "../embedder_lexical.ts";

async function embed(...texts: string[]): Promise<readonly Float32Array[]> {
  return await new LexicalEmbedder().embed(texts);
}

function similarity(one: Float32Array | undefined, other: Float32Array | undefined): number {
  ok(one !== undefined && other !== undefined);
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}

Deno.test("LexicalEmbedder gives 1024 numbers of length 1, the same each time", async () => {
  const [one, same] = await embed("The mill wheel turns.", "the MILL  wheel, turns");
  equal(one?.length, 1024);
  ok(Math.abs(similarity(one, one) - 1) < 1e-5);
  ok(Math.abs(similarity(one, same) - 1) < 1e-5);
});

Deno.test("LexicalEmbedder finds texts that share words, or parts of words, closer", async () => {
  const [question, answer, inflected, other] = await embed(
    "How is the batch size chosen?",
    "The size of a batch is chosen by the embedder.",
    "Batching: choose sizes.",
    "Salt marshes flood at high tide.",
  );
  ok(similarity(question, answer) > similarity(question, inflected));
  ok(similarity(question, inflected) > similarity(question, other) + 0.05);
});

Deno.test("LexicalEmbedder gives zeros for a text without words", async () => {
  const [empty] = await embed("… !");
  ok(empty?.every((value) => value === 0));
});
