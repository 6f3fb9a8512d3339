import { type DocumentChunk, loadTokenCounter, splitBlocks } from "@headrace/documents";
import { SkipFileError } from "@headrace/documents/files";
import type { PlacedChunk } from "@headrace/documents/store";
import type { CleanDocument } from "./clean.ts";

/** Bounds of a chunk, in tokens of cl100k_base. Shorter ones stand alone where no neighbour fits. */
export const MIN_CHUNK_TOKENS = 64;
export const MAX_CHUNK_TOKENS = 256;
export const CHUNK_OVERLAP_TOKENS = 24;

/** Part of the content hash: raise the number when the same text would give other chunks. */
export const SPLIT_SETTINGS: string =
  `split-2 ${MIN_CHUNK_TOKENS}-${MAX_CHUNK_TOKENS} overlap ${CHUNK_OVERLAP_TOKENS}`;

/** A piece of a document, small enough to embed. */
export interface Chunk extends PlacedChunk {
  readonly tags: readonly string[];
}

/** The headings and tags say what a text from the middle of a document is about. */
export function embeddingInput({ headings, tags, text }: Chunk, endOfText: string): string {
  const above = [headings.join(" > "), tags.join(" ")].filter((line) => line !== "");
  return [...above, text].join("\n") + endOfText;
}

/**
 * Yields a document's chunks in order, reading no further than it must: memory does not grow with
 * the document. Short sections are put together, long ones are cut between paragraphs where
 * possible and otherwise between words, with an overlap.
 *
 * @throws {SkipFileError} The document has no text.
 */
export async function* splitDocument(
  document: CleanDocument,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const { path, hash } = document;
  const { frontMatter: { title, tags }, blocks } = await document.read(signal);
  const chunks = splitBlocks(blocks, {
    countTokens: await loadTokenCounter(),
    minTokens: MIN_CHUNK_TOKENS,
    maxTokens: MAX_CHUNK_TOKENS,
    overlapTokens: CHUNK_OVERLAP_TOKENS,
  });
  const place = ({ text, headings }: DocumentChunk) => ({
    path,
    hash,
    tags,
    headings: title === "" || headings[0] === title ? headings : [title, ...headings],
    text,
  });
  let position = 0;
  let held: DocumentChunk | undefined;
  for await (const chunk of chunks) {
    if (held !== undefined) yield { ...place(held), position: position++, last: false };
    held = chunk;
  }
  if (held === undefined) throw new SkipFileError("no text in it");
  yield { ...place(held), position, last: true };
}
