/**
 * Keeps the hashes of items, by their keys.
 *
 * @category Durable runs
 */
export interface HashStore {
  /** The hash that was kept under `key`, if there is one. */
  get(key: string): string | undefined | PromiseLike<string | undefined>;
  /** Keeps these hashes. Called before the commit that says that their items are done. */
  set(hashes: ReadonlyMap<string, string>): void | PromiseLike<void>;
}

/**
 * How items are left out that have not changed since the job was run before.
 *
 * @typeParam T The type of the items.
 * @category Durable runs
 */
export interface UnchangedOptions<in T> {
  /** Under what an item is known, such as its path: a text. */
  readonly key: (item: T) => string;
  /** A text that changes when the item does; what takes long to compute belongs in the source. */
  readonly hash: (item: T) => string;
  /** Keeps the hashes of the items that are done. */
  readonly store: HashStore;
}
