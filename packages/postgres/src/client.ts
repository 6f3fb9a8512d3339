import type { Writable } from "node:stream";

/**
 * A query that has been made: what is used of a query of postgres.js.
 *
 * @category Connections
 */
export interface PostgresQuery extends PromiseLike<unknown> {
  /** What columns it would give. */
  describe(): PromiseLike<{ readonly columns: readonly { readonly type: number }[] }>;
  /** Where a `COPY … FROM STDIN` takes its data. */
  writable(): Promise<Writable>;
}

/**
 * What queries are made with: `sql` of postgres.js, or the one that `sql.begin` passes to its function.
 *
 * @category Connections
 */
export interface PostgresTransaction {
  /** Makes a query of a text and the values of its `$1`, `$2` and so on. */
  unsafe(query: string, parameters?: (string | number | null)[]): PostgresQuery;
}

/**
 * A pool of connections: `sql` of postgres.js, as `postgres(…)` makes it.
 *
 * @category Connections
 */
export interface PostgresClient extends PostgresTransaction {
  /** Runs `work` in a transaction. */
  begin(
    options: string,
    work: (transaction: PostgresTransaction) => Promise<void>,
  ): Promise<unknown>;
}

/**
 * What `begin` of a client passes to its function.
 *
 * @typeParam TClient The client.
 * @category Connections
 */
export type TransactionOf<TClient extends PostgresClient> = TClient extends {
  begin(options: string, work: (transaction: infer TTransaction) => infer _): unknown;
} ? TTransaction
  : PostgresTransaction;
