/**
 * One life of a process that runs a job: it can be killed at any of its effects.
 *
 * @module
 */

import type { CheckpointStore, TransactionalStore } from "../durable/checkpoint_store.ts";
import { DurableError } from "../durable/durable_error.ts";
import type { PositionedSource } from "../durable/positioned_source.ts";

/** A process, as far as its effects on the world go: one that is killed settles none any more. */
export class Life {
  /** How many points it has passed. */
  points = 0;
  isKilled = false;
  readonly #killAt: number;
  readonly #onKilled: () => void;

  /** It is killed at the point `killAt`, counted from 1. */
  constructor(killAt: number, onKilled: () => void) {
    this.#killAt = killAt;
    this.#onKilled = onKilled;
  }

  /** Has an effect on the world, unless the process is killed before; or it is killed behind it. */
  async act<T>(effect: () => T | Promise<T>): Promise<T> {
    await this.#pass();
    const made = await effect();
    await this.#pass();
    return made;
  }

  #pass(): Promise<void> {
    if (!this.isKilled && ++this.points < this.#killAt) return Promise.resolve();
    if (!this.isKilled) this.#onKilled();
    this.isKilled = true;
    // One for each: what waits for it is collected with it.
    return new Promise(() => {});
  }
}

/** What outlives processes: a store with transactions, and what was written. */
export class World<TOutput> {
  /** What sinks without transactions have taken, and what was committed by those with them. */
  readonly outputs: TOutput[] = [];
  readonly #jobs = new Map<string, { saved: string | undefined; fence: number }>();

  /** The store, as a process sees it. */
  store(life: Life): TransactionalStore<TOutput[]> {
    const check = (id: string, fence: number) => {
      const job = this.#jobs.get(id);
      if (job?.fence === fence) return job;
      throw new DurableError(`The job "${id}" has another owner`, { code: "FENCED", id });
    };
    return {
      acquire: (id) =>
        life.act(() => {
          const job = this.#jobs.get(id) ?? { saved: undefined, fence: 0 };
          this.#jobs.set(id, job);
          job.fence++;
          return { saved: job.saved, fence: job.fence };
        }),
      save: (id, saved, fence) =>
        life.act(() => {
          check(id, fence).saved = saved;
        }),
      release: (id, fence) =>
        life.act(() => {
          const job = this.#jobs.get(id);
          if (job?.fence === fence) job.fence++;
        }),
      commit: async (id, fence, saved, work) => {
        const written: TOutput[] = [];
        await life.act(() => work(written));
        await life.act(() => {
          check(id, fence).saved = saved;
          this.outputs.push(...written);
        });
      },
    };
  }
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

/** A store without its transactions, for jobs with a plain sink. */
export function plain(store: CheckpointStore): CheckpointStore {
  const { acquire, save, release } = store;
  return { acquire, save, release };
}
