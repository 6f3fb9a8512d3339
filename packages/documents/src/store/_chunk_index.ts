import { termsOf } from "../terms.ts";
import { unitVector } from "../unit_vector.ts";
import type { Database } from "./_database.ts";
import type { Settings } from "./_settings.ts";
import { StoreError } from "./store_error.ts";

/** sqlite-vec's default of 1,024 vectors in one blob makes inserts ten times slower. */
const VECTORS_PER_BLOB = 64;

/** What chunks are found by, under the number of their row: vectors, all of one length, and words. */
export class ChunkIndex {
  readonly #database: Database;
  readonly #settings: Settings;
  #dimensions: number | undefined;

  constructor(database: Database, settings: Settings) {
    this.#database = database;
    this.#settings = settings;
  }

  /** Length of the vectors; `undefined` before the first, which another process may store. */
  get dimensions(): number | undefined {
    const stored = this.#dimensions ?? this.#settings.get("dimensions");
    return this.#dimensions = stored === undefined ? undefined : Number(stored);
  }

  /** Makes the table of the vectors where there is none. @throws {StoreError} It has another length. */
  prepareFor(dimensions: number): void {
    if (this.dimensions === undefined) {
      this.#database.transaction(() => {
        if (this.dimensions !== undefined) return;
        this.#database.run(
          `CREATE VIRTUAL TABLE vectors USING vec0(
             embedding float[${dimensions}] distance_metric=cosine, chunk_size=${VECTORS_PER_BLOB}
           )`,
        );
        this.#settings.set("dimensions", String(dimensions));
      });
    }
    this.requireDimensions(dimensions);
  }

  /** @throws {StoreError} The vectors have another length. */
  requireDimensions(dimensions: number): void {
    if (dimensions === this.dimensions) return;
    throw new StoreError(
      `The database "${this.#database.path}" holds vectors with ${this.dimensions} dimensions, the model gave ${dimensions}; use the same model or another file`,
      { code: "OTHER_MODEL" },
    );
  }

  /** Sets vector and words of a chunk; none where the vector is all zeros. */
  set(row: number, vector: Float32Array, text: string): void {
    this.requireDimensions(vector.length);
    // sqlite-vec takes no upsert.
    this.delete(row);
    const unit = unitVector(vector);
    if (unit === undefined) return;
    const rowid = BigInt(row);
    this.#database.run(
      "INSERT INTO vectors (rowid, embedding) VALUES (?, ?)",
      rowid,
      bytesOf(unit),
    );
    const terms = Array.from(termsOf(text), (term) => term.text);
    this.#database.run("INSERT INTO words (rowid, terms) VALUES (?, ?)", rowid, terms.join(" "));
  }

  delete(row: number): void {
    // sqlite-vec takes no row number that is not a BigInt.
    this.#database.run("DELETE FROM vectors WHERE rowid = ?", BigInt(row));
    this.#database.run("DELETE FROM words WHERE rowid = ?", BigInt(row));
  }

  /** The vector of any chunk of which the embedder has seen this, by its hash. */
  vectorOf(input: string): Float32Array | undefined {
    // Before the first vector there is no table of them.
    if (this.dimensions === undefined) return undefined;
    const embedding = this.#database.get(
      `SELECT vectors.embedding FROM chunks JOIN vectors ON vectors.rowid = chunks.row
       WHERE chunks.input = ? LIMIT 1`,
      input,
    )?.embedding;
    if (!(embedding instanceof Uint8Array)) return undefined;
    // In a buffer of its own: that of an answer need not begin where a number may.
    return new Float32Array(embedding.slice().buffer);
  }
}

/** A vector as sqlite-vec takes it. */
export function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
