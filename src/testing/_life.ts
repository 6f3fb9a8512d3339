/**
 * One life of a process that runs a job: it can be killed at any of its effects.
 *
 * @module
 */

import type { CheckpointStore, TransactionalStore } from "../durable/checkpoint_store.ts";
import { memoryStore } from "../durable/memory_store.ts";
import type { PositionedSource } from "../durable/positioned_source.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import type { KilledWorld } from "./killed_world.ts";

/** A process, as far as its effects on the world go: one that is killed settles none any more. */
export class Life {
  /** How many points it has passed. */
  points = 0;
  isKilled = false;
  /** Whether a job has been acquired in the store of the process. */
  hasAcquired = false;
  readonly #killAt: number;
  readonly #killed: Deferred<void> = createDeferred();
  readonly #acting: Set<Promise<unknown>> = new Set();

  /** It is killed at the point `killAt`, counted from 1. */
  constructor(killAt: number) {
    this.#killAt = killAt;
  }

  /** Resolves when it is killed. */
  get killed(): Promise<void> {
    return this.#killed.promise;
  }

  /** Has an effect on the world, unless the process is killed before; or it is killed after it. */
  async act<T>(effect: () => T | Promise<T>): Promise<T> {
    await this.#pass();
    const acting = (async () => await effect())();
    this.#acting.add(acting);
    try {
      return await acting;
    } finally {
      this.#acting.delete(acting);
      await this.#pass();
    }
  }

  /** Resolves when no effect is under way, or the process is killed. */
  async settled(): Promise<void> {
    while (this.#acting.size > 0 && !this.isKilled) {
      await Promise.race([Promise.allSettled(this.#acting), this.#killed.promise]);
    }
  }

  #pass(): Promise<void> {
    if (!this.isKilled && ++this.points < this.#killAt) return Promise.resolve();
    this.isKilled = true;
    this.#killed.resolve();
    // A new one for each, so that it can be collected together with what waits for it.
    return new Promise(() => {});
  }
}

/** A store whose calls are effects of a process, and what it does inside of a transaction as well. */
export function storeIn(life: Life, store: CheckpointStore): TransactionalStore<unknown> {
  return {
    acquire(id) {
      life.hasAcquired = true;
      return life.act(() => store.acquire(id));
    },
    save: (id, saved, fence) => life.act(() => store.save(id, saved, fence)),
    release: (id, fence) => life.act(() => store.release(id, fence)),
    commit: (id, fence, saved, work) =>
      // The cast: only a sink with transactions has it called.
      life.act(() =>
        (store as TransactionalStore<unknown>).commit(
          id,
          fence,
          saved,
          (transaction) => life.act(() => work(transaction)),
        )
      ),
  };
}

/** A world in memory: a store with transactions, and what was written in them. */
export function createMemoryWorld<TOutput>(): KilledWorld<TOutput> {
  const outputs: TOutput[] = [];
  const checkpoints = memoryStore();
  const store: TransactionalStore<TOutput[]> = {
    ...checkpoints,
    async commit(id, fence, saved, work) {
      const written: TOutput[] = [];
      await work(written);
      await checkpoints.save(id, saved, fence);
      outputs.push(...written);
    },
  };
  const write = (items: readonly TOutput[], written: TOutput[]) => void written.push(...items);
  return { open: () => ({ store, write }), read: () => outputs };
}

/** A source whose reads are effects of a process. */
export function readIn<T, P>(life: Life, source: PositionedSource<T, P>): PositionedSource<T, P> {
  return {
    async *open(from, signal) {
      const items = source.open(from, signal)[Symbol.asyncIterator]();
      for (;;) {
        const result = await life.act(() => items.next());
        if (result.done) return;
        yield result.value;
      }
    },
  };
}
