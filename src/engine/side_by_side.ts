/**
 * What the feeds behind parallel stages have in common: how many items they take from the loop
 * before them, whom they wake, and what they do with an item that has failed.
 *
 * @module
 */

import type { StreamingError } from "../errors.ts";
import { clock } from "../internal/clock.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import { type Carrier, END, WAIT } from "./feed.ts";
import { tapped } from "./op.ts";
import { ENDED, FAILED, MET, WAITING } from "./progress.ts";
import { Sampler } from "./sampler.ts";
import type { Upstream } from "./upstream.ts";
import type { ItemStage, ParallelSettings } from "./stage.ts";
import type { OpenStage } from "./open_stage.ts";
import type { ItemFunction } from "./context.ts";
import type { StageRun } from "./stage_run.ts";

/** How the feed behind a parallel stage is made. */
export interface ParallelParts {
  readonly upstream: Upstream;
  readonly run: StageRun;
  readonly stage: ItemStage;
  readonly call: ItemFunction;
  /** See {@linkcode OpenStage.isPassing}. */
  readonly isPassing: OpenStage["isPassing"];
  readonly settings: ParallelSettings;
  /** The path for all items; absent where each needs a copy of its own. */
  readonly sharedPath: unknown[] | undefined;
}

/** A feed over the loop before a parallel stage, whose function it calls for many items at a time. */
export abstract class SideBySideFeed implements Carrier {
  path: unknown[];
  earlier: unknown;
  /** How many items have entered. */
  entered = 0;
  /** How many items were handed out. */
  emitted = 0;

  protected readonly upstream: Upstream;
  protected readonly run: StageRun;
  protected readonly settings: ParallelSettings;
  protected call: ItemFunction;
  /** How many calls run; an asynchronous iterator that one has answered with runs on. */
  protected running = 0;
  /** Whether nothing more is started. */
  protected isStopped = false;

  readonly #sharedPath: unknown[] | undefined;
  readonly #sampler: Sampler;
  /** Set while somebody waits for an item. */
  #wanted: Deferred<void> | undefined;
  /** Set while the error channel has no room for a failed item. */
  #room: Promise<unknown> | undefined;
  #upstreamWaits = false;
  #upstreamDone = false;

  constructor({ upstream, run, call, settings, sharedPath }: ParallelParts) {
    this.upstream = upstream;
    this.run = run;
    this.call = call;
    this.settings = settings;
    this.path = sharedPath ?? upstream.path;
    this.#sharedPath = sharedPath;
    this.#sampler = new Sampler(run.scope.metadata);
    upstream.fold = (_, item) => this.start(item);
    run.tap = (listener) => {
      this.call = tapped(this.call, listener);
    };
  }

  /** How many items have entered and not been concluded. */
  abstract readonly inFlight: number;
  abstract next(): unknown;
  abstract close(reason: unknown): Promise<void> | undefined;
  /** Calls the stage's function for an item that has entered. */
  protected abstract start(item: unknown): void;
  /** Whether what is to be handed out first is there; `undefined` where there is nothing. */
  protected abstract isHeadReady(): boolean | undefined;

  /** How many of the items are being worked on. */
  protected get working(): number {
    return this.running;
  }

  get waiting(): number {
    return this.inFlight - this.working;
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

  /** Somebody waits for an item from now on. */
  protected want(): void {
    this.#wanted ??= createDeferred();
  }

  /** Nobody does any more. */
  protected satisfy(): void {
    this.#wanted = undefined;
  }

  /** Answers whoever waits. */
  protected wake(): void {
    this.#wanted?.resolve();
    this.#wanted = undefined;
  }

  /** Wakes whoever waits if there is an answer; whether there was. */
  protected wakeIfReady(): boolean {
    if (this.#wanted === undefined) return false;
    const isReady = this.isHeadReady() ?? (this.#upstreamDone && this.inFlight === 0);
    if (isReady) this.wake();
    return isReady;
  }

  /** The answer where there is nothing to hand out. */
  protected nothingYet(): unknown {
    if (!this.#upstreamDone || this.inFlight > 0) return WAIT;
    this.#wanted = undefined;
    if (this.upstream.failure !== undefined) throw this.upstream.failure;
    return END;
  }

  /**
   * Starts calls as the bounds allow. While somebody waits for a slow head of the queue, up to
   * `highWaterMark` may finish behind it and `concurrencyLimit` run; while nobody waits, no more
   * are started than fit into `highWaterMark`. Nothing is done for fewer than `minimum`.
   */
  protected fill(minimum = 1): void {
    const { concurrencyLimit, highWaterMark } = this.settings;
    while (!this.#upstreamWaits && !this.#upstreamDone && !this.isStopped) {
      const room = this.#wanted === undefined ? highWaterMark : highWaterMark + concurrencyLimit;
      const demand = Math.min(concurrencyLimit - this.running, room - this.inFlight);
      if (demand < minimum) return;
      // Set while the upstream loop runs, so that a call that settles inside it starts no other.
      this.#upstreamWaits = true;
      const progress = this.upstream.advance(demand);
      if (progress === WAITING) this.upstream.whenReady(this.#onUpstream);
      else this.#upstreamWaits = false;
      if (progress === ENDED || progress === FAILED) this.#upstreamDone = true;
      // What is there already is handed out before more is computed.
      if (progress !== MET || this.isHeadReady()) return;
    }
  }

  readonly #onUpstream = (): void => {
    this.#upstreamWaits = false;
    this.fill();
    this.wakeIfReady();
  };

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
  protected settleFailure(error: StreamingError): boolean {
    let goesOn: boolean | Promise<true>;
    try {
      goesOn = this.run.settleFailure(error);
    } catch (fatal) {
      throw this.run.createError(fatal);
    }
    if (goesOn === false) throw error;
    if (goesOn !== true) this.#room = goesOn;
    return goesOn === true;
  }
}
