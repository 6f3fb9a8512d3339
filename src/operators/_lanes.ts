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

/** The work of one key: it is there as long as one of it runs or waits, or was given up. */
class Lane {
  readonly key: unknown;
  readonly waiting: Ring<Job> = new Ring();
  /** Set where work of the key was given up: what came after it would overtake it. */
  shut: { readonly reason: unknown } | undefined;

  constructor(key: unknown) {
    this.key = key;
  }
}

/** At most as many run at a time as `paces` says, and of each key one, in the order in which they were given. */
export class Lanes {
  readonly #paces: Pick<ParallelSettings, "concurrencyLimit">;
  readonly #lanes = new Map<unknown, Lane>();
  /** The lanes whose next work could run, but for the limit. */
  readonly #ready: Ring<Lane> = new Ring();
  #running = 0;

  constructor(paces: Pick<ParallelSettings, "concurrencyLimit">) {
    this.#paces = paces;
  }

  /** Runs `atOnce` where that can be, or `later` when it is its turn: then it gives a promise. */
  run(key: unknown, atOnce: () => unknown, later: () => unknown): unknown {
    const shut = this.#lanes.get(key)?.shut;
    if (shut !== undefined) throw shut.reason;
    if (!this.#lanes.has(key) && this.#running < this.#paces.concurrencyLimit) {
      return this.#runAtOnce(key, atOnce);
    }
    const outcome = createDeferred<unknown>();
    this.runLater(key, later, outcome);
    return outcome.promise;
  }

  /** Runs `run` when it is its turn, and settles `outcome` with what comes of it. */
  runLater(key: unknown, run: () => unknown, outcome: Deferred<unknown>): void {
    const busy = this.#lanes.get(key);
    if (busy?.shut !== undefined) return outcome.reject(busy.shut.reason);
    const lane = busy ?? this.#open(key);
    lane.waiting.push({ run, outcome });
    if (busy !== undefined) return;
    this.#ready.push(lane);
    this.#runReady();
  }

  /** No work of the key begins any more: it fails with `reason`. */
  shut(key: unknown, reason: unknown): void {
    (this.#lanes.get(key) ?? this.#open(key)).shut ??= { reason };
  }

  /** The same for all keys whose work runs or waits. */
  shutAll(reason: unknown): void {
    for (const { key } of this.#lanes.values()) this.shut(key, reason);
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
    else if (lane.shut === undefined) this.#lanes.delete(lane.key);
    this.#runReady();
  }

  #runReady(): void {
    while (this.#running < this.#paces.concurrencyLimit && this.#ready.length > 0) {
      this.#runNext(this.#ready.shift()!);
    }
  }

  /** The next of a lane begins after this one's answer is delivered: none overtakes it. */
  async #runNext(lane: Lane): Promise<void> {
    const { run, outcome } = lane.waiting.shift()!;
    this.#running++;
    const leave = () => this.#leave(lane);
    outcome.promise.then(leave, leave);
    try {
      outcome.resolve(await run());
    } catch (error) {
      outcome.reject(error);
    }
  }
}
