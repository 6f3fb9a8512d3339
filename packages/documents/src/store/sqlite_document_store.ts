import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isVector } from "../_vectors.ts";
import { complaint } from "../_options.ts";
import { isIn } from "../_paths.ts";
import type { KnownText } from "../text_embedder.ts";
import { ChunkIndex } from "./_chunk_index.ts";
import { ChunkSearch } from "./_chunk_search.ts";
import { ChunkWriter } from "./_chunk_writer.ts";
import { Database } from "./_database.ts";
import { Settings } from "./_settings.ts";
import { StoredPaths } from "./_stored_paths.ts";
import type {
  DocumentStore,
  EmbeddedChunk,
  Match,
  SearchOptions,
  StoreCounts,
  StoredChunk,
  StoreSummary,
} from "./document_store.ts";
import { StoreError } from "./store_error.ts";

const PATHS_PER_PAGE = 500;
/** How many documents are looked for to find out where a database that was moved has its files. */
const PATHS_PROBED = 20;
/** Keeps the notes of programs apart from the settings of the store. */
const NOTE = "note ";

/**
 * Chunks and their vectors in one SQLite file, by [sqlite-vec](https://github.com/asg017/sqlite-vec) and
 * full text (FTS5). Paths are absolute here, and in the file relative to where it is: it may be moved
 * with its documents, or without them. One process may write while others search; two that write wait
 * for each other.
 *
 * It runs on Deno, on Bun, and on Node from 24 on.
 *
 * @category Stores
 *
 * @example What is stored is found
 * ```ts
 * import { LexicalEmbedder } from "@headrace/documents";
 * import { SqliteDocumentStore } from "@headrace/documents/store";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * const embedder = new LexicalEmbedder();
 * const { signal } = new AbortController();
 * const text = "The mill wheel turns.";
 * {
 *   using store = new SqliteDocumentStore(path, embedder.model);
 *   const [vector] = await embedder.embed([text], signal);
 *   const place = { path: "/notes/mill.md", hash: "1", position: 0, headings: [], last: true };
 *   store.save([{ ...place, text, input: "1", vector: vector! }]);
 *
 *   const [question] = await embedder.embed(["Does the wheel turn?"], signal);
 *   const [match] = store.search(question!, 5, { text: "Does the wheel turn?" });
 *   assertEquals(match?.path, "/notes/mill.md");
 * }
 * await Deno.remove(path);
 * ```
 */
export class SqliteDocumentStore implements DocumentStore, Disposable {
  /** The model whose vectors it holds. */
  readonly model: string;
  readonly #database: Database;
  readonly #settings: Settings;
  readonly #paths: StoredPaths;
  readonly #index: ChunkIndex;
  readonly #writer: ChunkWriter;
  readonly #search: ChunkSearch;

  /**
   * Opens the file, or makes it.
   *
   * @param path Of the file.
   * @param model The model whose vectors the file holds, or will hold.
   * @throws {StoreError} It cannot be opened, is something else, or holds another model's vectors.
   */
  constructor(path: string, model: string) {
    for (const [name, value] of Object.entries({ path, model })) {
      if (typeof value === "string" && value !== "") continue;
      throw new TypeError(complaint("new SqliteDocumentStore", name, "a non-empty string", value));
    }
    this.model = model;
    this.#database = new Database(path);
    this.#settings = new Settings(this.#database);
    try {
      this.#checkModel(model);
      this.#paths = this.#findPaths(dirname(resolve(path)));
      this.#index = new ChunkIndex(this.#database, this.#settings);
      this.#writer = new ChunkWriter(this.#database, this.#paths, this.#index);
      this.#search = new ChunkSearch(this.#database, this.#paths, this.#index);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Opens a file that must be there.
   *
   * @param path Of the file.
   * @param model The model whose vectors the file must hold; any, where it is left out.
   * @throws {StoreError} As the constructor, or where there is none.
   *
   * @category Stores
   */
  static openExisting(path: string, model?: string): SqliteDocumentStore {
    if (!existsSync(path)) {
      throw new StoreError(`There is no database "${path}"`, { code: "NO_STORE" });
    }
    return new SqliteDocumentStore(path, model ?? readModel(path));
  }

  /**
   * Whether all chunks of this very content are stored.
   *
   * @category Stores
   */
  isUnchanged(path: string, hash: string): boolean {
    const stored = this.#paths.toStored(path);
    return this.#database.get(
      "SELECT 1 FROM documents WHERE path = ? AND hash = ?",
      stored,
      hash,
    ) !== undefined;
  }

  /**
   * Whether there is such a document, complete or not.
   *
   * @category Stores
   */
  has(path: string): boolean {
    const stored = this.#paths.toStored(path);
    return this.#database.get("SELECT 1 FROM documents WHERE path = ?", stored) !== undefined;
  }

  /**
   * Whether a document in the folder has the same content as the one at the path.
   *
   * @category Stores
   */
  hasCopyIn(folder: string, path: string): boolean {
    const copies = this.#database.all(
      `SELECT copy.path FROM documents AS one JOIN documents AS copy ON copy.hash = one.hash
       WHERE one.path = ?`,
      this.#paths.toStored(path),
    );
    return copies.some(({ path }) => isIn(folder, this.#paths.toAbsolute(String(path))));
  }

  /**
   * What is known of a text by the hash of what the embedder gets to see.
   *
   * @category Stores
   */
  recall(input: string): KnownText | undefined {
    const refusal = this.#database.get("SELECT reason FROM refusals WHERE input = ?", input);
    if (refusal !== undefined) return { refusal: String(refusal.reason) };
    const vector = this.#index.vectorOf(input);
    return vector === undefined ? undefined : { vector };
  }

  /**
   * Remembers that the embedder has refused a text, and why.
   *
   * @category Stores
   */
  refuse(input: string, reason: string): void {
    this.#database.run(
      "INSERT INTO refusals (input, reason) VALUES (?, ?) ON CONFLICT DO NOTHING",
      input,
      reason,
    );
  }

  /**
   * Writes the chunks in one transaction, each over an earlier one of the same place. Together with
   * a document's last chunk, what an earlier version left over goes, and the document is complete;
   * but only when none of its chunks is missing.
   *
   * @throws {TypeError} A vector is empty, or has a number that is not finite; or a position is none, or a hash.
   * Nothing is written.
   * @throws {StoreError} The vectors have another length than those that are stored.
   *
   * @category Stores
   */
  save(chunks: readonly EmbeddedChunk[]): StoredChunk[] {
    for (const { path, hash, position, vector } of chunks) {
      if (!Number.isSafeInteger(position) || position < 0) {
        const what = `the position of a chunk of "${path}"`;
        throw new TypeError(complaint("save", what, "an integer from 0 on", position));
      }
      const chunk = `chunk ${position + 1} of "${path}"`;
      if (typeof hash !== "string") {
        throw new TypeError(complaint("save", `the hash of ${chunk}`, "a string", hash));
      }
      if (isVector(vector)) continue;
      const rule = "a list of finite numbers";
      throw new TypeError(complaint("save", `the vector of ${chunk}`, rule, vector));
    }
    return this.#writer.save(chunks);
  }

  /**
   * Forgets a document with its chunks; whether there was one.
   *
   * @category Stores
   */
  deleteDocument(path: string): boolean {
    return this.#writer.deleteDocument(path);
  }

  /**
   * Paths of all documents, read a page at a time: they may be deleted meanwhile.
   *
   * @category Stores
   */
  *paths(): Generator<string, void, undefined> {
    let after = "";
    for (;;) {
      const page = this.#database.all(
        "SELECT path FROM documents WHERE path > ? ORDER BY path LIMIT ?",
        after,
        PATHS_PER_PAGE,
      );
      for (const { path } of page) {
        after = String(path);
        yield this.#paths.toAbsolute(after);
      }
      if (page.length < PATHS_PER_PAGE) return;
    }
  }

