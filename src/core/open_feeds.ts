/**
 * The feeds that a loop has open, one on top of the other.
 *
 * @module
 */

import { END } from "../internal/pull.ts";
import type { Cutoff } from "./cutoff.ts";
import { EndedSource } from "./ended_source.ts";
import type { Feed } from "./feed.ts";
import type { Op } from "./op.ts";
import type { Sampler } from "./sampler.ts";
import type { RunScope } from "./scope.ts";
import { ArrayFeed, closeAnswer } from "./source_feed.ts";
import { EXPAND } from "./stage.ts";
import type { StageRun } from "./stage_run.ts";

/** A feed that is open, and where its items enter the ops. */
interface Frame {
  feed: Feed;
  /** The position of the first op that its items go to. */
  start: number;
  /** Where its items go on the path. */
  readonly slot: number;
  /** The item that an inner feed was made of. */
  readonly item: unknown;
  /** The stage that has opened it. */
  readonly owner: StageRun;
  /** Decides which of its items are timed on their way. */
  readonly sampler: Sampler;
  /** Its items, where all of them are available, and the position of the next one. */
  items: readonly unknown[] | undefined;
  index: number;
  /** The feed that this one interrupts: its next item comes when this one has ended. */
  below: Frame | undefined;
}

/** What has opened a feed: where its items go on the path, and which of them are timed. */
type Opener = Pick<Op, "slot" | "run" | "sampler">;

/** The open feeds of a loop; closes them, and waits for what ends with them. */
export class OpenFeeds {
  /** The feed that is read from. */
  top: Frame | undefined;

  readonly #scope: RunScope;
  #closing: Promise<void> | undefined;
  /** The stages whose calls, or what these have answered with, were closed before their end. */
  readonly #left: (StageRun | undefined)[] = [];
  /** Set once the source is not read any more. */
  #ended: { readonly frame: Frame; readonly reason: unknown } | undefined;

  constructor(scope: RunScope) {
    this.#scope = scope;
  }

  /** What is being closed: it never rejects, and takes no longer than `closeTimeoutMs`. */
  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  /**
   * Puts a feed on top: what `opener`, at `position`, has answered with when it was called with
   * `item`. The source is at -1.
   */
  push({ slot, run, sampler }: Opener, feed: Feed, position: number, item?: unknown): void {
    const items = feed instanceof ArrayFeed ? feed.items : undefined;
    const start = position + 1;
    this.top = { feed, start, slot, item, owner: run, sampler, items, index: 0, below: this.top };
  }

  /** Passes what was waited for to the feed that is read from; returns why that fails then, or `END`. */
  accept(value: unknown): unknown {
    try {
      this.top!.feed.accept(value);
      return END;
    } catch (error) {
      return error;
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

  /** Whether what a stage has answered with is being read, or was left before its end. */
  isExpanding(run: StageRun): boolean {
    for (let frame = this.top; frame !== undefined; frame = frame.below) {
      if (frame.owner === run) return true;
    }
    return this.#left.includes(run);
  }

  /** Stops reading the source, without closing it; false where it is over. */
  endSource(reason: unknown): boolean {
    let frame = this.top;
    while (frame?.below !== undefined) frame = frame.below;
    if (frame === undefined || frame.start > 0 || this.#ended !== undefined) return false;
    frame.feed = new EndedSource(frame.feed);
    frame.items = undefined;
    this.#ended = { frame, reason };
    return true;
  }

  /** Whether it is the source that is read from. */
  get isSourceRead(): boolean {
    return this.top?.start === 0;
  }

  /** Closes a source that is not read any more, once. */
  closeSource(): void {
    const ended = this.#ended;
    if (ended === undefined) return;
    const before = this.#closing;
    this.#close(ended.frame, ended.reason);
    if (this.#closing !== before) this.#closing!.then(() => this.#scope.endDeadline());
  }

  /** The positions of the stages whose answers are being read, and take time to make. */
  get readingFrom(): number[] {
    const positions: number[] = [];
    for (let frame = this.top; frame !== undefined; frame = frame.below) {
      if (isWork(frame)) positions.push(frame.start - 1);
    }
    return positions;
  }

  /**
   * Closes these answers, and abandons their items, unless a stage before `flushFrom` gives them at
   * its end; returns whether the feed on top was one of them.
   */
  giveUp(cutoff: Cutoff, flushFrom: number): boolean {
    const wasRead = this.top !== undefined && isWork(this.top);
    let above: Frame | undefined;
    for (let frame = this.top; frame !== undefined; frame = frame.below) {
      if (!isWork(frame)) {
        above = frame;
        continue;
      }
      if (frame.start > flushFrom) frame.owner.abandoned++;
      const closing = this.#closeFeed(frame, cutoff.reason);
      if (closing !== undefined) cutoff.waitFor(closing);
      if (above === undefined) this.top = frame.below;
      else above.below = frame.below;
    }
    return wasRead;
  }

  /** Closes all feeds, each when those above it are closed, as nested loops would. */
  closeAll(reason: unknown): void {
    let frame = this.top;
    this.top = undefined;
    for (; frame !== undefined; frame = frame.below) {
      if (frame.start > 0) this.#left.push(frame.owner);
      this.#close(frame, reason);
    }
    if (this.#ended !== undefined) this.#close(this.#ended.frame, reason);
  }

  /** Has `work`, which was aborted, waited for as well. */
  waitFor(work: Promise<unknown>): void {
    const works = this.#closing === undefined ? work : Promise.allSettled([this.#closing, work]);
    this.#closing = this.#scope.waitInTime(works);
  }

  /** The same for the call of a stage, which may return something to be closed. */
  waitForCall(op: Op | undefined, call: Promise<unknown>, reason: unknown): void {
    this.#left.push(op?.run);
    this.waitFor(this.closeLate(op, call, reason));
  }

  /** Closes what a call returns that is not used any more. */
  closeLate(op: Op | undefined, call: Promise<unknown>, reason: unknown): Promise<unknown> {
    if (op?.stage.outcome !== EXPAND) return call;
    return call.then((answer) => closeAnswer(op.run, answer, reason));
  }

  /** Returns what is being closed, to be waited for by the caller. */
  takeClosing(): Promise<void> | undefined {
    const closing = this.#closing;
    this.#closing = undefined;
    return closing;
  }

  #closeFeed({ feed, owner }: Frame, reason: unknown): Promise<void> | undefined {
    return feed.close(reason)?.catch((error) => {
      this.#scope.cleanupFailed(owner.createError(error));
    });
  }

  #close(frame: Frame, reason: unknown): void {
    const close = () => this.#closeFeed(frame, reason);
    const closing = this.#closing === undefined ? close() : this.#closing.then(close);
    if (closing !== undefined) this.#closing = this.#scope.waitInTime(closing);
  }
}

/** Whether its items are made while it is read, by work that takes its time. */
function isWork({ start, feed }: Frame): boolean {
  return start > 0 && !feed.isSync;
}
