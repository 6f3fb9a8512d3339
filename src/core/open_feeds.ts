/**
 * The feeds that a loop has open, one on top of the other.
 *
 * @module
 */

import type { Feed } from "./feed.ts";
import type { Op } from "./op.ts";
import type { Sampler } from "./sampler.ts";
import type { RunScope } from "./scope.ts";
import { ArrayFeed, closeAnswer } from "./source_feed.ts";
import { EXPAND } from "./stage.ts";
import type { StageRun } from "./stage_run.ts";

/** A feed that is open, and where its items enter the ops. */
export interface Frame {
  readonly feed: Feed;
  /** The position of the first op that its items go to. */
  readonly start: number;
  /** Where its items go on the path. */
  readonly slot: number;
  /** The item that an inner feed was made of. */
  readonly item: unknown;
  /** Who it is opened by. */
  readonly owner: StageRun;
  /** Decides which of its items are timed on their way. */
  readonly sampler: Sampler;
  /** Its items, where all of them are there, and the position of the one that comes next. */
  readonly items: readonly unknown[] | undefined;
  index: number;
  /** The feed that this one interrupts: its next item comes when this one has ended. */
  readonly below: Frame | undefined;
}

/** A feed that is put on top. */
export type OpenedFeed = Omit<Frame, "items" | "index" | "below">;

/** Closes feeds and what is to be waited for with them. */
export class OpenFeeds {
  /** The feed that is read from. */
  top: Frame | undefined;

  readonly #scope: RunScope;
  #closing: Promise<void> | undefined;

  constructor(scope: RunScope) {
    this.#scope = scope;
  }

  /** What is being closed: it never rejects, and takes no longer than `closeTimeoutMs`. */
  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  /** Puts a feed on top. */
  push({ feed, start, slot, item, owner, sampler }: OpenedFeed): void {
    const items = feed instanceof ArrayFeed ? feed.items : undefined;
    this.top = { feed, start, slot, item, owner, sampler, items, index: 0, below: this.top };
  }

  /** Hands the feed that is read from what it waited for; the result is why it fails then. */
  accept(value: unknown): { readonly error: unknown } | undefined {
    try {
      this.top!.feed.accept(value);
    } catch (error) {
      return { error };
    }
  }

  /** Why the feed that is read from fails, now that what it waited for is rejected. */
  refuse(error: unknown): unknown {
    try {
      return this.top!.feed.refuse(error);
    } catch (thrown) {
      return thrown;
    }
  }

  /** The inner feed whose items go to the op after `position`, if it is open. */
  findInner(position: number): Frame | undefined {
    let frame = this.top;
    while (frame !== undefined && frame.start !== position + 1) frame = frame.below;
    return frame;
  }

  /** Closes all feeds, each when those above it are closed, as nested loops would. */
  closeAll(reason: unknown): void {
    let frame = this.top;
    this.top = undefined;
    for (; frame !== undefined; frame = frame.below) this.#close(frame, reason);
  }

  /** Has `work`, which was told to stop, waited for as well. */
  waitFor(work: Promise<unknown>): void {
    const works = this.#closing === undefined ? work : Promise.allSettled([this.#closing, work]);
    this.#closing = this.#scope.waitInTime(works);
  }

  /** The same for the call of a stage, which may hand over something to be closed. */
  waitForCall(op: Op | undefined, call: Promise<unknown>, reason: unknown): void {
    if (op?.outcome !== EXPAND) return this.waitFor(call);
    this.waitFor(call.then((answer) => closeAnswer(op.run, answer, reason)));
  }

  /** Hands over what is being closed. */
  takeClosing(): Promise<void> | undefined {
    const closing = this.#closing;
    this.#closing = undefined;
    return closing;
  }

  #close({ feed, owner }: Frame, reason: unknown): void {
    const report = (error: unknown) => this.#scope.cleanupFailed(owner.createError(error));
    const close = () => feed.close(reason)?.catch(report);
    const closing = this.#closing === undefined ? close() : this.#closing.then(close);
    if (closing !== undefined) this.#closing = this.#scope.waitInTime(closing);
  }
}
