/**
 * What the feeds of parallel stages have in common: how many items they take from the loop before
 * them, which reads they resolve, and what they do with an item that has failed.
 *
 * @module
 */

import type { Cutoff } from "../core/cutoff.ts";
import { isStreamingError, type StreamingError } from "../base/errors.ts";
import { isAbortOf } from "../internal/aborts.ts";
import { clock } from "../internal/clock.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { StageFeed } from "../core/feed.ts";
import { tapped } from "../core/op.ts";
import { ENDED, FAILED, MET, WAITING } from "../core/progress.ts";
import { Sampler } from "../core/sampler.ts";
import type { Upstream } from "../core/upstream.ts";
import { Ring } from "../internal/ring.ts";
import type { ItemStage, ParallelSettings } from "../core/stage.ts";
import type { OpenStage } from "../core/open_stage.ts";
import type { ItemFunction } from "../core/context.ts";
import type { StageRun } from "../core/stage_run.ts";

/** How the feed of a parallel stage is made. */
export interface ParallelParts {
  readonly upstream: Upstream;
  readonly run: StageRun;
  readonly stage: ItemStage;
  /** What the stage has opened for the run. */
  readonly opened: OpenStage;
  /** The path for all items; absent where each needs a copy of its own. */
  readonly sharedPath: unknown[] | undefined;
}

/** An item whose call was aborted, and why. */
interface Aborted {
  readonly item: unknown;
  readonly index: number;
  readonly reason: unknown;
}

/** What a call has thrown. */
interface Refusal {
  readonly error: unknown;
}

/** A feed over the loop before a parallel stage, whose function it calls for many items at a time. */
export abstract class ConcurrentFeed<TWork = unknown> implements StageFeed {
  path: unknown[];
  upstreamError: unknown;
  /** How many items have entered. */
  entered = 0;
  /** How many items were emitted. */
  emitted = 0;
  isClosed = false;
  onFailure: ((failure: unknown) => void) | undefined;

  protected readonly upstream: Upstream;
  protected readonly run: StageRun;
  protected readonly settings: ParallelSettings;
  protected call: ItemFunction;
  /** How many calls run; an asynchronous iterator that one has answered with runs on. */
  protected running = 0;
  /** How many aborted calls have not settled yet; no results come of their items. */
  protected leaving = 0;
  /** Whether those have had their time, so that others may run beside them. */
  #isLeavingOver = false;
  /** Resolved when none is left. */
  #idle: Deferred<void> | undefined;
  /** Whether nothing more is started. */
  protected isStopped = false;
  /** Whether what aborts its calls is a failure, with which others are kept. */
  protected isFailing = false;
  protected readonly gathering: OpenStage["gathering"];
  /** What will be emitted, in order of start where ordered, else as it finishes. */
  protected readonly queue: Ring<TWork> = new Ring();

  readonly #sharedPath: unknown[] | undefined;
  readonly #sampler: Sampler;
  /** Set while a read is pending. */
  #wanted: Deferred<void> | undefined;
  /** Set while the error channel has no room for a failed item. */
  #room: Promise<unknown> | undefined;
  #upstreamWaits = false;
  #upstreamDone = false;
  #upstreamFailed = false;
  /** The failure that comes out, once that is settled. */
  #root: unknown;
  /** What has failed as well before that. */
  #others: StreamingError[] = [];

  constructor({ upstream, run, stage, opened, sharedPath }: ParallelParts) {
    this.upstream = upstream;
    this.run = run;
    this.call = opened.call;
    this.settings = stage.parallel!;
    this.path = sharedPath ?? upstream.path;
    this.#sharedPath = sharedPath;
    this.gathering = opened.gathering;
    this.#sampler = new Sampler(run.scope.metadata);
    upstream.fold = (_, item) => {
      if (!this.isClosed) return this.start(item);
      // A function before it has closed the run while it worked on the item.
      this.entered++;
      this.run.abandoned++;
    };
    upstream.onFailure = this.#onUpstreamFailure;
  }

  tap(listener: (item: unknown) => void): void {
    this.call = tapped(this.call, listener);
  }

  resume(entered: number, emitted: number): void {
    this.entered = entered;
    this.emitted = emitted;
  }

