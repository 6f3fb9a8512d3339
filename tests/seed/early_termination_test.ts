// The document's example 3: a search that stops as soon as it has enough.

import { assertEquals } from "@std/assert";
import { createStep, createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";

interface SearchQuery {
  readonly text: string;
}

interface Hit {
  readonly id: number;
  readonly score: number;
}

/** Answers with ever more hits, the best first, and keeps count of them. */
function createVectorSearch() {
  const found: number[] = [];
  let closed = 0;
  const step = createStreamingStep<SearchQuery, Hit>("vectorSearch", async function* ({ input }) {
    for await (const query of input) {
      try {
        for (let id = 0;; id++) {
          found.push(id);
          yield { id, score: query.text.length / (id + 1) };
        }
      } finally {
        closed++;
      }
    }
  });
  return { step, found, closed: () => closed };
}

test("example 3: early termination", async () => {
  const { step: vectorSearchStep, found, closed } = createVectorSearch();
  const reranked: number[] = [];
  const rerankStep = createStep("rerank", async ({ input: hit }: { input: Hit }) => {
    reranked.push(hit.id);
    return await { ...hit, score: hit.score * 2 };
  });
  const query = { text: "mill" };

  const searchPipeline = StreamingPipeline.start<SearchQuery>()
    .add("search", vectorSearchStep)
    .take("topResults", 10) // Only take top 10
    .map("rerank", rerankStep)
    .take("bestResults", 3); // Only take top 3 after reranking

  const results = await searchPipeline.executeToArray(query);

  assertEquals(results.map(({ id }) => id), [0, 1, 2]);
  assertEquals(reranked, [0, 1, 2], "reranks no more than it is asked for");
  assertEquals(found, [0, 1, 2], "searches no further than it is asked for");
  assertEquals(closed(), 1);
});

test("example 3: a later stage that wants everything gets the ten of the first take", async () => {
  const { step: vectorSearchStep, found, closed } = createVectorSearch();
  const searchPipeline = StreamingPipeline.start<SearchQuery>()
    .add("search", vectorSearchStep)
    .take("topResults", 10)
    .map("rerank", (hit) => hit.score)
    .batch("all", 100);

  const [scores] = await searchPipeline.executeToArray({ text: "mill" });

  assertEquals(scores?.length, 10);
  assertEquals(found.length, 10);
  assertEquals(closed(), 1);
});
