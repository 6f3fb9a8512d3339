import { requireFunction, requireMethods } from "../internal/validation.ts";
import type { TransactionalStore } from "./checkpoint_store.ts";
import type { TransactionalSink } from "./job.ts";

/**
 * A sink that writes what comes out of a job, and where the job goes on, in one transaction of a
 * database: after a crash at any moment, each item is in the database once.
 *
 * Items are kept in memory until the next commit, which comes with `commit` of the job. `write` must
 * use nothing but the transaction for what it writes.
 *
 * @typeParam T The items.
 * @typeParam TTransaction What `write` writes with: that of the store.
 * @param store The store of the job, whose database takes the items as well.
 * @param write Writes the items that have come out since the last commit, in order; may be none.
 * @returns The sink, for `job.run`.
 * @throws {TypeError} If `store` has no transactions, or `write` is not a function.
 * @category Durable runs
 *
 * @example Rows and position together
 * ```ts
 * import { memoryStore, transactional, type TransactionalStore } from "@headrace/pipeline/durable";
 * import { assertEquals } from "@std/assert";
 *
 * const rows: string[] = [];
 * const checkpoints = memoryStore();
 * const store: TransactionalStore<(row: string) => void> = {
 *   ...checkpoints,
 *   async commit(id, fence, saved, work) {
 *     const written: string[] = [];
 *     await work((row) => void written.push(row));
 *     await checkpoints.save(id, saved, fence);
 *     rows.push(...written);
 *   },
 * };
 * const sink = transactional(store, (items: readonly string[], insert) => items.forEach(insert));
 *
 * assertEquals(sink.store, store);
 * ```
 */
export function transactional<T, TTransaction>(
  store: TransactionalStore<TTransaction>,
  write: (items: readonly T[], transaction: TTransaction) => void | Promise<void>,
): TransactionalSink<T> {
  const subject = { operator: "call transactional" };
  const rule = "a store with transactions, such as a database has";
  requireMethods(subject, "store", store, ["commit"], rule);
  requireFunction(subject, "write", write);
  // The casts: the job gives `write` the transaction of this very store.
  return {
    store: store as TransactionalStore<never>,
    write: write as TransactionalSink<T>["write"],
  };
}