  /**
   * The `count` chunks closest to the vector, and to the words of a text, best first: the two lists
   * are put together by reciprocal rank, so the scores need not fall. A vector of zeros finds nothing.
   *
   * @throws {StoreError} The vector has another length than those that are stored.
   *
   * @category Search
   */
  search(vector: Float32Array, count: number, options: SearchOptions = {}): Match[] {
    return this.#search.find(vector, count, options);
  }

  /**
   * How much there is.
   *
   * @category Stores
   */
  count(): StoreCounts {
    const row = this.#database.get(
      "SELECT (SELECT count(*) FROM documents) AS documents, (SELECT count(*) FROM chunks) AS chunks",
    );
    return { documents: Number(row?.documents), chunks: Number(row?.chunks) };
  }

  /**
   * What there is, and of what model.
   *
   * @category Stores
   */
  summary(): StoreSummary {
    const row = this.#database.get(
      `SELECT (SELECT count(*) FROM documents WHERE hash IS NULL) AS incomplete,
         (SELECT count(*) FROM refusals) AS refused`,
    );
    return {
      ...this.count(),
      incomplete: Number(row?.incomplete),
      refused: Number(row?.refused),
      model: this.#settings.get("model") ?? "",
      dimensions: this.#index.dimensions,
    };
  }

  /**
   * Paths of the documents of which chunks are missing: a run has ended in the middle of them, or a
   * text of them was refused.
   *
   * @category Stores
   */
  incomplete(): string[] {
    return this.#database.all("SELECT path FROM documents WHERE hash IS NULL ORDER BY path")
      .map(({ path }) => this.#paths.toAbsolute(String(path)));
  }

  /**
   * What a program has noted under a name, such as how its last run went.
   *
   * @category Stores
   */
  note(name: string): string | undefined {
    return this.#settings.get(NOTE + name);
  }

  /**
   * Notes a text under a name, in place of an earlier one.
   *
   * @category Stores
   */
  setNote(name: string, text: string): void {
    this.#settings.set(NOTE + name, text);
  }

  /**
   * Closes the file.
   *
   * @category Stores
   */
  close(): void {
    this.#database.close();
  }

  /**
   * Closes the file at the end of a block.
   *
   * @category Stores
   */
  [Symbol.dispose](): void {
    this.close();
  }

  #checkModel(model: string): void {
    const stored = this.#settings.getOrSet("model", model);
    if (stored === model) return;
    throw new StoreError(
      `The database "${this.#database.path}" holds vectors of the model "${stored}", and this run uses "${model}"; use the same model or another file`,
      { code: "OTHER_MODEL" },
    );
  }

  /** A database that was moved has its documents beside it as before, or where they were. */
  #findPaths(directory: string): StoredPaths {
    const base = this.#settings.get("base");
    const here = new StoredPaths(directory);
    if (base === directory) return here;
    if (base === undefined) {
      this.#settings.set("base", directory);
      return here;
    }
    const probed = this.#database.all("SELECT path FROM documents LIMIT ?", PATHS_PROBED);
    const isHere = probed.some(({ path }) => existsSync(here.toAbsolute(String(path))));
    if (!isHere && probed.length > 0) return new StoredPaths(base);
    this.#settings.set("base", directory);
    return here;
  }
}

/** The model of a file that exists. @throws {StoreError} */
function readModel(path: string): string {
  const database = new Database(path);
  try {
    const model = new Settings(database).get("model");
    if (model !== undefined) return model;
    throw new StoreError(`The database "${path}" is empty`, { code: "NO_STORE" });
  } finally {
    database.close();
  }
}
