import type { Embedder } from "./embedder.ts";
import type { Chunk } from "./split.ts";
import type { EmbeddedChunk } from "./store.ts";

/** How many chunks go to the embedder, and into one transaction. */
export const BATCH_SIZE = 50;

/** A chunk and what the embedder gets to see of it. */
export interface BatchItem {
  readonly chunk: Chunk;
  readonly input: string;
}

/** The headings and tags say what a text from the middle of a document is about. */
export function embeddingInput({ headings, tags, text }: Chunk, endOfText: string): string {
  const above = [headings.join(" > "), tags.join(" ")].filter((line) => line !== "");
  return [...above, text].join("\n") + endOfText;
}

/** Asks the embedder for the vectors of a batch. */
export async function embedBatch(
  embedder: Embedder,
  batch: readonly BatchItem[],
  signal: AbortSignal,
): Promise<EmbeddedChunk[]> {
  const vectors = await embedder.embed(batch.map(({ input }) => input), signal);
  return batch.map(({ chunk }, at) => ({ ...chunk, vector: vectorAt(vectors, at) }));
}

function vectorAt(vectors: readonly Float32Array[], at: number): Float32Array {
  const vector = vectors[at];
  if (vector === undefined) throw new Error(`The embedder gave no vector for text ${at}`);
  return vector;
}
