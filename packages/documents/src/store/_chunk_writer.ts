import { createHash } from "node:crypto";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { ChunkIndex } from "./_chunk_index.ts";
import type { Database } from "./_database.ts";
import type { StoredPaths } from "./_stored_paths.ts";
import type { EmbeddedChunk, StoredChunk } from "./document_store.ts";

/** Writes and deletes the documents of a database, each change in one transaction. */
export class ChunkWriter {
  readonly #database: Database;
  readonly #paths: StoredPaths;
  readonly #index: ChunkIndex;

  constructor(database: Database, paths: StoredPaths, index: ChunkIndex) {
    this.#database = database;
    this.#paths = paths;
    this.#index = index;
  }

  save(chunks: readonly EmbeddedChunk[]): StoredChunk[] {
    const stored: StoredChunk[] = [];
    const [first] = chunks;
    if (first !== undefined) this.#index.prepareFor(first.vector.length);
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

  /** Whether there was one. */
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

  /** The id of the document, which is incomplete from now on. */
  #openDocument(path: string): SQLOutputValue {
    return this.#database.get(
      "INSERT INTO documents (path) VALUES (?) ON CONFLICT DO UPDATE SET hash = NULL RETURNING id",
      this.#paths.toStored(path),
    )?.id ?? null;
  }

  #saveChunk(document: SQLOutputValue, chunk: EmbeddedChunk): void {
    const { path, hash, input, position, headings, text, vector } = chunk;
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
    this.#index.set(Number(row), vector, [...headings, text].join("\n"));
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
    // One by one: with a subquery, sqlite-vec goes through all of its vectors.
    for (const { row } of this.#database.all(`SELECT row FROM chunks WHERE ${where}`, ...values)) {
      this.#index.delete(Number(row));
    }
    this.#database.run(`DELETE FROM chunks WHERE ${where}`, ...values);
  }
}

/** The same place in the same document always has the same id. */
function chunkId(path: string, position: number): string {
  return createHash("sha256").update(`${path}\0${position}`).digest("hex").slice(0, 32);
}
