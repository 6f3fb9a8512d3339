/**
 * How a loop ends before its feed does: a stage wants no more items, or one has failed.
 *
 * @module
 */

import { isStreamingError, type StreamingError } from "../base/errors.ts";
import { NOT_WANTED } from "../internal/signals.ts";
import { FailureAfter } from "../internal/failure_after.ts";
import { ORIGIN_SLOT } from "./lineage.ts";
import type { Op } from "./op.ts";
import { PushedFeed } from "./feed.ts";
import type { OpenFeeds } from "./open_feeds.ts";
import type { SegmentParts } from "./segment_parts.ts";
import { createAnswerFeed } from "./source_feed.ts";

/** Where a loop has failed: at -1 it is the feed, past the last op it is `fold`. */
interface FailurePlace {
  readonly position: number;
  readonly item: unknown;
}

/** The first failure of a loop, and the stages that are still to be flushed. */
export class Ending {
  /** The first failure in time, once there is one; never undefined then. */
  failure: unknown;
  /** The first op that was not flushed. */
  flushFrom = 0;
  /** Called with a failure as soon as it is certain that it comes out of the loop. */
  onFailure: ((failure: unknown) => void) | undefined;
  readonly #parts: SegmentParts;
  readonly #ops: readonly Op[];
  readonly #feeds: OpenFeeds;

  constructor(parts: SegmentParts, ops: readonly Op[], feeds: OpenFeeds) {
    this.#parts = parts;
    this.#ops = ops;
    this.#feeds = feeds;
    if (parts.stageFeed !== undefined) {
      parts.stageFeed.onFailure = (failure) => this.#announce(failure);
    }
  }

  /** What had failed before the current item came: the first failure is the root. */
  get upstreamError(): unknown {
    if (this.failure !== undefined) return this.failure;
    return this.#feeds.top === undefined ? undefined : this.#parts.stageFeed?.upstreamError;
  }

  /**
   * Does what the error strategy of the stage at `position` says: leaves the item out, or fails the
   * loop. Returns a promise where the error channel must have room for the item first.
   */
  settle(position: number, error: unknown, item: unknown): Promise<unknown> | undefined {
    if (FailureAfter.is(error)) return this.#failAfter(position, error, item);
    const { top } = this.#feeds;
    const isPulling = top?.start === position + 1;
    // Its item has failed, and is not one that is left.
    if (isPulling) top.start = 0;
    const run = this.#ops[position]?.run;
    let room: Promise<true> | undefined;
    // The end of a stream fails on no item where none has come, or each of them has failed.
    const isOfNone = run?.worker.entered === run?.failed;
    if (isOfNone || !run!.leaveOut()) {
      const failure = this.#nameFailure({ position, item: isPulling ? top.item : item }, error);
      if (isOfNone) return this.fail(position, failure);
      const { path } = this.#parts.stageFeed ?? this.#parts;
      const origin = isPulling ? top.feed.origin : path[ORIGIN_SLOT];
      const settled = run!.settleFailure(failure as StreamingError, origin);
      if (isStreamingError(settled)) return this.fail(position, settled);
      if (settled !== true) room = settled;
    }
    // What is left of the iterable that failed half-way is left out with its item.
    if (isPulling) this.#feeds.top = top.below;
    return room;
  }

  /** The stage has failed, and emits what it has gathered before. */
  #failAfter(position: number, { gathered, error }: FailureAfter, item: unknown): undefined {
    this.settle(position, error, item);
    const op = this.#ops[position]!;
    this.#feeds.push(op, createAnswerFeed(op.stage, gathered), position, item);
  }

  /** The stage at `position` has failed: what is before it is closed. */
  fail(position: number, failure: unknown): undefined {
    const { upstreamError } = this;
    // A failure of the reader on an emitted item surfaces, whatever has failed meanwhile.
    const root = position < this.#ops.length ? upstreamError ?? failure : failure;
    this.#parts.owner.suppress(root, root === failure ? upstreamError : failure);
    if (root !== this.failure) {
      this.failure = root;
      this.#announce(root);
    }
    this.#end(position);
  }

  /**
   * The answer of `work`, which was aborted for `reason`. If it fails with another error, that one
   * is kept with `reason`.
   */
  settleAborted(place: FailurePlace, work: Promise<unknown>, reason: unknown): Promise<unknown> {
    return work.catch((thrown) => {
      const error = FailureAfter.is(thrown) ? thrown.error : thrown;
      const failure = this.#nameFailure(place, error) as StreamingError;
      if (failure.cause !== reason) this.#parts.owner.suppress(reason, failure);
    });
  }

  /** Says nothing where a stage of the loop may end the stream before the failure has reached it. */
  #announce(failure: unknown): void {
    if (!this.#parts.mayEnd) this.onFailure?.(failure);
  }

  /**
   * The stage at `position` wants no more items: a failure before it does not matter any more, unless
   * the run keeps it.
   */
  endHere(position: number): void {
    this.failure = this.#parts.scope.isResumable ? this.upstreamError : undefined;
    this.#end(position);
  }

  /** The error for what was thrown at a place of the loop; a stage feed names its own stage. */
  #nameFailure({ position, item }: FailurePlace, thrown: unknown): unknown {
    const { owner, stageFeed, headAlreadyRan, reader } = this.#parts;
    if (position < 0) {
      // What comes from another loop has a name.
      if (stageFeed !== undefined || PushedFeed.is(this.#feeds.top?.feed)) return thrown;
      return owner.createError(thrown);
    }
    const op = this.#ops[position];
    if (op === undefined) return reader!.createError(thrown, item);
    const index = position === 0 && headAlreadyRan ? stageFeed!.index : op.entered - 1;
    return op.run.createError(thrown, item, index! < 0 ? undefined : index);
  }

  /** Reads no more from before `position`; the stages after it still emit what they keep back. */
  #end(position: number): void {
    this.flushFrom = Math.max(this.flushFrom, position + 1);
    this.#feeds.closeAll(this.failure ?? NOT_WANTED);
  }
}
