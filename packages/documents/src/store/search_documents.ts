import { isVector } from "../_vectors.ts";
import { complaint, requireKnown } from "../_options.ts";
import type { Embedder } from "../embedder.ts";
import { EmbeddingAnswerError } from "../embedding_errors.ts";
import type { DocumentStore, Match, SearchOptions } from "./document_store.ts";
import { StoreError } from "./store_error.ts";

const DEFAULT_COUNT = 5;
const MAX_COUNT = 1_000;

/**
 * What {@linkcode searchDocuments} looks for, and where.
 *
 * @category Search
 */
export interface SearchRequest extends Omit<SearchOptions, "text"> {
  /** Where the chunks are. */
  readonly store: DocumentStore;
  /** Makes the vector of the question: the embedder that made those of the store. */
  readonly embedder: Embedder;
  /** The question, in any words. */
  readonly question: string;
  /** How many chunks are found at most: 1 to 1,000. @default {5} */
  readonly count?: number | undefined;
  /** Ends the search. @default never */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The chunks that answer a question best, by vectors and by words, best first: both lists are put
 * together by reciprocal rank, so the scores need not fall. None is found that has nothing in common
 * with the question, nor for a question without words.
 *
 * @param request The question, the store and the embedder.
 * @throws {TypeError | RangeError} If the request is not valid.
 * @throws {StoreError} If the store says that its vectors are of another model.
 * @throws {EmbeddingAnswerError} If the question has not one vector, or one that is empty or not finite.
 * @category Search
 *
 * @example A question
 * ```ts
 * import { LexicalEmbedder } from "@headrace/documents";
 * import { searchDocuments, SqliteDocumentStore } from "@headrace/documents/store";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * const embedder = new LexicalEmbedder();
 * {
 *   using store = new SqliteDocumentStore(path, embedder.model);
 *   assertEquals(await searchDocuments({ store, embedder, question: "Where is the mill?" }), []);
 * }
 * await Deno.remove(path);
 * ```
 */
export async function searchDocuments(request: SearchRequest): Promise<readonly Match[]> {
  const options = [
    "store",
    "embedder",
    "question",
    "count",
    "minScore",
    "onePerDocument",
    "signal",
  ];
  requireKnown("searchDocuments", request, options);
  const { store, embedder, question, count = DEFAULT_COUNT, minScore, onePerDocument } = request;
  if (typeof question !== "string" || question.trim() === "") {
    throw new TypeError(
      complaint("searchDocuments", "question", "a text that is not blank", question),
    );
  }
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_COUNT) {
    throw new RangeError(
      complaint("searchDocuments", "count", `an integer of 1 to ${MAX_COUNT}`, count),
    );
  }
  if (minScore !== undefined && !(minScore >= -1 && minScore <= 1)) {
    throw new RangeError(
      complaint("searchDocuments", "minScore", "a number from -1 to 1", minScore),
    );
  }
  if (store.model !== undefined && store.model !== embedder.model) {
    throw new StoreError(
      `The store holds vectors of the model "${store.model}", and the question is embedded by "${embedder.model}"`,
      { code: "OTHER_MODEL" },
    );
  }
  const signal = request.signal ?? new AbortController().signal;
  const vectors: unknown = await embedder.embed([question], signal);
  signal.throwIfAborted();
  if (!Array.isArray(vectors) || vectors.length !== 1) {
    const got = Array.isArray(vectors) ? vectors.length : typeof vectors;
    throw new EmbeddingAnswerError(
      `The embedder must answer with one vector for the question, got ${got}`,
    );
  }
  const vector: unknown = vectors[0];
  if (!isVector(vector)) {
    throw new EmbeddingAnswerError("The embedder's vector for the question is empty or not finite");
  }
  return await store.search(vector, count, { text: question, minScore, onePerDocument });
}
