import type { StreamingErrorStrategy } from "@headrace/pipeline";
import type { Operator, StageContext } from "@headrace/pipeline/core";
import { batch, flatten, map, pipe } from "@headrace/pipeline/operators";
import type { PostgresTransaction } from "./client.ts";
import { readInteger, requireClient, requireKnown, show } from "./_options.ts";
import { RowFaults } from "./_row_faults.ts";
import { RowWriter } from "./_row_writer.ts";
import { readTable, TABLE_OPTIONS, type TableOptions } from "./_table.ts";

/** The way to the server and its disk costs as much as some hundreds of rows. */
const DEFAULT_SIZE = 500;

/**
 * Options of {@linkcode upsertRows}.
 *
 * @category Writing
 */
export interface UpsertRowsOptions extends TableOptions {
  /** How many rows a statement writes: a positive integer. @default {500} */
  readonly size?: number | undefined;
  /** How long the first row of a statement waits for others, in milliseconds. @default no limit */
  readonly maxWaitMs?: number | undefined;
  /** What becomes of a bad row. The good ones are written in any case. @default {"FAIL_FAST"} */
  readonly errorStrategy?: StreamingErrorStrategy | undefined;
}

/**
 * Writes rows into a table, many with a statement, and emits each of them when its statement has
 * been committed, in order. A row whose key exists already is updated, in the columns that the row
 * has.
 *
 * A row that cannot be written, for a constraint or a value, fails alone, with a {@linkcode
 * RowError} as the cause; the other rows of its statement are written, also those after it. What is
 * no row's fault, such as a connection that is lost or a table that is missing, fails the stage
 * whatever its strategy is.
 *
 * @typeParam TRow The rows: objects of what their columns hold. Numbers, bigints, booleans, dates, bytes
 * and text go into columns of any type that reads their text; arrays into columns of arrays; anything
 * into `json` and `jsonb`, as JSON.
 * @param sql The client.
 * @param options The table, and how many rows are written at a time.
 * @throws {TypeError | RangeError} If an argument is not valid.
 * @category Writing
 *
 * @example The last one counts
 * ```ts ignore
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { upsertRows } from "@headrace/postgres";
 * import postgres from "postgres";
 *
 * const sql = postgres("postgres://localhost/mills");
 * const save = StreamingPipeline.start<{ id: number; name: string }>()
 *   .use("saved", upsertRows(sql, { table: "mills", key: "id" }));
 * await save.executeToArray([{ id: 1, name: "Brook" }, { id: 1, name: "Ford" }]);
 * await sql.end();
 * ```
 */
export function upsertRows<TRow extends object, TAccumulated = unknown, TContext = unknown>(
  sql: PostgresTransaction,
  options: UpsertRowsOptions,
): Operator<TRow, TRow, TAccumulated, TContext> {
  requireClient("upsertRows", sql);
  requireKnown("upsertRows", options, [...TABLE_OPTIONS, "size", "maxWaitMs", "errorStrategy"]);
  const { maxWaitMs, errorStrategy } = options;
  const writer = new RowWriter(readTable("upsertRows", options));
  const size = readInteger("upsertRows", "size", options.size, DEFAULT_SIZE);

  const openFaults = () => new RowFaults();
  const write = async (rows: TRow[], _index: number, { perRun }: Opener): Promise<TRow[]> => {
    const faults = await writer.write(sql, rows);
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
 * Writes rows into a table in a transaction of the caller: the sink of a durable job, whose rows and
 * position are committed together.
 *
 * @param sql The transaction.
 * @param rows The rows, as {@linkcode upsertRows} takes them.
 * @param options The table.
 * @throws {TypeError | RangeError} If an argument is not valid.
 * @throws {RowError} What is wrong with a bad row; the transaction must be rolled back.
 * @category Writing
 *
 * @example In a transaction with something else
 * ```ts ignore
 * import { upsertMany } from "@headrace/postgres";
 * import postgres from "postgres";
 *
 * const sql = postgres("postgres://localhost/mills");
 * await sql.begin(async (tx) => {
 *   await upsertMany(tx, [{ id: 1, name: "Brook" }], { table: "mills", key: "id" });
 *   await tx`INSERT INTO log VALUES ('one mill')`;
 * });
 * await sql.end();
 * ```
 */
export async function upsertMany(
  sql: PostgresTransaction,
  rows: readonly object[],
  options: TableOptions,
): Promise<void> {
  requireClient("upsertMany", sql);
  if (!Array.isArray(rows)) {
    throw new TypeError(`Cannot call upsertMany: its rows must be an array, got ${show(rows)}`);
  }
  requireKnown("upsertMany", options, TABLE_OPTIONS);
  await new RowWriter(readTable("upsertMany", options)).writeAll(sql, rows);
}
