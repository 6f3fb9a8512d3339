/**
 * Works on items side by side where each item gives many: a stage's function is called for many
 * items at a time, and so are the iterators it answers with.
 *
 * An iterator whose turn has not come computes one item ahead, as `highWaterMark` allows, and keeps
 * its place among the `concurrencyLimit` until it has ended.
 *
 * @module
 */

import type { StreamingError } from "../base/errors.ts";
import { clock } from "../internal/clock.ts";
import { isPromiseLike, toPromise } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import { END, WAIT } from "../internal/pull.ts";
import { ORIGIN_SLOT } from "../core/lineage.ts";
import { Lane } from "./lane.ts";
import { CallContext } from "../core/op.ts";
import { ConcurrentFeed, type ParallelParts } from "./concurrent_feed.ts";
import type { ItemStage } from "../core/stage.ts";
import { closeAnswer } from "../core/source_feed.ts";
import { openAnswer } from "../core/timed_feed.ts";

/** The feed of the loop after a parallel stage that gives many items for one. */
export class ParallelStreamsFeed extends ConcurrentFeed<Lane> {
  readonly #stage: ItemStage;
  readonly #lanes: Set<Lane> = new Set();
  /** Idle lanes that compute ahead as soon as there is room. */
  readonly #waitingForRoom: Ring<Lane> = new Ring();
  /** How many items are ready, or being computed, before they are asked for. */
  #ahead = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: ParallelParts) {
    super(parts);
    this.#stage = parts.stage;
  }

  /** How many items have entered and not been read to their end. */
  protected get expected(): number {
    return this.#lanes.size;
  }

  /** An iterator that has an item, or is not asked for one, holds its place and does not work. */
  protected override get working(): number {
    let working = 0;
    for (const { state } of this.#lanes) if (state === "busy") working++;
    return working;
  }

  next(): unknown {
    for (;;) {
      let lane = this.queue.peek();
      if (lane === undefined || lane.state === "busy") {
        this.want();
        this.#useRoom();
        this.fill();
        lane = this.queue.peek();
        if (lane === undefined) return this.nothingYet();
        if (lane.state === "busy") return WAIT;
      }
      if (lane.state === "idle") this.#pull(lane);
      else if (lane.state === "ready") return this.#take(lane);
      else {
        this.queue.shift();
        this.#lanes.delete(lane);
        this.upstreamError = lane.upstreamError;
        const isFailed = lane.state === "failed";
        const { outcome, origin } = lane;
        if (isFailed && !this.settleFailure(outcome as StreamingError, origin)) return WAIT;
      }
    }
  }

  close(reason: unknown): Promise<void> | undefined {
    if (!this.isClosed) {
      this.stop(reason);
      for (const lane of this.#lanes) this.drop(lane, reason);
    }
    if (this.leaving === 0) return this.upstream.close(reason)?.then(() => {});
    return this.#closing ??= this.#closeAll(reason);
  }

  /** Lets the lanes go first, as nested loops would. */
  async #closeAll(reason: unknown): Promise<void> {
    await this.run.scope.waitInTime(this.whenIdle());
    await this.upstream.close(reason);
  }

  protected isHeadReady(): boolean | undefined {
    const head = this.queue.peek();
    return head && head.state !== "busy";
  }

  #take(lane: Lane): unknown {
    const item = lane.outcome;
    lane.outcome = undefined;
    lane.state = "idle";
    this.emitted++;
    this.satisfy();
    this.path = lane.path;
    lane.path[ORIGIN_SLOT] = lane.origin;
    this.run.scope.lineage?.retain(lane.origin);
    this.upstreamError = lane.upstreamError;
    if (!lane.isSync) {
      if (!this.settings.ordered || lane.aborted !== undefined) this.queue.shift();
      if (lane.aborted === undefined) this.#waitingForRoom.push(lane);
      else this.#abandon(lane);
    }
    if (lane.isAhead) {
      lane.isAhead = false;
      this.#ahead--;
    }
    this.#useRoom();
    this.fill();
    return item;
  }

  protected start(item: unknown): void {
    const path = this.takePath();
    const context = new CallContext(this.run, path);
    const lane = new Lane(item, this.entered++, path, context, this.upstream.upstreamError);
    this.#lanes.add(lane);
    this.running++;
    if (this.settings.ordered) this.queue.push(lane);
    lane.startedAt = this.startClock();
    const call = this.call;
    try {
      const answer = call(item, lane.index, lane.context);
      const isThere = !isPromiseLike(answer) && lane.aborted === undefined;
      if (isThere) return this.#openFeed(lane, answer);
      lane.call = toPromise(answer);
      lane.call.then(
        (resolved) => this.#guard(lane, () => this.#openFeed(lane, resolved)),
        (error) => this.#fail(lane, error),
      );
    } catch (error) {
      this.#fail(lane, error);
    }
  }

  #openFeed(lane: Lane, answer: unknown): void {
    if (lane.aborted !== undefined) return;
    const { startedAt } = lane;
    const answered = { stage: this.#stage, run: this.run };
    lane.feed = openAnswer(answered, answer, { startedAt, sampler: undefined });
    lane.state = "idle";
    lane.isSync = lane.feed.isSync === true;
    if (lane.isSync) {
      this.running--;
      if (!this.settings.ordered) this.queue.push(lane);
    } else {
      this.#waitingForRoom.push(lane);
      this.#useRoom();
    }
    this.fill();
    this.wakeIfReady();
  }

  /** Lets idle lanes compute one item ahead, as many as there is room for. */
  #useRoom(): void {
    while (this.#ahead < this.room && !this.isStopped) {
      const lane = this.#waitingForRoom.shift();
      if (lane === undefined) return;
      if (lane.state !== "idle" || lane.aborted !== undefined) continue;
      lane.isAhead = true;
      this.#ahead++;
      this.#pull(lane);
    }
  }

  /** Asks the lane's iterator for one item. */
  #pull(lane: Lane): void {
    this.#guard(lane, () => {
      const feed = lane.feed!;
      const item = feed.next();
      if (item === WAIT) {
        lane.state = "busy";
        feed.pending.then(
          (value) => this.#guard(lane, () => this.#accept(lane, value)),
          (error) => this.#fail(lane, feed.refuse(error)),
        );
      } else if (item === END) this.#end(lane);
      else {
        lane.state = "ready";
        lane.outcome = item;
        if (!this.settings.ordered && !lane.isSync) this.queue.push(lane);
      }
    });
  }

  #accept(lane: Lane, value: unknown): void {
    if (lane.aborted !== undefined) return;
    lane.feed!.accept(value);
    this.#pull(lane);
    this.wakeIfReady();
  }

  #end(lane: Lane): void {
    lane.state = "ended";
    this.run.scope.lineage?.release(lane.origin);
    this.#leave(lane);
    if (!this.settings.ordered && !lane.isSync) this.#lanes.delete(lane);
    this.#useRoom();
    this.fill();
  }

  #guard(lane: Lane, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(lane, error);
    }
  }

  #fail(lane: Lane, error: unknown): void {
    if (lane.feed === undefined && lane.startedAt !== undefined) {
      this.run.time(clock.now() - lane.startedAt);
    }
    if (lane.aborted !== undefined) {
      lane.refusal = { error };
      return;
    }
    this.#leave(lane);
    lane.state = "failed";
    lane.outcome = this.run.createError(error, lane.item, lane.index);
    if (!this.settings.ordered && !lane.isSync) this.queue.push(lane);
    if (this.run.skipsFailures) {
      this.#useRoom();
      this.fill();
    } else this.stopAt(lane, lane.outcome);
    this.wakeIfReady();
  }

  protected drop(lane: Lane, reason: unknown): void {
    if (lane.state === "failed" && !this.run.skipsFailures) {
      this.#lanes.delete(lane);
      this.failToo(lane.outcome as StreamingError);
    } else if (lane.state === "ended") this.#lanes.delete(lane);
    else {
      this.#abort(lane, reason);
      this.#abandon(lane);
    }
  }

  protected giveUpCalls(reason: unknown): void {
    this.abandonCalls(reason);
    this.leaveQueue(({ aborted, state }) => aborted !== undefined && state !== "ready");
  }

  protected abandonCalls(reason: unknown): void {
    for (const lane of this.#lanes) {
      const isWork = !lane.isSync && (lane.state === "busy" || lane.state === "idle");
      if (isWork || lane.state === "ready") this.#abort(lane, reason);
      if (isWork) this.#abandon(lane);
    }
  }

  #abort(lane: Lane, reason: unknown): void {
    lane.aborted ??= { reason };
    lane.context.abort(reason);
  }

  /** Closes an aborted lane: nothing more comes of it. */
  async #abandon(lane: Lane): Promise<void> {
    const { item, index, feed } = lane;
    const { reason } = lane.aborted!;
    // Its abort may have closed the run, and it with that.
    if (!this.#lanes.delete(lane)) return;
    this.#leave(lane);
    this.leaving++;
    try {
      // A call that aborts its own run answers after that.
      await feed?.close(reason);
      if (feed === undefined) {
        await lane.call?.then((late) => closeAnswer(this.run, late, reason), () => {});
      }
    } catch (error) {
      this.run.scope.cleanupFailed(this.run.createError(error, item, index));
    }
    this.concludeAborted({ item, index, reason }, lane.refusal);
  }

  /** Gives up the lane's share of the bounds. */
  #leave(lane: Lane): void {
    if (!lane.isSync) this.running--;
    if (!lane.isAhead) return;
    lane.isAhead = false;
    this.#ahead--;
  }
}
