/**
 * What keeps the checkpoints of durable jobs. A store keeps text; what a checkpoint is made of is
 * encoded and checked by those that save it.
 *
 * @module
 */

/**
 * What {@linkcode CheckpointStore.acquire} resolves with.
 *
 * @category Durable runs
 */
export interface Acquired {
  /** What was saved last; `undefined` where nothing has been. */
  readonly saved: string | undefined;
  /** The number of this owner, higher than that of each owner before: a positive integer. */
  readonly fence: number;
}

/**
 * Keeps the last checkpoint of each job, by the job's id. One owner has a job at a time, the one
 * that has acquired it last: its fence is the highest.
 *
 * A checkpoint that cannot be read, such as one that was cut or has another format, is refused by
 * {@linkcode acquire} with the code `CHECKPOINT_UNREADABLE`. It is never taken for nothing saved.
 *
 * @category Durable runs
 */
export interface CheckpointStore {
  /**
   * Takes the job over: resolves with what was saved last and a new fence, higher than each one
   * before. What an earlier owner saves is refused from now on.
   */
  acquire(id: string): Promise<Acquired>;
  /**
   * Replaces what is saved, atomically. Rejects with a `DurableError` of the code `FENCED` where
   * the job has been acquired since, or given back.
   */
  save(id: string, saved: string, fence: number): Promise<void>;
  /**
   * Gives the job back: nothing is saved with this fence afterwards, and what was saved stays. Does
   * nothing where the job has been acquired since.
   */
  release(id: string, fence: number): Promise<void>;
}

/**
 * A store whose database takes what comes out of a job as well: what was written and the checkpoint
 * become visible together, or not at all.
 *
 * @typeParam TTransaction What `work` writes with.
 * @category Durable runs
 */
export interface TransactionalStore<TTransaction> extends CheckpointStore {
  /**
   * Runs `work` and replaces what is saved, in one transaction, in which the fence is checked.
   * Rejects as {@linkcode CheckpointStore.save} does, or with what `work` has thrown: nothing has
   * been written then.
   */
  commit(
    id: string,
    fence: number,
    saved: string,
    work: (transaction: TTransaction) => void | Promise<void>,
  ): Promise<void>;
}
