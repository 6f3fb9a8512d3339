/**
 * Stores of documents: chunks with their vectors, found by vectors and by words, and brought up to date
 * with a folder.
 *
 * @example A store in a file
 * ```ts
 * import { SqliteDocumentStore } from "@headrace/documents/store";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * {
 *   using store = new SqliteDocumentStore(path, "text-embedding-3-small");
 *   assertEquals(store.count(), { documents: 0, chunks: 0 });
 * }
 * await Deno.remove(path);
 * ```
 *
 * @module
 */

export type { KnownText, TextMemory } from "../text_embedder.ts";
export type {
  Answer,
  DocumentStore,
  EmbeddedChunk,
  Match,
  PlacedChunk,
  SearchOptions,
  StoreCounts,
  StoredChunk,
  StoreSummary,
} from "./document_store.ts";
export { forgetGone, type ForgetRequest } from "./forget_gone.ts";
export { searchDocuments, type SearchRequest } from "./search_documents.ts";
export { SqliteDocumentStore } from "./sqlite_document_store.ts";
export { StoreError, type StoreErrorCode, type StoreErrorDetails } from "./store_error.ts";