  /** How many items have entered that may still come out. */
  protected abstract readonly expected: number;
  abstract next(): unknown;
  abstract close(reason: unknown): Promise<void> | undefined;
  /** Calls the stage's function for an item that has entered. */
  protected abstract start(item: unknown): void;
  /** Whether what will be emitted first is ready; `undefined` where the queue is empty. */
  protected abstract isHeadReady(): boolean | undefined;
  /** As {@linkcode ConcurrentFeed.abandonCalls}; in order, they no longer hold up the others. */
  protected abstract giveUpCalls(reason: unknown): void;
  /** Aborts the calls that run; nothing comes of their items. */
  protected abstract abandonCalls(reason: unknown): void;
  /** Aborts one that was taken out of the queue. */
  protected abstract drop(work: TWork, reason: unknown): void;

  /** Starts nothing more, and aborts what would come out after `failed`. */
  protected stopAt(failed: TWork, error: unknown): void {
    this.isStopped = this.isFailing = true;
    this.upstream.close(error);
    if (!this.settings.ordered) return this.abandonCalls(error);
    // Taken from the end, so that each is looked at once, however many fail.
    while (this.queue.peekLast() !== failed) this.drop(this.queue.pop()!, error);
  }

  /** Takes out of the queue what `isGone` says will give no result. */
  protected leaveQueue(isGone: (work: TWork) => boolean): void {
    for (let left = this.queue.length; left > 0; left--) {
      const work = this.queue.shift()!;
      if (!isGone(work)) this.queue.push(work);
    }
  }

  /** How many items have entered and not been concluded. */
  get inFlight(): number {
    return this.expected + this.leaving;
  }

  /** How many of the items are being worked on. */
  protected get working(): number {
    return this.running;
  }

  get waiting(): number {
    return this.expected - this.working;
  }

