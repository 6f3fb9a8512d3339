import type { StreamingErrorStrategy } from "@headrace/pipeline";
import type { Operator, StageContext } from "@headrace/pipeline/core";
import { batch, flatten, map, pipe } from "@headrace/pipeline/operators";
import type { SqliteDatabase } from "./database.ts";
import { readInteger, requireDatabase, requireKnown, show } from "./_options.ts";
import { RowFaults } from "./_row_faults.ts";
import { RowWriter } from "./_row_writer.ts";
import { readTable, TABLE_OPTIONS, type TableOptions } from "./_table.ts";
import { readBusyTimeout, transaction, type TransactionOptions } from "./transaction.ts";

/** A transaction costs a wait for the disk; 500 rows share it. */
const DEFAULT_SIZE = 500;

/**
 * Options of {@linkcode upsertRows}.
 *
 * @category Writing
 */
export interface UpsertRowsOptions extends TableOptions, TransactionOptions {
  /** How many rows a transaction writes: a positive integer. @default {500} */
  readonly size?: number | undefined;
  /** How long the first row of a transaction waits for others, in milliseconds. @default no limit */
  readonly maxWaitMs?: number | undefined;
  /** What becomes of a bad row. The good ones are written in any case. @default {"FAIL_FAST"} */
  readonly errorStrategy?: StreamingErrorStrategy | undefined;
}

/**
 * Writes rows into a table, many in a transaction, and emits each of them when its transaction has
 * been committed, in order. A row whose key exists already is updated, in the columns that the row
 * has.
 *
 * A row that cannot be written, for a constraint or a value, fails alone, with a {@linkcode
 * RowError} as the cause; the other rows of its transaction are written, also those after it. What
 * is no row's fault, such as a full disk or a table that is missing, fails the stage whatever its
 * strategy is, and nothing of that transaction is written.
 *
 * @typeParam TRow The rows: objects of null, numbers, bigints, text, bytes, booleans (1 and 0) and dates
 * (as ISO text).
 * @param database The connection.
 * @param options The table, and how many rows are written at a time.
 * @throws {TypeError | RangeError} If an argument is not valid.
 * @category Writing
 *
 * @example The last one counts
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { openDatabase, upsertRows } from "@headrace/sqlite";
 * import { assertEquals } from "@std/assert";
 *
 * using database = await openDatabase(":memory:");
 * database.exec("CREATE TABLE mills (id INTEGER PRIMARY KEY, name TEXT)");
 *
 * const save = StreamingPipeline.start<{ id: number; name: string }>()
 *   .use("saved", upsertRows(database, { table: "mills", key: "id" }));
 * await save.executeToArray([{ id: 1, name: "Brook" }, { id: 1, name: "Ford" }]);
 *
 * assertEquals(Object.assign({}, database.prepare("SELECT * FROM mills").get()), {
 *   id: 1,
 *   name: "Ford",
 * });
 * ```
 */
export function upsertRows<TRow extends object, TAccumulated = unknown, TContext = unknown>(
  database: SqliteDatabase,
  options: UpsertRowsOptions,
): Operator<TRow, TRow, TAccumulated, TContext> {
  requireDatabase("upsertRows", database);
  const own = ["size", "maxWaitMs", "errorStrategy", "busyTimeoutMs"];
  requireKnown("upsertRows", options, [...TABLE_OPTIONS, ...own]);
  const { maxWaitMs, errorStrategy } = options;
  const table = readTable("upsertRows", options);
  const size = readInteger("upsertRows", "size", options.size, DEFAULT_SIZE);
  const busyTimeoutMs = readBusyTimeout("upsertRows", options);

  const writer = new RowWriter(database, table);
  const openFaults = () => new RowFaults();
  const write = async (rows: TRow[], _index: number, { perRun }: Opener): Promise<TRow[]> => {
    const faults = await transaction(database, () => writer.write(rows), { busyTimeoutMs });
    perRun(openFaults).add(rows, faults);
    return rows;
  };
  return pipe(
    batch<TRow, TAccumulated, TContext>({ size, maxWaitMs }),
    map(write),
    flatten(),
    map((row: TRow, _index: number, { perRun }: Opener) => {
      const fault = perRun(openFaults).take(row);
      if (fault !== undefined) throw fault;
      return row;
    }, { errorStrategy }),
  );
}

/** What the functions take of their context. */
type Opener = Pick<StageContext<unknown, unknown>, "perRun">;

/**
 * Writes rows into a table at once, inside a transaction that the caller has begun: the sink of a
 * durable job, whose rows and position are committed together.
 *
 * @param database The connection.
 * @param rows The rows, as {@linkcode upsertRows} takes them.
 * @param options The table.
 * @throws {TypeError | RangeError} If an argument is not valid.
 * @throws {RowError} What is wrong with the first bad row; the transaction must be rolled back.
 * @category Writing
 *
 * @example In a transaction with something else
 * ```ts
 * import { openDatabase, transaction, upsertMany } from "@headrace/sqlite";
 * import { assertEquals } from "@std/assert";
 *
 * using database = await openDatabase(":memory:");
 * database.exec("CREATE TABLE mills (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE log (text)");
 *
 * await transaction(database, (tx) => {
 *   upsertMany(tx, [{ id: 1, name: "Brook" }], { table: "mills", key: "id" });
 *   tx.exec("INSERT INTO log VALUES ('one mill')");
 * });
 * assertEquals(database.prepare("SELECT name FROM mills").all().length, 1);
 * ```
 */
export function upsertMany(
  database: SqliteDatabase,
  rows: readonly object[],
  options: TableOptions,
): void {
  requireDatabase("upsertMany", database);
  if (!Array.isArray(rows)) {
    throw new TypeError(`Cannot call upsertMany: its rows must be an array, got ${show(rows)}`);
  }
  requireKnown("upsertMany", options, TABLE_OPTIONS);
  const writer = new RowWriter(database, readTable("upsertMany", options));
  const fault = writer.write(rows).find((each) => each !== undefined);
  if (fault !== undefined) throw fault;
}
