// Transactions that outlive the loss of their connection.

import { setImmediate } from "node:timers";
import type { PostgresClient, PostgresTransaction } from "./client.ts";

/**
 * Runs `work` in a transaction, and then `confirm`, which throws where that is not to be committed.
 * Rejects with what they throw, after everything has been rolled back; or, at once, where the
 * connection is lost.
 *
 * With postgres.js 3.4.9, a query on a connection that is lost ends the process: an error is thrown
 * where nothing can catch it. Its own `COMMIT` and `ROLLBACK` do so after work that ends later, so
 * such work does not end.
 */
export async function transact<T>(
  sql: PostgresClient,
  options: string,
  work: (transaction: PostgresTransaction) => Promise<T>,
  confirm?: (transaction: PostgresTransaction, value: T) => Promise<void>,
): Promise<T> {
  let isOver = false;
  let result: { readonly value: T } | undefined;
  const stopWhereLost = async () => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (isOver) await new Promise<never>(() => {});
  };
  const guarded = async (transaction: PostgresTransaction): Promise<void> => {
    try {
      const value = await work(transaction);
      await stopWhereLost();
      await confirm?.(transaction, value);
      result = { value };
    } finally {
      await stopWhereLost();
    }
  };
  try {
    await sql.begin(options, guarded);
  } catch (error) {
    isOver = true;
    throw error;
  }
  return result!.value;
}