  get stalledOn(): "upstream" | "downstream" | undefined {
    const { working } = this;
    if (working === this.settings.concurrencyLimit) return undefined;
    if (this.#upstreamWaits) return "upstream";
    return working > 0 ? undefined : "downstream";
  }

  get pending(): Promise<unknown> {
    if (this.#room !== undefined) return this.#room;
    return (this.#wanted ??= createDeferred()).promise;
  }

  accept(): void {
    this.#room = undefined;
  }

  /** Only room for a failed item can be refused. */
  refuse(error: unknown): unknown {
    return this.run.createError(error);
  }

  endSources(reason: unknown, keepsFirst: boolean): void {
    this.upstream.endSources(reason, keepsFirst);
  }

  giveUp(cutoff: Cutoff): void {
    this.upstream.giveUp(cutoff);
    if (this.isClosed) return;
    this.giveUpCalls(cutoff.reason);
    if (this.leaving > 0) cutoff.waitFor(this.whenIdle());
    cutoff.onAbandon(() => {
      this.#isLeavingOver = true;
      this.#goOn();
    });
    this.#goOn();
  }

  /** It is closed for `reason`; where that is a failure, those of its calls go with it. */
  protected stop(reason: unknown): void {
    this.isClosed = this.isStopped = true;
    if (isStreamingError(reason)) this.failWith(reason);
    this.wake();
  }

  /** A read is pending from now on. */
  protected want(): void {
    this.#wanted ??= createDeferred();
  }

  /** No read is pending any more. */
  protected satisfy(): void {
    this.#wanted = undefined;
  }

  /** Resolves the pending read. */
  protected wake(): void {
    this.#wanted?.resolve();
    this.#wanted = undefined;
  }

  /** Resolves the pending read if there is an answer; returns whether there was. */
  protected wakeIfReady(): boolean {
    if (this.#wanted === undefined) return false;
    const isReady = this.isHeadReady() ?? (this.#upstreamDone && this.expected === 0);
    if (isReady) this.wake();
    return isReady;
  }

  /** The answer where there is nothing to emit. */
  protected nothingYet(): unknown {
    if (!this.#upstreamDone || this.expected > 0) return WAIT;
    this.#wanted = undefined;
    if (this.upstream.failure !== undefined) this.#raise(this.upstream.failure);
    return END;
  }

  /** Starts calls as the bounds allow; where they are for several items, it says that no more come. */
  protected fill(minimum = 1): void {
    this.#startCalls(minimum);
    // What is ready makes room for more when it is taken.
    if (this.gathering === undefined || (this.isHeadReady() && !this.#upstreamDone)) return;
    const why = this.#upstreamWaits ? "waiting" : "full";
    this.gathering.pause(this.#upstreamDone ? "over" : why);
  }

  /**
   * Starts calls as the bounds allow. While a reader waits for a slow head of the queue, up to
   * `highWaterMark` later ones may finish and `concurrencyLimit` run; while none waits, no more are
   * started than fit into `highWaterMark`. Nothing is done for fewer than `minimum`.
   */
  #startCalls(minimum: number): void {
    const { concurrencyLimit } = this.settings;
    while (!this.#upstreamWaits && !this.#upstreamDone && !this.isStopped) {
      const running = this.running + (this.#isLeavingOver ? 0 : this.leaving);
      const demand = Math.min(concurrencyLimit - running, this.room - this.expected);
      if (demand < minimum) return;
      // Set while the upstream loop runs, so that a call that settles inside it starts no other.
      this.#upstreamWaits = true;
      const progress = this.upstream.advance(demand);
      if (progress === WAITING) this.upstream.whenReady(this.#onUpstream);
      else this.#upstreamWaits = false;
      if (progress === ENDED || progress === FAILED) this.#upstreamDone = true;
      if (progress === FAILED) this.#onUpstreamFailure(this.upstream.failure);
      // What is ready is emitted before more is computed.
      if (progress !== MET || this.isHeadReady()) return;
    }
  }

  /** How many items may be inside, running or finished. */
  protected get room(): number {
    const { concurrencyLimit, highWaterMark } = this.settings;
    return this.#wanted === undefined ? highWaterMark : highWaterMark + concurrencyLimit;
  }

  readonly #onUpstream = (): void => {
    this.#upstreamWaits = false;
    this.fill();
    this.wakeIfReady();
  };

  /** Work that order does not keep waiting ends as soon as something before it has failed. */
  readonly #onUpstreamFailure = (failure: unknown): void => {
    if (this.#upstreamFailed || this.isStopped) return;
    this.#upstreamFailed = this.isFailing = true;
    if (!this.settings.ordered) this.#abandonInTime(failure);
    this.onFailure?.(failure);
    this.#goOn();
  };

  /** There may be an answer now, or room for another call. */
  #goOn(): void {
    if (this.isClosed || this.wakeIfReady()) return;
    this.fill();
    this.wakeIfReady();
  }

  /**
   * What comes out because of the failure gets the places of aborted calls, within the time limit.
   */
  #abandonInTime(failure: unknown): void {
    this.abandonCalls(failure);
    if (this.leaving === 0) return;
    const { scope } = this.run;
    scope.waitInTime(this.whenIdle()).then(() => {
      scope.endDeadline();
      this.#isLeavingOver = true;
      this.#goOn();
    });
  }

  /** Resolves when no aborted call is left. */
  protected whenIdle(): Promise<void> {
    return (this.#idle ??= createDeferred()).promise;
  }

  /** The path of the item that enters. */
  protected takePath(): unknown[] {
    return this.#sharedPath ?? this.upstream.path.slice();
  }

  /** When the call that is about to be made begins; absent where it is not timed. */
  protected startClock(): number | undefined {
    if (!this.#sampler.isDue()) return undefined;
    this.#sampler.noteAsync();
    return clock.now();
  }

  /**
   * Leaves a failed item out, if the stage's error strategy does; else throws. False where room for
   * it must be waited for first.
   */
  protected settleFailure(error: StreamingError, origin: unknown): boolean {
    const settled = this.run.settleFailure(error, origin);
    if (settled === true) return true;
    if (isStreamingError(settled)) this.#raise(settled);
    this.#room = settled;
    return false;
  }

  /** Throws what fails the next loop; the other failures go with the one that came first. */
  #raise(failure: unknown): never {
    this.failWith(this.upstreamError ?? failure);
    throw failure;
  }

  /** What has failed already, and what fails from now on, is kept with `root`. */
  protected failWith(root: unknown): void {
    this.isFailing = true;
    this.#root ??= root;
    for (const other of this.#others) this.run.suppress(this.#root, other);
    this.#others = [];
  }

  /** Keeps a failure that is not the one that comes out. */
  protected failToo(error: StreamingError): void {
    this.run.noteFailure(error);
    if (this.#root === undefined) this.#others.push(error);
    else this.run.suppress(this.#root, error);
  }

  /** An aborted call is settled; `refusal` is there where it has thrown. */
  protected concludeAborted({ item, index, reason }: Aborted, refusal?: Refusal): void {
    const isLost = this.run.isOver || !this.isFailing || refusal === undefined;
    if (isLost || isAbortOf(refusal.error, reason)) this.run.abandoned++;
    else this.failToo(this.run.createError(refusal.error, item, index));
    if (--this.leaving === 0) {
      this.#idle?.resolve();
      this.#idle = undefined;
    }
    this.#goOn();
  }
}
