/**
 * What a {@linkcode RowError} is made from.
 *
 * @category Writing
 */
export interface RowErrorDetails {
  /** See {@linkcode RowError.code}. */
  readonly code: string;
  /** What the database has thrown, if it was asked. */
  readonly cause?: unknown;
}

/**
 * A row that the database does not take, or that cannot be handed to it as it is. The message never
 * shows its values.
 *
 * It is the `cause` of the `StreamingError` of its row, whose `code` is the same.
 *
 * @category Writing
 *
 * @example The good rows are written
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { openDatabase, upsertRows } from "@headrace/sqlite";
 * import { assertEquals } from "@std/assert";
 *
 * using database = await openDatabase(":memory:");
 * database.exec("CREATE TABLE mills (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
 * const save = upsertRows<{ id: number; name: string | null }>(database, {
 *   table: "mills",
 *   key: "id",
 *   errorStrategy: "SPLIT_ERRORS",
 * });
 *
 * const codes: string[] = [];
 * const pipeline = StreamingPipeline.start<{ id: number; name: string | null }>().use("saved", save);
 * const saved = await pipeline.executeToArray([{ id: 1, name: null }, { id: 2, name: "Ford" }], {
 *   errorsTo: ({ error }) => codes.push(error.code),
 * });
 * assertEquals(saved, [{ id: 2, name: "Ford" }]);
 * assertEquals(codes, ["SQLITE_CONSTRAINT_NOTNULL"]);
 * ```
 */
export class RowError extends Error {
  /** `RowError`. */
  override readonly name: string = "RowError";
  /**
   * What is wrong: `INVALID_VALUE` or `WRONG_COLUMNS` where it is seen before the database is asked, else
   * the name of SQLite's code, such as `SQLITE_CONSTRAINT_UNIQUE`.
   */
  readonly code: string;

  /** Makes the error. */
  constructor(message: string, { code, cause }: RowErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
