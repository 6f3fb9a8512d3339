import type { SqliteDatabase } from "./database.ts";
import { isBusy } from "./_codes.ts";
import { once } from "./_once.ts";
import { readMs, requireDatabase, requireKnown, show } from "./_options.ts";
import { takeTurn } from "./_queue.ts";

/** Half a minute is longer than a transaction should take, and shorter than a person waits. */
const DEFAULT_BUSY_TIMEOUT_MS = 30_000;

/** Waits for a lock begin short and grow: most locks are held for a moment. */
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 50;

/**
 * Options of what runs transactions.
 *
 * @category Databases
 */
export interface TransactionOptions {
  /**
   * How long a transaction waits for those of other connections, and of its own, in milliseconds: a
   * positive integer of 2,147,483,647 at most. Other work goes on meanwhile. @default {30_000}
   */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * Runs `work` in a transaction: what it writes becomes visible when it has ended, or not at all.
 *
 * Transactions of one connection run one after the other, in the order in which they are called for.
 * Where another connection holds the lock, it waits. The lock to write is taken at the beginning. A
 * `work` that awaits keeps the lock, and whatever else uses the same connection meanwhile is a part
 * of the transaction.
 *
 * @typeParam TResult What `work` returns.
 * @param database The connection.
 * @param work Reads and writes.
 * @param options How long it waits.
 * @returns What `work` returns, after the transaction has been committed.
 * @throws {TypeError | RangeError} If an argument is not valid.
 * @throws {unknown} What `work` throws, after everything has been rolled back; the database's error
 * where it stays locked or cannot commit.
 * @category Databases
 *
 * @example Both, or none
 * ```ts
 * import { openDatabase, transaction } from "@headrace/sqlite";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * using database = await openDatabase(":memory:");
 * database.exec("CREATE TABLE mills (name TEXT NOT NULL)");
 * const insert = database.prepare("INSERT INTO mills VALUES (?)");
 *
 * await assertRejects(() => transaction(database, () => [insert.run("Brook"), insert.run(null)]));
 * assertEquals(database.prepare("SELECT * FROM mills").all(), []);
 * ```
 */
export async function transaction<TResult>(
  database: SqliteDatabase,
  work: (database: SqliteDatabase) => TResult | PromiseLike<TResult>,
  options: TransactionOptions = {},
): Promise<TResult> {
  requireDatabase("transaction", database);
  if (typeof work !== "function") {
    throw new TypeError(`Cannot call transaction: its work must be a function, got ${show(work)}`);
  }
  requireKnown("transaction", options, ["busyTimeoutMs"]);
  const timeoutMs = readBusyTimeout("transaction", options);
  const endTurn = await takeTurn(database, timeoutMs);
  try {
    await begin(database, timeoutMs);
    try {
      const result = await work(database);
      // With a rollback journal, readers can keep a writer from its last step.
      await runWhenFree(database, "COMMIT", timeoutMs);
      return result;
    } catch (error) {
      rollBack(database, error);
      throw error;
    }
  } finally {
    endTurn();
  }
}

/** How long the transactions of `name` wait. */
export function readBusyTimeout(name: string, { busyTimeoutMs }: TransactionOptions): number {
  return readMs(name, "busyTimeoutMs", busyTimeoutMs, DEFAULT_BUSY_TIMEOUT_MS);
}

/** Whether a transaction is open, where the connection says so. */
export function isInTransaction(database: SqliteDatabase): boolean | undefined {
  const { isTransaction, inTransaction } = database as {
    readonly isTransaction?: boolean;
    readonly inTransaction?: boolean;
  };
  return isTransaction ?? inTransaction;
}

/** While SQLite waits by itself the thread stands still, and the holder of the lock may need it. */
async function begin(database: SqliteDatabase, timeoutMs: number): Promise<void> {
  const row = once(database, "PRAGMA busy_timeout", (statement) => statement.get());
  const { timeout } = row as { readonly timeout: number };
  if (timeout === 0) return await runWhenFree(database, "BEGIN IMMEDIATE", timeoutMs);
  database.exec("PRAGMA busy_timeout = 0");
  try {
    await runWhenFree(database, "BEGIN IMMEDIATE", timeoutMs);
  } finally {
    database.exec(`PRAGMA busy_timeout = ${timeout}`);
  }
}

/** Runs a statement as soon as no other connection is in its way; between, the thread is free. */
export async function runWhenFree(
  database: SqliteDatabase,
  sql: string,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let waitMs = FIRST_WAIT_MS;; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      once(database, sql, (statement) => statement.run());
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** SQLite has rolled back by itself where the disk is full or a trigger asks for it. */
function rollBack(database: SqliteDatabase, cause: unknown): void {
  if (isInTransaction(database) === false) return;
  try {
    database.exec("ROLLBACK");
  } catch (error) {
    if (isInTransaction(database) === undefined) return;
    throw new AggregateError(
      [cause, error],
      "A transaction has failed, and could not be rolled back",
      { cause },
    );
  }
}
