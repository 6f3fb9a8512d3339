/**
 * Times the work that is done while the answer of a call is read, such as that of a generator.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { Feed } from "./feed.ts";
import { createAnswerFeed } from "./source_feed.ts";
import type { Sampler } from "./sampler.ts";
import type { ItemStage } from "./stage.ts";
import type { StageRun } from "./stage_run.ts";

/**
 * How many pulls of one answer are all timed; the rest are sampled. An answer may have millions of
 * items, each of which takes less time than reading the clock.
 */
const PULLS_TIMED = 64;

/** The stage that has answered with many items. */
interface Answered {
  readonly stage: ItemStage;
  readonly run: StageRun;
}

/** When the call began, where it is timed, and what decides which of the next ones are. */
interface Timing {
  readonly startedAt: number | undefined;
  readonly sampler: Sampler | undefined;
}

/** A feed over what a call answered with; where the call is timed, reading it counts as well. */
export function openAnswer(
  { stage, run }: Answered,
  answer: unknown,
  { startedAt, sampler }: Timing,
): Feed {
  const feed = createAnswerFeed(stage, answer);
  if (startedAt === undefined) return feed;
  const callMs = clock.now() - startedAt;
  if (!Array.isArray(answer) && typeof answer === "object") {
    return new TimedFeed(feed, run, callMs, sampler);
  }
  run.time(callMs);
  return feed;
}

/**
 * Adds up how long the pulls take, from asking to the answer: not how long the reader takes for an
 * item. The sum is the item's duration when it has been read to its end, or has failed.
 */
class TimedFeed implements Feed {
  readonly #feed: Feed;
  readonly #run: StageRun;
  readonly #sampler: Sampler | undefined;
  #spentMs: number;
  /** How many pulls were timed. */
  #timed = 0;
  /** How long the last of them took: as long as those that were not timed since. */
  #lastMs = 0;
  #untimed = 0;
  #interval = 1;
  /** When the current pull began; absent where it is not timed. */
  #askedAt: number | undefined;
  /** Whether what was waited for has arrived. */
  #isAnswered = false;

  constructor(feed: Feed, run: StageRun, callMs: number, sampler: Sampler | undefined) {
    this.#feed = feed;
    this.#run = run;
    this.#spentMs = callMs;
    this.#sampler = sampler;
  }

  get pending(): Promise<unknown> {
    return this.#feed.pending;
  }

  get isSync(): boolean | undefined {
    return this.#feed.isSync;
  }

  next(): unknown {
    // A feed that was pending emits what it was given without further work.
    if (!this.#isAnswered) this.#startClock();
    this.#isAnswered = false;
    let item: unknown;
    try {
      item = this.#feed.next();
    } catch (error) {
      this.#report();
      throw error;
    }
    if (item === END) this.#report();
    else if (item === WAIT) this.#sampler?.noteAsync();
    else this.#stopClock();
    return item;
  }

  accept(value: unknown): void {
    this.#stopClock();
    this.#isAnswered = true;
    try {
      this.#feed.accept(value);
    } catch (error) {
      this.#report();
      throw error;
    }
  }

  refuse(error: unknown): unknown {
    this.#report();
    return this.#feed.refuse(error);
  }

  close(reason: unknown): Promise<void> | undefined {
    return this.#feed.close(reason);
  }

  #startClock(): void {
    if (++this.#untimed >= this.#interval) this.#askedAt = clock.now();
  }

  #stopClock(): void {
    if (this.#askedAt === undefined) return;
    this.#lastMs = clock.now() - this.#askedAt;
    this.#askedAt = undefined;
    this.#countUntimed();
    const { sampleEvery } = this.#run.scope.metadata;
    if (++this.#timed >= PULLS_TIMED) this.#interval = Math.min(this.#interval * 2, sampleEvery);
  }

  #countUntimed(): void {
    this.#spentMs += this.#lastMs * this.#untimed;
    this.#untimed = 0;
  }

  #report(): void {
    this.#stopClock();
    this.#countUntimed();
    this.#run.time(this.#spentMs);
  }
}
