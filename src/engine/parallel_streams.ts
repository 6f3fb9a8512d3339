/**
 * Works on items side by side where each item gives many: a stage's function is called for many
 * items at a time, and so are the iterators it answers with.
 *
 * An iterator whose turn has not come computes one item ahead, as `highWaterMark` allows, and keeps
 * its place among the `concurrencyLimit` until it has ended.
 *
 * @module
 */

import type { StreamingError } from "../errors.ts";
import { clock } from "../internal/clock.ts";
import { createDeferred, type Deferred, isPromiseLike, toPromise } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import { type Carrier, END, WAIT } from "./feed.ts";
import { Lane } from "./lane.ts";
import { CallContext, tapped } from "./op.ts";
import type { StageRun } from "./stage_run.ts";
import type { ParallelParts } from "./parallel.ts";
import { ENDED, FAILED, MET, WAITING } from "./progress.ts";
import { Sampler } from "./sampler.ts";
import type { Segment } from "./segment.ts";
import { openAnswer } from "./timed_feed.ts";
import type { ItemFunction, ItemStage, ParallelSettings } from "./stage.ts";

/** The feed of the loop behind a parallel stage that gives many items for one. */
export class ParallelStreamsFeed implements Carrier {
  path: unknown[];
  /** How many items have entered. */
  entered = 0;
  /** How many items were handed out. */
  emitted = 0;

  readonly #upstream: Segment;
  readonly #run: StageRun;
  readonly #stage: ItemStage;
  #call: ItemFunction;
  readonly #settings: ParallelSettings;
  readonly #sharedPath: unknown[] | undefined;
  /** The lanes in order of start where ordered; else those that have something, in that order. */
  readonly #queue: Ring<Lane> = new Ring();
  readonly #lanes: Set<Lane> = new Set();
  /** Idle lanes that compute ahead as soon as there is room. */
  readonly #waitingForRoom: Ring<Lane> = new Ring();
  /** How many items are there, or are being computed, before they are asked for. */
  #ahead = 0;
  /** How many calls and asynchronous iterators are open. */
  #running = 0;
  #wanted: Deferred<void> | undefined;
  #upstreamWaits = false;
  #upstreamDone = false;
  #failing = false;
  /** Set while the error channel has no room for a failed item. */
  #room: Promise<true> | undefined;
  #closing: Promise<void> | undefined;
  readonly #sampler: Sampler;

  constructor({ upstream, run, stage, call, settings, sharedPath }: ParallelParts) {
    this.#upstream = upstream;
    this.#run = run;
    this.#stage = stage;
    this.#call = call;
    this.#settings = settings;
    this.#sharedPath = sharedPath;
    this.path = sharedPath ?? upstream.path;
    this.#sampler = new Sampler(run.scope.metadata);
    upstream.fold = (_, item) => this.#start(item);
    run.tap = (listener) => {
      this.#call = tapped(this.#call, listener);
    };
  }

  /** How many items have entered and not been read to their end. */
  get inFlight(): number {
    return this.#lanes.size;
  }

  get waiting(): number {
    return this.#lanes.size - this.#running;
  }

