import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { sep } from "node:path";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { Database } from "./database.ts";
import { FatalError } from "./errors.ts";
import type { Chunk } from "./split.ts";

/** sqlite-vec's default of 1,024 vectors in one blob makes inserts ten times slower. */
const VECTORS_PER_BLOB = 64;
const PATHS_PER_PAGE = 500;

/** A chunk with its vector. */
export interface EmbeddedChunk extends Chunk {
  readonly vector: Float32Array;
}

/** A chunk that a search found. */
export interface Match {
  readonly path: string;
  readonly headings: readonly string[];
  readonly text: string;
  /** Cosine similarity, -1 to 1: higher is closer. */
  readonly score: number;
}

/** A chunk that was stored. */
export interface StoredChunk {
  readonly path: string;
  /** Whether it is the last that its document lacked. */
  readonly completes: boolean;
}

/** Chunks and their vectors in one SQLite file. */
export class VectorStore implements Disposable {
  readonly #path: string;
  readonly #database: Database;
  /** Length of the vectors; not known before the first is stored. */
  #dimensions: number | undefined;

  /**
   * Opens the file, or makes it.
   *
   * @param model The model whose vectors the file holds, or will hold.
   * @throws {FatalError} It cannot be opened, is something else, or holds another model's vectors.
   */
  constructor(path: string, model: string) {
    this.#path = path;
    this.#database = new Database(path);
    try {
      this.#checkModel(model);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Opens a file that must be there. */
  static openExisting(path: string, model: string): VectorStore {
    if (!existsSync(path)) {
      throw new FatalError(`There is no database "${path}"; make one with: embed <folder>`);
    }
    return new VectorStore(path, model);
  }

  /** Whether all chunks of this very content are stored. */
  isUnchanged(path: string, hash: string): boolean {
    return this.#database.get("SELECT 1 FROM documents WHERE path = ? AND hash = ?", path, hash) !==
      undefined;
  }

  /**
   * Writes the chunks in one transaction, each over an earlier one of the same place. Together with
   * a document's last chunk, what an earlier version left over goes, and the document is complete;
   * but only when none of its chunks is missing.
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

  /** Returns whether there was such a document. */
  deleteDocument(path: string): boolean {
    const document = this.#database.get("SELECT id FROM documents WHERE path = ?", path)?.id;
    if (document === undefined) return false;
    this.#database.transaction(() => {
      this.#deleteChunks("document = ?", document);
      this.#database.run("DELETE FROM documents WHERE id = ?", document);
    });
    return true;
  }

  /** Paths of the documents in a folder, at any depth, read a page at a time. */
  *pathsIn(folder: string): Generator<string, void, undefined> {
    const prefix = folder.endsWith(sep) ? folder : folder + sep;
    let after = prefix;
    for (;;) {
      const page = this.#database.all(
        "SELECT path FROM documents WHERE path > ? ORDER BY path LIMIT ?",
        after,
        PATHS_PER_PAGE,
      );
      for (const { path } of page) {
        after = String(path);
        if (!after.startsWith(prefix)) return;
        yield after;
      }
      if (page.length < PATHS_PER_PAGE) return;
    }
  }

  /** The `count` chunks closest to the vector, closest first. */
  search(vector: Float32Array, count: number): Match[] {
    if (this.#dimensions === undefined) return [];
    this.#checkDimensions(vector.length);
    const rows = this.#database.all(
      `
      SELECT documents.path, chunks.headings, chunks.text, found.distance
      FROM (SELECT rowid, distance FROM vectors WHERE embedding MATCH ? AND k = ?) AS found
      JOIN chunks ON chunks.row = found.rowid
      JOIN documents ON documents.id = chunks.document
      ORDER BY found.distance, chunks.id`,
      bytesOf(vector),
      count,
    );
    return rows.map(({ path, headings, text, distance }) => ({
      path: String(path),
      headings: JSON.parse(String(headings)),
      text: String(text),
      score: 1 - Number(distance),
    }));
  }

  count(): { readonly documents: number; readonly chunks: number } {
    const row = this.#database.get(
      "SELECT (SELECT count(*) FROM documents) AS documents, (SELECT count(*) FROM chunks) AS chunks",
    );
    return { documents: Number(row?.documents), chunks: Number(row?.chunks) };
  }

  close(): void {
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The id of the document, which is incomplete from now on. */
  #openDocument(path: string): SQLOutputValue {
    return this.#database.get(
      "INSERT INTO documents (path) VALUES (?) ON CONFLICT DO UPDATE SET hash = NULL RETURNING id",
      path,
    )?.id ?? null;
  }

  #saveChunk(document: SQLOutputValue, chunk: EmbeddedChunk): void {
    const { path, hash, position, headings, text, vector } = chunk;
    this.#checkDimensions(vector.length);
    const row = this.#database.get(
      `INSERT INTO chunks (id, document, hash, headings, text) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET
         hash = excluded.hash, headings = excluded.headings, text = excluded.text
       RETURNING row`,
      chunkId(path, position),
      document,
      hash,
      JSON.stringify(headings),
      text,
    )?.row;
    // sqlite-vec takes neither an upsert nor a row number that is not a BigInt.
    const rowid = BigInt(Number(row));
    this.#database.run("DELETE FROM vectors WHERE rowid = ?", rowid);
    this.#database.run(
      "INSERT INTO vectors (rowid, embedding) VALUES (?, ?)",
      rowid,
      bytesOf(vector),
    );
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
    }
    this.#database.run(`DELETE FROM chunks WHERE ${where}`, ...values);
  }

  #checkModel(model: string): void {
    const stored = this.#setting("model");
    if (stored !== undefined && stored !== model) {
      throw new FatalError(
        `The database "${this.#path}" holds vectors of the model "${stored}", and this run uses "${model}"; use the same model or another --db file`,
      );
    }
    if (stored === undefined) this.#set("model", model);
    const dimensions = this.#setting("dimensions");
    if (dimensions !== undefined) this.#dimensions = Number(dimensions);
  }

  #prepareFor(dimensions: number): void {
    if (this.#dimensions !== undefined) return this.#checkDimensions(dimensions);
    this.#database.transaction(() => {
      this.#database.run(
        `CREATE VIRTUAL TABLE vectors USING vec0(
           embedding float[${dimensions}] distance_metric=cosine, chunk_size=${VECTORS_PER_BLOB}
         )`,
      );
      this.#set("dimensions", String(dimensions));
    });
    this.#dimensions = dimensions;
  }

  #checkDimensions(dimensions: number): void {
    if (dimensions === this.#dimensions) return;
    throw new FatalError(
      `The database "${this.#path}" holds vectors with ${this.#dimensions} dimensions, the model gave ${dimensions}; use the same model or another --db file`,
    );
  }

  #setting(key: string): string | undefined {
    const value = this.#database.get("SELECT value FROM settings WHERE key = ?", key)?.value;
    return value === undefined ? undefined : String(value);
  }

  #set(key: string, value: string): void {
    this.#database.run("INSERT INTO settings (key, value) VALUES (?, ?)", key, value);
  }
}

/** The same place in the same document always has the same id. */
function chunkId(path: string, position: number): string {
  return createHash("sha256").update(`${path}\0${position}`).digest("hex").slice(0, 32);
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
