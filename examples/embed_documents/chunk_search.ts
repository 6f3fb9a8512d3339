import type { Database } from "./database.ts";
import { fuseRanks } from "./fuse_ranks.ts";
import type { StoredPaths } from "./stored_paths.ts";
import { termsOf } from "./words.ts";

/** How many chunks each kind of search brings, at least, before they are put together. */
const MIN_CANDIDATES = 50;
/** A question that is a whole document is searched by its beginning. */
const MAX_TERMS = 200;

/** What a search goes by beside the vector. */
export interface SearchOptions {
  /** The words of the question, for the full-text search; empty for none. @default "" */
  readonly text?: string;
  /** Only chunks with a higher score are found. @default 0 */
  readonly minScore?: number;
}

/** A chunk that a search found. */
export interface Match {
  readonly path: string;
  readonly headings: readonly string[];
  readonly text: string;
  /** Cosine similarity, above 0 and up to 1: higher is closer. */
  readonly score: number;
}

/** Searches the chunks of a database by vectors and by words. */
export class ChunkSearch {
  readonly #database: Database;
  readonly #paths: StoredPaths;

  constructor(database: Database, paths: StoredPaths) {
    this.#database = database;
    this.#paths = paths;
  }

  /**
   * The `count` chunks that are best by both, best first.
   *
   * @param vector The bytes of a vector of length 1.
   */
  find(vector: Uint8Array, count: number, { text = "", minScore = 0 }: SearchOptions): Match[] {
    const candidates = Math.max(count, MIN_CANDIDATES);
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
    for (const row of rows) {
      const match = this.#matchAt(row, vector);
      if (match !== undefined && match.score > minScore) matches.push(match);
      if (matches.length === count) break;
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
