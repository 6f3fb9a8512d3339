import type { TextMemory } from "../text_embedder.ts";

/**
 * What a store answers, at once or later.
 *
 * @typeParam T The answer.
 * @category Stores
 */
export type Answer<T> = T | Promise<T>;

/**
 * A piece of a document, and where it is from.
 *
 * @category Stores
 */
export interface PlacedChunk {
  /** Absolute path of the document. */
  readonly path: string;
  /** Hash of the document's content, and of all settings that decide what its chunks are. */
  readonly hash: string;
  /** 0 for the document's first chunk. */
  readonly position: number;
  /** Titles of the headings above the chunk, outermost first. */
  readonly headings: readonly string[];
  /** What a search shows. */
  readonly text: string;
  /** Whether it is the document's last chunk. */
  readonly last: boolean;
}

/**
 * A chunk with its vector.
 *
 * @category Stores
 */
export interface EmbeddedChunk extends PlacedChunk {
  /** Hash of what the embedder got to see. */
  readonly input: string;
  /** All zeros where there is nothing in the text to compare: it is then stored without a vector. */
  readonly vector: Float32Array;
}

/**
 * A chunk that was stored.
 *
 * @category Stores
 */
export interface StoredChunk {
  /** Absolute path of its document. */
  readonly path: string;
  /** Whether it is the last that its document lacked. */
  readonly completes: boolean;
}

/**
 * What a search goes by.
 *
 * @category Search
 */
export interface SearchOptions {
  /** The words of the question, for the search by words. @default none */
  readonly text?: string | undefined;
  /** Only chunks with a higher score are found. @default {0} */
  readonly minScore?: number | undefined;
  /** Whether each document is found once, by its best chunk. @default {false} */
  readonly onePerDocument?: boolean | undefined;
}

/**
 * A chunk that a search found.
 *
 * @category Search
 */
export interface Match {
  /** Absolute path of its document. */
  readonly path: string;
  /** Titles of the headings above it, outermost first. */
  readonly headings: readonly string[];
  /** Its text. */
  readonly text: string;
  /** Cosine similarity, above 0 and up to 1: higher is closer. */
  readonly score: number;
}

/**
 * How much a store holds.
 *
 * @category Stores
 */
export interface StoreCounts {
  /** Documents, complete or not. */
  readonly documents: number;
  /** Chunks of all of them. */
  readonly chunks: number;
}

/**
 * What a store holds, and of what model.
 *
 * @category Stores
 */
export interface StoreSummary extends StoreCounts {
  /** Documents of which chunks are missing. */
  readonly incomplete: number;
  /** Texts that the model has refused. */
  readonly refused: number;
  /** Whose vectors they are. */
  readonly model: string;
  /** Length of the vectors; `undefined` before the first. */
  readonly dimensions: number | undefined;
}

/**
 * Keeps the chunks of documents with their vectors, and finds them. {@linkcode SqliteDocumentStore} is one
 * in a file; implement it for another database.
 *
 * A document is complete, and its hash counts, when all chunks of it have been saved with their
 * vectors. What an earlier version of it has left goes with the last of them, in the same transaction.
 *
 * @category Stores
 */
export interface DocumentStore extends TextMemory {
  /** Whether all chunks of this very content are stored. */
  isUnchanged(path: string, hash: string): Answer<boolean>;
  /** Whether there is such a document, complete or not. */
  has(path: string): Answer<boolean>;
  /** Whether a document in the folder has the same content as the one at the path. */
  hasCopyIn(folder: string, path: string): Answer<boolean>;
  /** Writes chunks in one transaction, each over an earlier one of the same place. */
  save(chunks: readonly EmbeddedChunk[]): Answer<readonly StoredChunk[]>;
  /** Forgets a document; whether there was one. */
  deleteDocument(path: string): Answer<boolean>;
  /** Paths of all documents. They may be deleted meanwhile. */
  paths(): Iterable<string> | AsyncIterable<string>;
  /**
   * The `count` chunks that are closest to a vector, and to words, best first. A vector of zeros finds
   * nothing.
   */
  search(vector: Float32Array, count: number, options?: SearchOptions): Answer<readonly Match[]>;
  /** How much there is. */
  count(): Answer<StoreCounts>;
}
