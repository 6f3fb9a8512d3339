import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { complaint } from "../_options.ts";
import { termsOf } from "../terms.ts";
import type { KnownText } from "../text_embedder.ts";
import { unitVector } from "../unit_vector.ts";
import { ChunkSearch } from "./_chunk_search.ts";
import { Database } from "./_database.ts";
import { Settings } from "./_settings.ts";
import { isIn, StoredPaths } from "./_stored_paths.ts";
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

/** sqlite-vec's default of 1,024 vectors in one blob makes inserts ten times slower. */
const VECTORS_PER_BLOB = 64;
const PATHS_PER_PAGE = 500;
/** How many documents are looked for to see where a database that was moved has its files. */
const PATHS_PROBED = 20;

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
  readonly #path: string;
  readonly #database: Database;
  readonly #settings: Settings;
  readonly #paths: StoredPaths;
  readonly #search: ChunkSearch;
  /** Length of the vectors; not known before the first is stored. */
  #dimensions: number | undefined;

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
    this.#path = path;
    this.#database = new Database(path);
    this.#settings = new Settings(this.#database);
    try {
      this.#checkModel(model);
      this.#paths = this.#findPaths(dirname(resolve(path)));
      this.#search = new ChunkSearch(this.#database, this.#paths);
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
    // Before the first vector there is no table of them.
    if (this.#findDimensions() === undefined) return undefined;
    const embedding = this.#database.get(
      `SELECT vectors.embedding FROM chunks JOIN vectors ON vectors.rowid = chunks.row
       WHERE chunks.input = ? LIMIT 1`,
      input,
    )?.embedding;
    return embedding instanceof Uint8Array ? { vector: vectorOf(embedding) } : undefined;
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
   * @throws {StoreError} The vectors have another length than those that are stored.
   *
   * @category Stores
   */
  save(chunks: readonly EmbeddedChunk[]): StoredChunk[] {
    const stored: StoredChunk[] = [];
    const [first] = chunks;
    if (first !== undefined) this.#prepareFor(first.vector.length);
    this.#database.transaction(() => {
      let path: string | undefined;
      let document: SQLOutputValue = null;
      for (const chunk of chunks) {
        if (chunk.path !== path) document = this.#openDocument(chunk.path);
        path = chunk.path;
        this.#saveChunk(document, chunk);
        stored.push({ path, completes: chunk.last && this.#complete(document, chunk) });
      }
    });
    return stored;
  }

  /**
   * Forgets a document with its chunks; whether there was one.
   *
   * @category Stores
   */
  deleteDocument(path: string): boolean {
    const stored = this.#paths.toStored(path);
    const document = this.#database.get("SELECT id FROM documents WHERE path = ?", stored)?.id;
    if (document === undefined) return false;
    this.#database.transaction(() => {
      this.#deleteChunks("document = ?", document);
      this.#database.run("DELETE FROM documents WHERE id = ?", document);
    });
    return true;
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
    if (this.#findDimensions() === undefined) return [];
    this.#checkDimensions(vector.length);
    const wanted = unitVector(vector);
    if (wanted === undefined) return [];
    return this.#search.find(bytesOf(wanted), count, options);
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
      dimensions: this.#findDimensions(),
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
    return this.#settings.note(name);
  }

  /**
   * Notes a text under a name, in place of an earlier one.
   *
   * @category Stores
   */
  setNote(name: string, text: string): void {
    this.#settings.setNote(name, text);
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

  /** The id of the document, which is incomplete from now on. */
  #openDocument(path: string): SQLOutputValue {
    return this.#database.get(
      "INSERT INTO documents (path) VALUES (?) ON CONFLICT DO UPDATE SET hash = NULL RETURNING id",
      this.#paths.toStored(path),
    )?.id ?? null;
  }

  #saveChunk(document: SQLOutputValue, chunk: EmbeddedChunk): void {
    const { path, hash, input, position, headings, text, vector } = chunk;
    this.#checkDimensions(vector.length);
    const row = this.#database.get(
      `INSERT INTO chunks (id, document, hash, input, headings, text) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET
         hash = excluded.hash, input = excluded.input, headings = excluded.headings,
         text = excluded.text
       RETURNING row`,
      chunkId(this.#paths.toStored(path), position),
      document,
      hash,
      input,
      JSON.stringify(headings),
      text,
    )?.row;
    // sqlite-vec takes neither an upsert nor a row number that is not a BigInt.
    const rowid = BigInt(Number(row));
    this.#database.run("DELETE FROM vectors WHERE rowid = ?", rowid);
    this.#database.run("DELETE FROM words WHERE rowid = ?", rowid);
    const unit = unitVector(vector);
    if (unit === undefined) return;
    this.#database.run(
      "INSERT INTO vectors (rowid, embedding) VALUES (?, ?)",
      rowid,
      bytesOf(unit),
    );
    const terms = Array.from(termsOf([...headings, text].join("\n")), ({ text }) => text);
    this.#database.run("INSERT INTO words (rowid, terms) VALUES (?, ?)", rowid, terms.join(" "));
  }

  #complete(document: SQLOutputValue, { hash, position }: EmbeddedChunk): boolean {
    const stored = this.#database.get(
      "SELECT count(*) AS count FROM chunks WHERE document = ? AND hash = ?",
      document,
      hash,
    );
    if (stored?.count !== position + 1) return false;
    this.#deleteChunks("document = ? AND hash <> ?", document, hash);
    this.#database.run("UPDATE documents SET hash = ? WHERE id = ?", hash, document);
    return true;
  }

  #deleteChunks(where: string, ...values: readonly SQLInputValue[]): void {
    for (const { row } of this.#database.all(`SELECT row FROM chunks WHERE ${where}`, ...values)) {
      // One by one: with a subquery, sqlite-vec goes through all of its vectors.
      this.#database.run("DELETE FROM vectors WHERE rowid = ?", BigInt(Number(row)));
      this.#database.run("DELETE FROM words WHERE rowid = ?", BigInt(Number(row)));
    }
    this.#database.run(`DELETE FROM chunks WHERE ${where}`, ...values);
  }

  #checkModel(model: string): void {
    const stored = this.#settings.getOrSet("model", model);
    if (stored === model) return;
    throw new StoreError(
      `The database "${this.#path}" holds vectors of the model "${stored}", and this run uses "${model}"; use the same model or another file`,
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

  /** Another process may have stored the first vector. */
  #findDimensions(): number | undefined {
    const stored = this.#dimensions ?? this.#settings.get("dimensions");
    return this.#dimensions = stored === undefined ? undefined : Number(stored);
  }

  #prepareFor(dimensions: number): void {
    if (this.#findDimensions() === undefined) {
      this.#database.transaction(() => {
        if (this.#findDimensions() !== undefined) return;
        this.#database.run(
          `CREATE VIRTUAL TABLE vectors USING vec0(
             embedding float[${dimensions}] distance_metric=cosine, chunk_size=${VECTORS_PER_BLOB}
           )`,
        );
        this.#settings.set("dimensions", String(dimensions));
      });
    }
    this.#findDimensions();
    this.#checkDimensions(dimensions);
  }

  #checkDimensions(dimensions: number): void {
    if (dimensions === this.#dimensions) return;
    throw new StoreError(
      `The database "${this.#path}" holds vectors with ${this.#dimensions} dimensions, the model gave ${dimensions}; use the same model or another file`,
      { code: "OTHER_MODEL" },
    );
  }
}

/** The model of a file that is there. @throws {StoreError} */
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

/** The same place in the same document always has the same id. */
function chunkId(path: string, position: number): string {
  return createHash("sha256").update(`${path}\0${position}`).digest("hex").slice(0, 32);
}

/** In a buffer of its own: that of an answer need not begin where a number may. */
function vectorOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
