/**
 * Runs work side by side, but one at a time for each key.
 *
 * @module
 */

import { createDeferred, isPromiseLike, toPromise } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";

/** Work that waits for its turn. */
interface Job {
  readonly run: () => unknown;
  readonly settle: (answer: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** The work of one key: it is in force as long as one of it runs or waits. */
class Lane {
  readonly key: unknown;
  readonly waiting: Ring<Job> = new Ring();

  constructor(key: unknown) {
    this.key = key;
  }
}

/** At most `limit` run at a time, and of each key one, in the order in which they were given. */
export class Lanes {
  readonly #limit: number;
  readonly #lanes = new Map<unknown, Lane>();
  /** The lanes whose next work could run, but for the limit. */
  readonly #ready: Ring<Lane> = new Ring();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `run` when it is its turn; the answer is a promise where that is not at once. */
  run(key: unknown, run: () => unknown): unknown {
    const lane = this.#lanes.get(key);
    if (lane === undefined && this.#running < this.#limit) return this.#runAtOnce(key, run);
    const { promise, resolve, reject } = createDeferred<unknown>();
    const job = { run, settle: resolve, fail: reject };
    if (lane !== undefined) lane.waiting.push(job);
    else {
      const opened = this.#open(key);
      opened.waiting.push(job);
      this.#ready.push(opened);
    }
    return promise;
  }

  #open(key: unknown): Lane {
    const lane = new Lane(key);
    this.#lanes.set(key, lane);
    return lane;
  }

  #runAtOnce(key: unknown, run: () => unknown): unknown {
    const lane = this.#open(key);
    this.#running++;
    let isLate = false;
    try {
      const answer = run();
      isLate = isPromiseLike(answer);
      if (!isLate) return answer;
      const late = toPromise(answer);
      const leave = () => this.#leave(lane);
      late.then(leave, leave);
      return late;
    } finally {
      if (!isLate) this.#leave(lane);
    }
  }

  /** The lane's work is done: its next waits behind that of other lanes. */
  #leave(lane: Lane): void {
    this.#running--;
    if (lane.waiting.length > 0) this.#ready.push(lane);
    else this.#lanes.delete(lane.key);
    while (this.#running < this.#limit && this.#ready.length > 0) {
      this.#runNext(this.#ready.shift()!);
    }
  }

  async #runNext(lane: Lane): Promise<void> {
    const { run, settle, fail } = lane.waiting.shift()!;
    this.#running++;
    try {
      settle(await run());
    } catch (error) {
      fail(error);
    }
    this.#leave(lane);
  }
}
