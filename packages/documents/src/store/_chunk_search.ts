import { fuseRanks } from "../fuse_ranks.ts";
import { termsOf } from "../terms.ts";
import { unitVector } from "../unit_vector.ts";
import { bytesOf, type ChunkIndex } from "./_chunk_index.ts";
import type { Database } from "./_database.ts";
import type { StoredPaths } from "./_stored_paths.ts";
import type { Match, SearchOptions } from "./document_store.ts";

/** How many chunks each kind of search brings, at least, before they are put together. */
const MIN_CANDIDATES = 50;
/** How many more, where each document is found once. */
const CHUNKS_PER_DOCUMENT = 10;
/** sqlite-vec takes no more. */
const MAX_CANDIDATES = 4_096;
/** A question that is a whole document is searched by its beginning. */
const MAX_TERMS = 200;

/** Searches the chunks of a database by vectors and by words. */
export class ChunkSearch {
  readonly #database: Database;
  readonly #paths: StoredPaths;
  readonly #index: ChunkIndex;

  constructor(database: Database, paths: StoredPaths, index: ChunkIndex) {
    this.#database = database;
    this.#paths = paths;
    this.#index = index;
  }

  /** The `count` chunks that are best by both, best first; none for a vector of zeros. */
  find(wanted: Float32Array, count: number, options: SearchOptions): Match[] {
    if (this.#index.dimensions === undefined) return [];
    this.#index.requireDimensions(wanted.length);
    const unit = unitVector(wanted);
    if (unit === undefined) return [];
    const vector = bytesOf(unit);
    const { text = "", minScore = 0, onePerDocument = false } = options;
    const candidates = Math.min(
      Math.max(onePerDocument ? CHUNKS_PER_DOCUMENT * count : count, MIN_CANDIDATES),
      MAX_CANDIDATES,
    );
    const near = this.#database.all(
      "SELECT rowid, distance FROM vectors WHERE embedding MATCH ? AND k = ?",
      vector,
      candidates,
    ).map(({ rowid, distance }) => ({ row: Number(rowid), distance: Number(distance) }));
    // sqlite-vec takes no second column to sort by.
    near.sort((one, other) => one.distance - other.distance || one.row - other.row);
    const rows = fuseRanks(
      near.map(({ row }) => row),
      this.#rowsWithWords(text, candidates),
    );
    const matches: Match[] = [];
    const found = new Set<string>();
    for (const row of rows) {
      if (matches.length >= count) break;
      const match = this.#matchAt(row, vector);
      if (match === undefined || !(match.score > minScore)) continue;
      if (onePerDocument && found.has(match.path)) continue;
      found.add(match.path);
      matches.push(match);
    }
    return matches;
  }

  /** Chunks that have a word of the text, best first. */
  #rowsWithWords(text: string, count: number): number[] {
    const terms = new Set<string>();
    for (const term of termsOf(text)) {
      if (terms.add(`"${term.text}"`).size === MAX_TERMS) break;
    }
    if (terms.size === 0) return [];
    return this.#database.all(
      "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank, rowid LIMIT ?",
      [...terms].join(" OR "),
      count,
    ).map(({ rowid }) => Number(rowid));
  }

  /** `undefined` where the chunk has no vector. */
  #matchAt(row: number, vector: Uint8Array): Match | undefined {
    const found = this.#database.get(
      `SELECT documents.path, chunks.headings, chunks.text,
         1 - vec_distance_cosine(vectors.embedding, ?) AS score
       FROM chunks
       JOIN vectors ON vectors.rowid = chunks.row
       JOIN documents ON documents.id = chunks.document
       WHERE chunks.row = ?`,
      vector,
      row,
    );
    if (found === undefined) return undefined;
    return {
      path: this.#paths.toAbsolute(String(found.path)),
      headings: JSON.parse(String(found.headings)),
      text: String(found.text),
      score: Number(found.score),
    };
  }
}
