// Statements that are used once.

import type { SqliteDatabase, SqliteStatement } from "./database.ts";

/**
 * Prepares a statement for `use`, and finalizes it. Bun keeps a statement, and with it a closed
 * connection, until it is collected; Node and Deno finalize it by themselves.
 */
export function once<T>(
  database: SqliteDatabase,
  sql: string,
  use: (statement: SqliteStatement) => T,
): T {
  const statement = database.prepare(sql);
  try {
    return use(statement);
  } finally {
    finalize(statement);
  }
}

/** Finalizes a statement. */
export function finalize(statement: SqliteStatement): void {
  (statement as { finalize?(): void }).finalize?.();
}
