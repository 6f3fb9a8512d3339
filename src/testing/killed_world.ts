import type { CheckpointStore } from "../durable/checkpoint_store.ts";

/**
 * What outlives the processes of a job that is killed: files, a database. It is empty at first.
 *
 * @typeParam TOutput The items that come out.
 * @category Testing
 */
export interface KilledWorld<TOutput> {
  /** A process begins: it opens a store, with connections of its own. */
  open(): KilledProcess<TOutput> | PromiseLike<KilledProcess<TOutput>>;
  /** All that is written and committed, in order; called where the sink is transactional. */
  read?(): readonly TOutput[] | PromiseLike<readonly TOutput[]>;
  /** Removes it, when all processes have ended. */
  close?(): unknown;
}

/**
 * One process of a job that is killed.
 *
 * @typeParam TOutput The items that come out.
 * @category Testing
 */
export interface KilledProcess<TOutput> {
  /** The store; one with `commit` where the sink is transactional. */
  readonly store: CheckpointStore;
  /** Writes items with the transaction of the store; called where the sink is transactional. */
  write?(items: readonly TOutput[], transaction: never): void | PromiseLike<void>;
  /** The process has ended, or was killed: closes its connections, whatever is under way. */
  end?(): unknown;
}
