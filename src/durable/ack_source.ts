/**
 * A message of a queue, which is given back unless it is acknowledged.
 *
 * @typeParam T The item.
 * @category Durable runs
 */
export interface Delivery<T> {
  /** The item. */
  readonly item: T;
  /** How often it has been delivered, this time included: 1 at first. */
  readonly attempts: number;
  /** The item is done: it is not delivered again. */
  ack(): void | Promise<void>;
  /** The item has failed: it is delivered again, `delayMs` from now at the earliest. */
  nack(delayMs?: number): void | Promise<void>;
  /** The item takes longer: the time after which it is delivered again begins anew. */
  extend(): void | Promise<void>;
}

/**
 * A queue that remembers itself which items are done, such as one of a broker.
 *
 * @typeParam T The items.
 * @category Durable runs
 */
export interface AckSource<T> {
  /** Reads what is delivered. It is closed as any async iterable is. */
  open(signal: AbortSignal): AsyncIterable<Delivery<T>>;
}
