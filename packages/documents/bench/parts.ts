// What all ways to bring a database up to date with a folder have in common: the parts of the package.

import {
  type Embedder,
  LexicalEmbedder,
  loadTokenCounter,
  readMarkdown,
  splitBlocks,
  type SplitOptions,
  type TokenCounter,
} from "@headrace/documents";
import { SkipFileError, type TextFile } from "@headrace/documents/files";
import type { PlacedChunk } from "@headrace/documents/store";
import { writeSync } from "node:fs";

export const PATTERN = "**/*.{md,mdx}";
export const SETTINGS = "bench-1";
export const BATCH_SIZE = 50;
export const MAX_CHUNK_TOKENS = 256;
export const OVERLAP_TOKENS = 24;

/** A job: which folder, into which database. */
export interface Job {
  readonly folder: string;
  readonly database: string;
  readonly embedder: Embedder;
}

/** What is left to do for a way: the files of the folder, as it finds them. */
export type Way = (job: Job) => Promise<void>;

/** Splits as `examples/embed_documents` does. */
export const SPLIT: Omit<SplitOptions, "countTokens"> = {
  minTokens: 64,
  maxTokens: MAX_CHUNK_TOKENS,
  overlapTokens: OVERLAP_TOKENS,
};

export const countTokens: TokenCounter = await loadTokenCounter();

/** A chunk, and what the embedder gets to see of it. */
export interface TextChunk extends PlacedChunk {
  readonly seen: string;
}

/** The chunks of a file, the last one marked; none where there is no text in it. */
export async function* chunksOf(file: TextFile, signal: AbortSignal): AsyncGenerator<TextChunk> {
  const { path, hash } = file;
  const { frontMatter: { title, tags }, blocks } = await readMarkdown(file.text(signal), {
    mdx: path.endsWith(".mdx"),
  });
  let held: TextChunk | undefined;
  for await (const chunk of splitBlocks(blocks, { ...SPLIT, countTokens })) {
    if (held !== undefined) yield held;
    const headings = title === "" || chunk.headings[0] === title
      ? chunk.headings
      : [title, ...chunk.headings];
    const above = [headings.join(" > "), tags.join(" ")].filter((line) => line !== "");
    const seen = [...above, chunk.text].join("\n");
    const position = held === undefined ? 0 : held.position + 1;
    held = { path, hash, position, headings, text: chunk.text, seen, last: false };
  }
  if (held !== undefined) yield { ...held, last: true };
}

/** `undefined` for a file with nothing to embed. */
export function unlessSkipped(error: unknown): undefined {
  if (!(error instanceof SkipFileError)) throw error;
}

/** The offline embedder, which says on a file descriptor of how many texts it has made vectors. */
export class CountingEmbedder extends LexicalEmbedder {
  readonly #to: number | undefined;
  count = 0;

  constructor(to?: number) {
    super();
    this.#to = to;
  }

  override async embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const vectors = await super.embed(texts);
    this.count += texts.length;
    if (this.#to !== undefined) writeSync(this.#to, `${texts.length}\n`);
    return vectors;
  }
}
