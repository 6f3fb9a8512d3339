/**
 * Reads all that a call answers with before any of it is emitted: a generator's work is what its
 * time limit and its retries are for, and nothing of a failed attempt may come out.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { Feed } from "../core/feed.ts";
import { createManyFeed } from "../core/source_feed.ts";
import type { ItemFunction } from "../core/context.ts";
import type { StageRun } from "../core/stage_run.ts";

/**
 * After this many items, timers and signals have their turn: a generator that never waits for anything
 * would keep its own time limit from ending it.
 */
const ITEMS_PER_TURN = 8_192;

/** `call`, which answers with an array of its items. */
export function drained(call: ItemFunction, run: StageRun): ItemFunction {
  return async (item, index, context) => {
    const answer = await call(item, index, context);
    const feed = Array.isArray(answer) ? undefined : createManyFeed(answer, true);
    if (feed === undefined) return answer;
    const report = (error: unknown) => run.scope.cleanupFailed(run.createError(error, item, index));
    return await new Drain(feed, context.signal, report).items;
  };
}

/** One answer while it is read; closed at once when the attempt is given up. */
class Drain {
  readonly #feed: Feed;
  readonly #signal: AbortSignal;
  /** Takes the error of a clean-up. */
  readonly #report: (error: unknown) => void;
  readonly #items: unknown[] = [];
  readonly #read: Deferred<unknown[]> = createDeferred();
  #isAsking = false;
  #stopTimer: () => void = () => {};

  constructor(feed: Feed, signal: AbortSignal, report: (error: unknown) => void) {
    this.#feed = feed;
    this.#signal = signal;
    this.#report = report;
    signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#next();
  }

  /** All items; rejects with what the answer threw, else with the reason once it is closed. */
  get items(): Promise<unknown[]> {
    return this.#read.promise;
  }

  readonly #next = (): void => {
    try {
      while (!this.#signal.aborted) {
        this.#isAsking = true;
        const item = this.#feed.next();
        this.#isAsking = false;
        if (item === END) return this.#end(() => this.#read.resolve(this.#items));
        if (item === WAIT) {
          this.#feed.pending.then(this.#onValue, this.#onError);
          break;
        }
        this.#items.push(item);
        if (this.#items.length % ITEMS_PER_TURN === 0) {
          this.#stopTimer = clock.schedule(this.#next, 0);
          break;
        }
      }
    } catch (error) {
      return this.#end(() => this.#read.reject(error));
    }
    // What is aborted from inside is closed when it has answered.
    if (this.#signal.aborted) this.#giveUp();
  };

  readonly #onValue = (value: unknown): void => {
    if (this.#signal.aborted) return;
    try {
      this.#feed.accept(value);
    } catch (error) {
      return this.#end(() => this.#read.reject(error));
    }
    this.#next();
  };

  readonly #onError = (error: unknown): void => {
    this.#end(() => this.#read.reject(this.#feed.refuse(error)));
  };

  readonly #onAbort = (): void => {
    if (!this.#isAsking) this.#giveUp();
  };

  #giveUp(): void {
    const { reason } = this.#signal;
    // Where the answer has thrown meanwhile, that error is kept.
    const reject = () => this.#end(() => this.#read.reject(reason));
    const closing = this.#feed.close(reason);
    if (closing === undefined) reject();
    else closing.catch(this.#report).then(reject);
  }

  #end(settle: () => void): void {
    this.#stopTimer();
    this.#signal.removeEventListener("abort", this.#onAbort);
    settle();
  }
}
