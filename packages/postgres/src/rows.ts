import type { PostgresClient, PostgresTransaction } from "./client.ts";
import { readInteger, requireClient, requireKnown, requireText, show } from "./_options.ts";
import { type Result, run } from "./_run.ts";
import { transact } from "./_transact.ts";

/** Enough that the way to the server and back is shared, few enough that rows of kilobytes are a megabyte. */
const DEFAULT_PAGE_SIZE = 500;

/**
 * A row by the names of its columns, with the values that postgres.js makes.
 *
 * @category Reading
 */
export type PostgresRow = Record<string, unknown>;

/**
 * How rows are read.
 *
 * @category Reading
 */
export interface RowsOptions {
  /** The values of `$1`, `$2` and so on of the query. */
  readonly parameters?: readonly (string | number | null)[] | undefined;
  /** How many rows are read and held at a time: a positive integer. @default {500} */
  readonly pageSize?: number | undefined;
}

/**
 * The rows of a query through a cursor: a source for a pipeline, or for a loop. The query runs when the
 * first row is asked for, anew for each loop, and no more than a page of rows is held. A loop that is
 * left closes the cursor.
 *
 * While it is read, it keeps a connection of the pool and a transaction that only reads, so all rows are
 * as they were at its beginning. What writes meanwhile needs another connection: with `max: 1`, a sink or
 * a store of the same pool would wait for the end of the rows, and they for it. Where rows are worked on
 * for long, {@linkcode rowsByKey} keeps neither.
 *
 * @typeParam TRow What a row is; it is not checked.
 * @param sql The client; or a transaction, whose connection is used then.
 * @param query One query that reads.
 * @param options Its parameters, and how much is read at a time.
 * @returns The rows. Errors of the database surface when the first row is asked for, or later.
 * @throws {TypeError | RangeError} If an argument is not valid.
 * @category Reading
 *
 * @example Rows into a pipeline
 * ```ts ignore
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { rows } from "@headrace/postgres";
 * import postgres from "postgres";
 *
 * const sql = postgres("postgres://localhost/mills");
 * const names = StreamingPipeline.start<{ name: string }>().map("name", ({ name }) => name);
 * for await (const name of names.execute(rows(sql, "SELECT name FROM mills"))) console.log(name);
 * await sql.end();
 * ```
 */
export function rows<TRow extends object = PostgresRow>(
  sql: PostgresClient | PostgresTransaction,
  query: string,
  options: RowsOptions = {},
): AsyncIterable<TRow> {
  requireClient("rows", sql);
  requireText("rows", "its query", query);
  requireKnown("rows", options, ["parameters", "pageSize"]);
  const { parameters, pageSize } = readRowsOptions("rows", options);
  return { [Symbol.asyncIterator]: () => read<TRow>(sql, query, parameters, pageSize) };
}

/** Checks how rows are read. */
export function readRowsOptions(
  name: string,
  { parameters = [], pageSize }: RowsOptions,
): { readonly parameters: readonly (string | number | null)[]; readonly pageSize: number } {
  if (!Array.isArray(parameters)) {
    throw new TypeError(
      `Cannot call ${name}: parameters must be an array, got ${show(parameters)}`,
    );
  }
  return { parameters, pageSize: readInteger(name, "pageSize", pageSize, DEFAULT_PAGE_SIZE) };
}

let cursorCount = 0;

/**
 * The cursor is one of SQL. That of postgres.js 3.4.9 leaves a connection behind whose next query
 * gets a wrong answer, where the query fails after its first page.
 */
async function* read<TRow>(
  sql: PostgresClient | PostgresTransaction,
  query: string,
  parameters: readonly (string | number | null)[],
  pageSize: number,
): AsyncGenerator<TRow, void> {
  const name = `headrace_rows_${++cursorCount}`;
  const holding = "begin" in sql ? new Holding(sql) : undefined;
  const ask = async (query: string, parameters?: readonly (string | number | null)[]) => {
    if (holding === undefined) return await run<TRow>(sql, query, parameters);
    return await holding.run<TRow>(query, parameters);
  };
  try {
    await ask(`DECLARE ${name} NO SCROLL CURSOR FOR ${query}`, parameters);
    for (;;) {
      const page = await ask(`FETCH ${pageSize} FROM ${name}`);
      yield* page;
      if (page.length < pageSize) break;
    }
    // After a failure it is gone with its transaction.
    if (holding === undefined) await run(sql, `CLOSE ${name}`);
  } finally {
    await holding?.end();
  }
}

/** A transaction that stays open between the queries of its reader. */
class Holding {
  readonly #transaction: Promise<PostgresTransaction>;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #failure: { readonly error: unknown } | undefined;
  /** Rejects the query that runs. */
  #lose: (error: unknown) => void = () => {};

  constructor(sql: PostgresClient) {
    const held = new Promise<void>((resolve) => this.#end = resolve);
    let open: (transaction: PostgresTransaction) => void;
    this.#transaction = new Promise((resolve, reject) => {
      open = resolve;
      this.#lose = reject;
    });
    this.#ended = transact(sql, "READ ONLY", async (transaction) => {
      open(transaction);
      await held;
    }).catch((error) => {
      this.#failure = { error };
      this.#lose(error);
    });
  }

  /** Runs a query, and rejects where the connection is lost meanwhile. */
  async run<TRow>(
    query: string,
    parameters?: readonly (string | number | null)[],
  ): Promise<Result<TRow>> {
    const transaction = await this.#transaction;
    if (this.#failure !== undefined) throw this.#failure.error;
    return await new Promise((resolve, reject) => {
      this.#lose = reject;
      run<TRow>(transaction, query, parameters).then(resolve, reject);
    });
  }

  /** Ends it; never rejects, as a failure has rejected the query that ran. */
  async end(): Promise<void> {
    this.#end();
    await this.#ended;
  }
}
