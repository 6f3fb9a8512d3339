/**
 * A value that SQLite keeps.
 *
 * @category Databases
 */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/**
 * A prepared statement: what is used of `StatementSync` of `node:sqlite` and of `Statement` of
 * `bun:sqlite`.
 *
 * @category Databases
 */
export interface SqliteStatement {
  /** Runs it to its end, and says how many rows it has changed. */
  run(...parameters: SqliteValue[]): unknown;
  /** The first row, if any. */
  get(...parameters: SqliteValue[]): unknown;
  /** All rows. */
  all(...parameters: SqliteValue[]): unknown[];
  /** The rows one by one, while the statement is open. */
  iterate(...parameters: SqliteValue[]): IterableIterator<unknown>;
}

/**
 * A connection to a database: `DatabaseSync` of `node:sqlite` (Deno, Node), `Database` of
 * `bun:sqlite`, what {@linkcode openDatabase} opens, or anything of the same shape.
 *
 * @category Databases
 */
export interface SqliteDatabase {
  /** Runs statements without parameters. */
  exec(sql: string): unknown;
  /** Prepares one statement. */
  prepare(sql: string): SqliteStatement;
}
