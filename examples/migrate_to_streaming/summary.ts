import type { WordVector } from "./work.ts";

/** What the programs find out about a folder. */
export interface Summary {
  chunkCount: number;
  /** How often each word is in all chunks. */
  readonly words: Map<string, number>;
}

/** The summary of no chunks. */
export function createSummary(): Summary {
  return { chunkCount: 0, words: new Map() };
}

/** Adds one chunk. */
export function addTo(summary: Summary, { counts }: WordVector): Summary {
  summary.chunkCount++;
  for (const [word, count] of counts) {
    summary.words.set(word, (summary.words.get(word) ?? 0) + count);
  }
  return summary;
}