  get stalledOn(): "upstream" | "downstream" | undefined {
    if (this.#running === this.#settings.concurrencyLimit) return undefined;
    if (this.#upstreamWaits) return "upstream";
    return this.#running > 0 ? undefined : "downstream";
  }

  get pending(): Promise<unknown> {
    if (this.#room !== undefined) return this.#room;
    return (this.#wanted ??= createDeferred()).promise;
  }

  next(): unknown {
    this.#room = undefined;
    for (;;) {
      this.#wanted ??= createDeferred();
      this.#fill();
      const lane = this.#queue.peek();
      if (lane === undefined) {
        if (!this.#upstreamDone || this.#lanes.size > 0) return WAIT;
        this.#wanted = undefined;
        if (this.#upstream.failure !== undefined) throw this.#upstream.failure;
        return END;
      }
      if (lane.state === "busy") return WAIT;
      if (lane.state === "idle") this.#pull(lane);
      else if (lane.state === "ready") return this.#take(lane);
      else {
        this.#queue.shift();
        this.#lanes.delete(lane);
        this.#room = lane.state === "failed" ? this.#settleFailure(lane) : undefined;
        if (this.#room !== undefined) return WAIT;
      }
    }
  }

  accept(): void {}

  /** Only room for a failed item can be refused. */
  refuse(error: unknown): unknown {
    return this.#run.createError(error);
  }

  close(reason: unknown): Promise<void> {
    return this.#closing ??= this.#close(reason);
  }

  async #close(reason: unknown): Promise<void> {
    this.#wake();
    const lanes = [...this.#lanes].map((lane) => this.#closeLane(lane, reason));
    await this.#run.scope.waitInTime(Promise.all(lanes));
    await this.#upstream.close(reason);
  }

  async #closeLane(lane: Lane, reason: unknown): Promise<void> {
    lane.context.abort(reason);
    try {
      if (lane.feed !== undefined) await lane.feed.close(reason);
    } catch (error) {
      this.#run.scope.cleanupFailed(this.#run.createError(error, lane.item, lane.index));
    }
    await lane.call?.catch(() => {});
  }

  /** Leaves a failed item out, if the stage's error strategy does; else throws. */
  #settleFailure(lane: Lane): Promise<true> | undefined {
    let goesOn: boolean | Promise<true>;
    try {
      goesOn = this.#run.settleFailure(lane.outcome as StreamingError);
    } catch (fatal) {
      throw this.#run.createError(fatal);
    }
    if (goesOn === false) throw lane.outcome;
    return goesOn === true ? undefined : goesOn;
  }

  #take(lane: Lane): unknown {
    const item = lane.outcome;
    lane.outcome = undefined;
    lane.state = "idle";
    this.emitted++;
    this.#wanted = undefined;
    this.path = lane.path;
    if (!lane.isSync) {
      if (!this.#settings.ordered) this.#queue.shift();
      this.#waitingForRoom.push(lane);
    }
    if (lane.isAhead) {
      lane.isAhead = false;
      this.#ahead--;
    }
    this.#useRoom();
    this.#fill();
    return item;
  }

  /** Starts calls as the bounds allow: see the same method of `ParallelFeed`. */
  #fill(): void {
    const { concurrencyLimit, highWaterMark } = this.#settings;
    while (!this.#upstreamWaits && !this.#upstreamDone && !this.#isStopped()) {
      const room = this.#wanted === undefined ? highWaterMark : highWaterMark + concurrencyLimit;
      const demand = Math.min(concurrencyLimit - this.#running, room - this.#lanes.size);
      if (demand <= 0) return;
      this.#upstreamWaits = true;
      const progress = this.#upstream.advance(demand);
      if (progress === WAITING) this.#upstream.whenReady(this.#onUpstream);
      else this.#upstreamWaits = false;
      if (progress === ENDED || progress === FAILED) this.#upstreamDone = true;
      const head = this.#queue.peek();
      if (progress !== MET || (head !== undefined && head.state !== "busy")) return;
    }
  }

  readonly #onUpstream = (): void => {
    this.#upstreamWaits = false;
    this.#fill();
    this.#wakeIfReady();
  };

  #start(item: unknown): void {
    const path = this.#sharedPath ?? this.#upstream.path.slice();
    const lane = new Lane(item, this.entered++, path, new CallContext(this.#run, path));
    this.#lanes.add(lane);
    this.#running++;
    if (this.#settings.ordered) this.#queue.push(lane);
    lane.startedAt = this.#sampler.isDue() ? this.#startClock() : undefined;
    const call = this.#call;
    try {
      const answer = call(item, lane.index, lane.context);
      if (!isPromiseLike(answer)) return this.#openFeed(lane, answer);
      lane.call = toPromise(answer);
      lane.call.then(
        (resolved) => this.#guard(lane, () => this.#openFeed(lane, resolved)),
        (error) => this.#fail(lane, error),
      );
    } catch (error) {
      this.#fail(lane, error);
    }
  }

  #startClock(): number {
    this.#sampler.noteAsync();
    return clock.now();
  }

  #openFeed(lane: Lane, answer: unknown): void {
    if (this.#closing !== undefined) return;
    const { startedAt } = lane;
    const answered = { stage: this.#stage, run: this.#run };
    lane.feed = openAnswer(answered, answer, { startedAt, sampler: undefined });
    lane.state = "idle";
    lane.isSync = !isAsync(answer);
    if (lane.isSync) {
      this.#running--;
      if (!this.#settings.ordered) this.#queue.push(lane);
    } else {
      this.#waitingForRoom.push(lane);
      this.#useRoom();
    }
    this.#fill();
    this.#wakeIfReady();
  }

  /** Lets idle lanes compute one item ahead, as many as there is room for. */
  #useRoom(): void {
    const { highWaterMark, ordered } = this.#settings;
    // Where no lane has a turn, one must be able to go ahead for anything to come out.
    const room = ordered ? highWaterMark : Math.max(1, highWaterMark);
    while (this.#ahead < room && !this.#isStopped()) {
      const lane = this.#waitingForRoom.shift();
      if (lane === undefined) return;
      if (lane.state !== "idle") continue;
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
        if (!this.#settings.ordered && !lane.isSync) this.#queue.push(lane);
      }
    });
  }

  #accept(lane: Lane, value: unknown): void {
    if (this.#closing !== undefined) return;
    lane.feed!.accept(value);
    this.#pull(lane);
    this.#wakeIfReady();
  }

  #end(lane: Lane): void {
    lane.state = "ended";
    this.#leave(lane);
    if (!this.#settings.ordered && !lane.isSync) this.#lanes.delete(lane);
    this.#useRoom();
    this.#fill();
  }

  #guard(lane: Lane, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(lane, error);
    }
  }

  #fail(lane: Lane, error: unknown): void {
    if (this.#closing !== undefined) return;
    this.#leave(lane);
    if (lane.feed === undefined && lane.startedAt !== undefined) {
      this.#run.time(clock.now() - lane.startedAt);
    }
    lane.state = "failed";
    lane.outcome = this.#run.createError(error, lane.item, lane.index);
    const { ordered } = this.#settings;
    if (!ordered && !lane.isSync) this.#queue.push(lane);
    if (this.#run.skipsFailures) {
      this.#useRoom();
      this.#fill();
    } else this.#stop(lane, error);
    this.#wakeIfReady();
  }

  /** Starts nothing more, and aborts what would come out after the failed lane. */
  #stop(failed: Lane, error: unknown): void {
    this.#failing = true;
    this.#upstream.close(error);
    for (const lane of this.#lanes) {
      const isAfter = !this.#settings.ordered || lane.index > failed.index;
      if (lane !== failed && isAfter) lane.context.abort(error);
    }
  }

  /** Gives up the lane's share of the bounds. */
  #leave(lane: Lane): void {
    if (!lane.isSync) this.#running--;
    if (!lane.isAhead) return;
    lane.isAhead = false;
    this.#ahead--;
  }

  #isStopped(): boolean {
    return this.#failing || this.#closing !== undefined;
  }

  #wakeIfReady(): void {
    const head = this.#queue.peek();
    const isOver = this.#upstreamDone && this.#lanes.size === 0;
    if (head === undefined ? isOver : head.state !== "busy") this.#wake();
  }

  #wake(): void {
    this.#wanted?.resolve();
    this.#wanted = undefined;
  }
}

function isAsync(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null &&
    (Symbol.asyncIterator in answer || "getReader" in answer);
}
