import { equal, ok } from "node:assert/strict";
import { LexicalEmbedder } from "@headrace/documents";
import { test } from "../../../tests/harness.ts";

async function embed(...texts: string[]): Promise<readonly Float32Array[]> {
  return await new LexicalEmbedder().embed(texts);
}

function similarity(one: Float32Array | undefined, other: Float32Array | undefined): number {
  ok(one !== undefined && other !== undefined);
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}

test("LexicalEmbedder gives 1024 numbers of length 1, the same each time", async () => {
  const [one, same] = await embed("The mill wheel turns.", "the MILL  wheel, turns");
  equal(one?.length, 1024);
  ok(Math.abs(similarity(one, one) - 1) < 1e-5);
  ok(Math.abs(similarity(one, same) - 1) < 1e-5);
});

test("LexicalEmbedder finds texts that share words, or parts of words, closer", async () => {
  const [question, answer, inflected, other] = await embed(
    "How are the river gates opened?",
    "The gates of the river are opened by hand.",
    "Opening rivers: gated",
    "Salt marshes flood at high tide.",
  );
  ok(similarity(question, answer) > similarity(question, inflected) + 0.2);
  ok(similarity(question, inflected) > similarity(question, other) + 0.1);
});

test("LexicalEmbedder gives zeros for a text without words", async () => {
  const [empty] = await embed("… !");
  ok(empty?.every((value) => value === 0));
});
