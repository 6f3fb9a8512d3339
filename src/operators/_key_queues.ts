/**
 * Runs work side by side, but one at a time for each key.
 *
 * @module
 */

import { createDeferred, type Deferred, isPromiseLike, toPromise } from "../internal/promises.ts";
import type { ParallelSettings } from "../core/stage.ts";
import { Ring } from "../internal/ring.ts";

/** Work that waits for its turn. */
interface Job {
  readonly run: () => unknown;
  readonly outcome: Deferred<unknown>;
}

/** The work of one key; it is kept while any of it runs or waits, and where some was given up. */
class KeyQueue {
  readonly key: unknown;
  readonly waiting: Ring<Job> = new Ring();
  /** Set where work of the key was given up: what came after would overtake it. */
  shut: { readonly reason: unknown } | undefined;

  constructor(key: unknown) {
    this.key = key;
  }
}

/**
 * Runs as many at a time as `paces` says, and one of each key, in the order in which they were
 * given.
 */
export class KeyQueues {
  readonly #paces: Pick<ParallelSettings, "concurrencyLimit">;
  readonly #queues = new Map<unknown, KeyQueue>();
  /** The queues whose next work could run, but for the limit. */
  readonly #ready: Ring<KeyQueue> = new Ring();
  #running = 0;

  constructor(paces: Pick<ParallelSettings, "concurrencyLimit">) {
    this.#paces = paces;
  }

  /** Runs `atOnce` where that can be, or `later` when it is its turn: then it gives a promise. */
  run(key: unknown, atOnce: () => unknown, later: () => unknown): unknown {
    const shut = this.#queues.get(key)?.shut;
    if (shut !== undefined) throw shut.reason;
    if (!this.#queues.has(key) && this.#running < this.#paces.concurrencyLimit) {
      return this.#runAtOnce(key, atOnce);
    }
    const outcome = createDeferred<unknown>();
    this.runLater(key, later, outcome);
    return outcome.promise;
  }

  /** Runs `run` when it is its turn, and settles `outcome` with what comes of it. */
  runLater(key: unknown, run: () => unknown, outcome: Deferred<unknown>): void {
    const busy = this.#queues.get(key);
    if (busy?.shut !== undefined) return outcome.reject(busy.shut.reason);
    const queue = busy ?? this.#open(key);
    queue.waiting.push({ run, outcome });
    if (busy !== undefined) return;
    this.#ready.push(queue);
    this.#runReady();
  }

  /** No work of the key begins any more: it fails with `reason`. */
  shut(key: unknown, reason: unknown): void {
    (this.#queues.get(key) ?? this.#open(key)).shut ??= { reason };
  }

  /** The same for all keys whose work runs or waits. */
  shutAll(reason: unknown): void {
    for (const { key } of this.#queues.values()) this.shut(key, reason);
  }

  #open(key: unknown): KeyQueue {
    const queue = new KeyQueue(key);
    this.#queues.set(key, queue);
    return queue;
  }

  #runAtOnce(key: unknown, run: () => unknown): unknown {
    const queue = this.#open(key);
    this.#running++;
    let isLate = false;
    try {
      const answer = run();
      isLate = isPromiseLike(answer);
      if (!isLate) return answer;
      const late = toPromise(answer);
      const leave = () => this.#leave(queue);
      late.then(leave, leave);
      return late;
    } finally {
      if (!isLate) this.#leave(queue);
    }
  }

  /** Work of the queue is done: its next work waits after that of other keys. */
  #leave(queue: KeyQueue): void {
    this.#running--;
    if (queue.waiting.length > 0) this.#ready.push(queue);
    else if (queue.shut === undefined) this.#queues.delete(queue.key);
    this.#runReady();
  }

  #runReady(): void {
    while (this.#running < this.#paces.concurrencyLimit && this.#ready.length > 0) {
      this.#runNext(this.#ready.shift()!);
    }
  }

  /** The next of a key begins after this one's answer is delivered: none overtakes it. */
  async #runNext(queue: KeyQueue): Promise<void> {
    const { run, outcome } = queue.waiting.shift()!;
    this.#running++;
    const leave = () => this.#leave(queue);
    outcome.promise.then(leave, leave);
    try {
      outcome.resolve(await run());
    } catch (error) {
      outcome.reject(error);
    }
  }
}
