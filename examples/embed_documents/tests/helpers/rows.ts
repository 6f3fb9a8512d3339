import { DatabaseSync } from "node:sqlite";
import { load } from "sqlite-vec";

const ROWS = `
  SELECT documents.path, documents.hash AS complete, chunks.id, chunks.hash, chunks.headings,
    chunks.text, vectors.embedding
  FROM documents
  LEFT JOIN chunks ON chunks.document = documents.id
  LEFT JOIN vectors ON vectors.rowid = chunks.row
  ORDER BY documents.path, chunks.id`;

/** All that a database holds, in an order that does not depend on when it was written. */
export function readRows(path: string): unknown[] {
  const database = new DatabaseSync(path, { allowExtension: true });
  try {
    load(database);
    // The table of the vectors is made with the first of them.
    const made = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'vectors'").get();
    return made === undefined ? [] : database.prepare(ROWS).all();
  } finally {
    database.close();
  }
}
