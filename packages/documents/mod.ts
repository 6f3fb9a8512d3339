/**
 * Documents as text, blocks and chunks: encodings detected, Markdown read by its syntax tree, and chunks
 * bounded in tokens.
 *
 * @example Chunks of a document
 * ```ts
 * import { loadTokenCounter, readMarkdown, splitBlocks } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const countTokens = await loadTokenCounter("cl100k_base");
 * const { blocks } = await readMarkdown(["# Pumps\n\n## Care {#care}\n\nOil it. <!-- when? -->\n"]);
 * const [chunk] = await Array.fromAsync(splitBlocks(blocks, { countTokens, maxTokens: 100 }));
 * assertEquals(chunk?.headings, ["Pumps", "Care"]);
 * ```
 *
 * @module
 */

export type { BlockKind } from "./src/_block_of.ts";
export { type DecodedText, decodeText } from "./src/decode_text.ts";
export { embedTexts, type EmbedTextsOptions } from "./src/embed_texts.ts";
export type { Embedder } from "./src/embedder.ts";
export {
  EmbeddingAnswerError,
  EmbeddingHttpError,
  type EmbeddingHttpErrorDetails,
  EmbeddingUnreachableError,
  RefusedTextError,
  type RefusedTextErrorDetails,
} from "./src/embedding_errors.ts";
export type { FrontMatter } from "./src/_front_matter.ts";
export { fuseRanks } from "./src/fuse_ranks.ts";
export { HttpEmbedder, type HttpEmbedderOptions } from "./src/http_embedder.ts";
export { hashText, LexicalEmbedder } from "./src/lexical_embedder.ts";
export {
  type Block,
  type MarkdownDocument,
  type MarkdownOptions,
  readMarkdown,
} from "./src/read_markdown.ts";
export { type DocumentChunk, splitBlocks, type SplitOptions } from "./src/split_blocks.ts";
export { type Term, termsOf } from "./src/terms.ts";
export {
  type EmbeddedText,
  type KnownText,
  type RefusedText,
  type SentText,
  TextEmbedder,
  type TextEmbedderOptions,
  type TextMemory,
} from "./src/text_embedder.ts";
export { type DetectedText, TextDetector, type TextEncoding } from "./src/text_detector.ts";
export { loadTokenCounter, type TokenCounter, type TokenEncoding } from "./src/token_counter.ts";
export { unitVector } from "./src/unit_vector.ts";
