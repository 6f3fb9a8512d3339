// LangChain's `index()`, with its own splitter of Markdown and a record manager in memory, and with the
// reader, the embedder and the database of the other ways.

import { discoverFiles, readTextFile } from "@headrace/documents/files";
import { SqliteDocumentStore } from "@headrace/documents/store";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { index, type RecordManagerInterface } from "@langchain/core/indexing";
import { VectorStore } from "@langchain/core/vectorstores";
import { MarkdownTextSplitter } from "@langchain/textsplitters";
import {
  BATCH_SIZE,
  countTokens,
  type Job,
  MAX_CHUNK_TOKENS,
  OVERLAP_TOKENS,
  PATTERN,
  SETTINGS,
  unlessSkipped,
} from "./parts.ts";

const { signal } = new AbortController();

/** Which chunks of which source are known, and since when. */
class MemoryRecords implements RecordManagerInterface {
  readonly #records = new Map<string, { readonly group: string | null; readonly at: number }>();

  createSchema(): Promise<void> {
    return Promise.resolve();
  }
  getTime(): Promise<number> {
    return Promise.resolve(performance.now());
  }
  update(keys: string[], { groupIds = [] }: { groupIds?: (string | null)[] }): Promise<void> {
    const at = performance.now();
    for (const [place, key] of keys.entries()) {
      this.#records.set(key, { group: groupIds[place] ?? null, at });
    }
    return Promise.resolve();
  }
  exists(keys: string[]): Promise<boolean[]> {
    return Promise.resolve(keys.map((key) => this.#records.has(key)));
  }
  listKeys({ before = Infinity, groupIds }: { before?: number; groupIds?: (string | null)[] }) {
    const found = [...this.#records].filter(([, { group, at }]) =>
      at < before && (groupIds === undefined || groupIds.includes(group))
    );
    return Promise.resolve(found.map(([key]) => key));
  }
  deleteKeys(keys: string[]): Promise<void> {
    for (const key of keys) this.#records.delete(key);
    return Promise.resolve();
  }
}

/** The database of the other ways, where each chunk is a document of its own: LangChain has no more. */
class StoredVectors extends VectorStore {
  readonly #store: SqliteDocumentStore;

  constructor(embeddings: EmbeddingsInterface, store: SqliteDocumentStore) {
    super(embeddings, {});
    this.#store = store;
  }

  _vectorstoreType(): string {
    return "sqlite";
  }
  async addDocuments(documents: DocumentInterface[], options?: { ids?: string[] }): Promise<void> {
    const vectors = await this.embeddings.embedDocuments(documents.map((each) => each.pageContent));
    await this.addVectors(vectors, documents, options);
  }
  addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    { ids = [] }: { ids?: string[] } = {},
  ): Promise<void> {
    this.#store.save(documents.map(({ pageContent: text, metadata: { source } }, at) => {
      const hash = ids[at]!;
      const place = { path: `${source}#${hash}`, position: 0, headings: [], last: true };
      return { ...place, hash, input: hash, text, vector: Float32Array.from(vectors[at]!) };
    }));
    return Promise.resolve();
  }
  similaritySearchVectorWithScore(query: number[], k: number): Promise<[Document, number][]> {
    const found = this.#store.search(Float32Array.from(query), k);
    return Promise.resolve(found.map(({ path, text: pageContent, score }) => {
      const metadata = { source: path.slice(0, path.lastIndexOf("#")) };
      return [new Document({ pageContent, metadata }), score];
    }));
  }
}

/** Indexes the files of a folder. */
export async function indexWithLangChain({ folder, database, embedder }: Job): Promise<void> {
  using store = new SqliteDocumentStore(database, embedder.model);
  const embed = async (texts: string[]) =>
    (await embedder.embed(texts, signal)).map((vector) => Array.from(vector));
  const embeddings: EmbeddingsInterface = {
    embedDocuments: embed,
    embedQuery: async (text) => (await embed([text]))[0]!,
  };
  const splitter = new MarkdownTextSplitter({
    chunkSize: MAX_CHUNK_TOKENS,
    chunkOverlap: OVERLAP_TOKENS,
    lengthFunction: countTokens,
  });
  const documents: Document[] = [];
  for await (const source of discoverFiles({ folder, pattern: PATTERN })) {
    const file = await readTextFile(source, SETTINGS, signal).catch(unlessSkipped);
    if (file === undefined) continue;
    const text = (await Array.fromAsync(file.text(signal))).join("");
    documents.push(new Document({ pageContent: text, metadata: { source } }));
  }
  await index({
    docsSource: await splitter.splitDocuments(documents),
    recordManager: new MemoryRecords(),
    vectorStore: new StoredVectors(embeddings, store),
    options: { batchSize: BATCH_SIZE, cleanup: "full", sourceIdKey: "source" },
  });
}
