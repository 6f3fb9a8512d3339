import { type DocumentChunk, loadTokenCounter, splitBlocks } from "@headrace/documents";
import { SkipFileError } from "@headrace/documents/files";
import type { PlacedChunk } from "@headrace/documents/store";
import type { CleanDocument } from "./clean.ts";

/** Bounds of a chunk, in tokens of cl100k_base. Shorter ones stand alone where no neighbour fits. */
export const MIN_CHUNK_TOKENS = 64;
export const MAX_CHUNK_TOKENS = 256;
export const CHUNK_OVERLAP_TOKENS = 24;

/** How much of the headings, and of the tags, stands above a text: about a quarter of a long one. */
const MAX_ABOVE_CHARS = 256;

/** Part of the content hash: raise the number when the same text would give other chunks. */
export const SPLIT_SETTINGS: string =
  `split-6 ${MIN_CHUNK_TOKENS}-${MAX_CHUNK_TOKENS} overlap ${CHUNK_OVERLAP_TOKENS}`;

/** A piece of a document, small enough to embed. */
export interface Chunk extends PlacedChunk {
  readonly tags: readonly string[];
}

/**
 * The headings and tags say what a text from the middle of a document is about. They are bounded: more
 * of them than text would make all chunks of a document alike.
 */
export function embeddingInput({ headings, tags, text }: Chunk, endOfText: string): string {
  // Of headings, the innermost say most.
  const inner = takeWhile(headings.toReversed(), MAX_ABOVE_CHARS).toReversed().join(" > ");
  const above = [inner, takeWhile(tags, MAX_ABOVE_CHARS).join(" ")].filter((line) => line !== "");
  return [...above, text].join("\n") + endOfText;
}

/** The first texts that have no more characters together; of the very first, as many as may be. */
function takeWhile(texts: readonly string[], maxChars: number): string[] {
  let left = maxChars;
  const end = texts.findIndex((text) => (left -= text.length) < 0);
  const taken = end === -1 ? texts : texts.slice(0, Math.max(1, end));
  // No half of a character at the end of what is cut.
  return taken.map((text) => text.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, ""));
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
