/**
 * Works on items side by side: a stage's function is called for many items at a time, and the
 * answers come out in order, or as they finish.
 *
 * No list of promises is raced: each call reports to its own slot when it settles, so that the cost
 * per item does not depend on how many run.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { createDeferred, type Deferred, isPromiseLike, toPromise } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import { type Carrier, END, WAIT } from "./feed.ts";
import { CallContext, tapped } from "./op.ts";
import type { StageRun } from "./stage_run.ts";
import { Sampler } from "./sampler.ts";
import { ENDED, FAILED, MET, WAITING } from "./progress.ts";
import type { Segment } from "./segment.ts";
import type { ItemFunction, ItemStage, OpenStage, ParallelSettings } from "./stage.ts";

type SlotState = typeof FREE | typeof RUNNING | typeof ANSWERED | typeof REFUSED;
const FREE = 0;
const RUNNING = 1;
const ANSWERED = 2;
const REFUSED = 3;

/** One call: its item, and what came of it. Used again for a later item when it is taken. */
class Slot {
  state: SlotState = FREE;
  item: unknown;
  index = 0;
  path: unknown[] = [];
  answer: unknown;
  context: CallContext | undefined;
  /** When the call began; absent where it is not timed. */
  startedAt: number | undefined;
  readonly onAnswer: (answer: unknown) => void;
  readonly onRefusal: (error: unknown) => void;

  constructor(settle: (slot: Slot, state: SlotState, outcome: unknown) => void) {
    this.onAnswer = (answer) => settle(this, ANSWERED, answer);
    this.onRefusal = (error) => settle(this, REFUSED, error);
  }
}

/** How the feed behind a parallel stage is made. */
export interface ParallelParts {
  readonly upstream: Segment;
  readonly run: StageRun;
  readonly stage: ItemStage;
  readonly call: ItemFunction;
  /** See {@linkcode OpenStage.isPassing}. */
  readonly isPassing: OpenStage["isPassing"];
  readonly settings: ParallelSettings;
  /** The path for all items; absent where each needs a copy of its own. */
  readonly sharedPath: unknown[] | undefined;
}

/** The feed of the loop behind a parallel stage: it hands out items with their answers. */
export class ParallelFeed implements Carrier {
  path: unknown[];
  item: unknown;
  index = 0;
  /** How many items have entered. */
  entered = 0;
  /** How many answers were handed out. */
  emitted = 0;

  readonly #upstream: Segment;
  readonly #run: StageRun;
  #call: ItemFunction;
  readonly #isPassing: OpenStage["isPassing"];
  readonly #settings: ParallelSettings;
  readonly #sharedPath: unknown[] | undefined;
  /** What is to be handed out, in order of start where ordered, else in order of settlement. */
  readonly #queue: Ring<Slot> = new Ring();
  readonly #slots: Slot[] = [];
  readonly #free: Slot[] = [];
  /**
   * How many calls are started at least when a reader has found a result: one by one would cost a
   * turn of the upstream loop each.
   */
  readonly #refill: number;
  #running = 0;
  #wanted: Deferred<void> | undefined;
  /** Whether a reader was told to come, and has not come yet. */
  #isWoken = false;
  #upstreamWaits = false;
  #upstreamDone = false;
  #failing = false;
  #closed = false;
  /** Set while the error channel has no room for a failed item. */
  #room: Promise<unknown> | undefined;
  readonly #sampler: Sampler;
  #idle: Deferred<void> | undefined;

  constructor({ upstream, run, call, isPassing, settings, sharedPath }: ParallelParts) {
    this.#upstream = upstream;
    this.#run = run;
    this.#call = call;
    this.#isPassing = isPassing;
    this.#settings = settings;
    this.#sharedPath = sharedPath;
    this.#refill = Math.ceil(settings.concurrencyLimit / 4);
    this.path = sharedPath ?? upstream.path;
    this.#sampler = new Sampler(run.scope.metadata);
    upstream.fold = (_, item) => this.#start(item);
    run.tap = (listener) => {
      this.#call = tapped(this.#call, listener);
    };
  }

  /** How many items have entered and not been handed out. */
  get inFlight(): number {
    return this.#queue.length + (this.#settings.ordered ? 0 : this.#running);
  }

  get waiting(): number {
    return this.inFlight - this.#running;
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
    this.#isWoken = false;
    this.#room = undefined;
    for (;;) {
      let head = this.#queue.peek();
      if (head === undefined || head.state === RUNNING) {
        this.#wanted ??= createDeferred();
        this.#fill();
        head = this.#queue.peek();
        if (head === undefined || head.state === RUNNING) return this.#nothingYet();
        this.#wanted = undefined;
      }
      if (head.state === ANSWERED || this.#isPassing?.()) return this.#take(head);
      const room = this.#settleFailure(head);
      if (room === undefined) continue;
      this.#room = room;
      return WAIT;
    }
  }

  accept(): void {}

  /** Only room for a failed item can be refused. */
  refuse(error: unknown): unknown {
    return this.#run.createError(error);
  }

  /** Aborts what runs and waits for it. */
  close(reason: unknown): Promise<void> | undefined {
    if (!this.#closed) {
      this.#closed = true;
      this.#abortRunning(0, reason);
      this.#wake();
    }
    const closing = this.#upstream.close(reason);
    if (this.#running === 0) return closing?.then(() => {});
    this.#idle ??= createDeferred();
    return Promise.all([closing, this.#idle.promise]).then(() => {});
  }

  #nothingYet(): unknown {
    if (!this.#upstreamDone || this.#running > 0) return WAIT;
    this.#wanted = undefined;
    if (this.#upstream.failure !== undefined) throw this.#upstream.failure;
    return END;
  }

  #take(slot: Slot): unknown {
    const { answer, item, index, path } = slot;
    this.#release(slot);
    this.emitted++;
    this.item = item;
    this.index = index;
    this.path = path;
    this.#fill(this.#refill);
    return answer;
  }

  /** Leaves a failed item out, if the stage's error strategy does; else throws. */
  #settleFailure(slot: Slot): Promise<true> | undefined {
    const { answer, item, index } = slot;
    this.#release(slot);
    const error = this.#run.createError(answer, item, index);
    let goesOn: boolean | Promise<true>;
    try {
      goesOn = this.#run.settleFailure(error);
    } catch (fatal) {
      throw this.#run.createError(fatal);
    }
    if (goesOn === false) throw error;
    return goesOn === true ? undefined : goesOn;
  }

  #release(slot: Slot): void {
    this.#queue.shift();
    slot.item = slot.answer = slot.context = undefined;
    slot.state = FREE;
    this.#free.push(slot);
  }

  /**
   * Starts calls as the bounds allow. While somebody waits for a slow head of the queue, up to
   * `highWaterMark` may finish behind it and `concurrencyLimit` run; while nobody waits, no more
   * are started than fit into `highWaterMark`. Nothing is done for fewer than `minimum`.
   */
  #fill(minimum = 1): void {
    const { concurrencyLimit, highWaterMark } = this.#settings;
    while (!this.#upstreamWaits && !this.#upstreamDone && !this.#failing && !this.#closed) {
      const room = this.#wanted === undefined ? highWaterMark : highWaterMark + concurrencyLimit;
      const demand = Math.min(concurrencyLimit - this.#running, room - this.inFlight);
      if (demand < minimum) return;
      // Set while the upstream loop runs, so that a call that settles inside it starts no other.
      this.#upstreamWaits = true;
      const progress = this.#upstream.advance(demand);
      if (progress === WAITING) this.#upstream.whenReady(this.#onUpstream);
      else this.#upstreamWaits = false;
      if (progress === ENDED || progress === FAILED) this.#upstreamDone = true;
      // What is there already is handed out before more is computed.
      if (progress !== MET || this.#queue.peek()?.state === ANSWERED) return;
    }
  }

  readonly #onUpstream = (): void => {
    this.#upstreamWaits = false;
    this.#fill();
    if (this.#wanted !== undefined && this.#isReady()) this.#wake();
  };

  #start(item: unknown): void {
    const slot = this.#free.pop() ?? this.#createSlot();
    const path = this.#sharedPath ?? this.#upstream.path.slice();
    const context = new CallContext(this.#run, path);
    const index = this.entered++;
    slot.state = RUNNING;
    slot.item = item;
    slot.index = index;
    slot.path = path;
    slot.context = context;
    if (this.#settings.ordered) this.#queue.push(slot);
    this.#running++;
    slot.startedAt = this.#sampler.isDue() ? this.#startClock() : undefined;
    const call = this.#call;
    let answer: unknown;
    try {
      answer = call(item, index, context);
    } catch (error) {
      return this.#settle(slot, REFUSED, error);
    }
    if (isPromiseLike(answer)) toPromise(answer).then(slot.onAnswer, slot.onRefusal);
    else this.#settle(slot, ANSWERED, answer);
  }

  #startClock(): number {
    this.#sampler.noteAsync();
    return clock.now();
  }

  #createSlot(): Slot {
    const slot = new Slot(this.#settle);
    this.#slots.push(slot);
    return slot;
  }

  readonly #settle = (slot: Slot, state: SlotState, outcome: unknown): void => {
    this.#running--;
    slot.state = state;
    slot.answer = outcome;
    if (slot.startedAt !== undefined) this.#run.time(clock.now() - slot.startedAt);
    if (!this.#settings.ordered) this.#queue.push(slot);
    if (this.#closed) {
      if (this.#running === 0) this.#idle?.resolve();
      return;
    }
    if (state === REFUSED && this.#isFatal()) this.#fail(slot, outcome);
    if (this.#wanted !== undefined && this.#isReady()) this.#wake();
    else if (!this.#isWoken) this.#fill();
  };

  /** Whether a failed item fails the run, whatever comes out before it. */
  #isFatal(): boolean {
    return !this.#run.skipsFailures && this.#isPassing === undefined;
  }

  /** Starts nothing more, and aborts what would come out after the failed item. */
  #fail(failed: Slot, error: unknown): void {
    this.#failing = true;
    this.#upstream.close(error);
    this.#abortRunning(this.#settings.ordered ? failed.index : 0, error);
  }

  #abortRunning(fromIndex: number, reason: unknown): void {
    for (const slot of this.#slots) {
      if (slot.state === RUNNING && slot.index >= fromIndex) slot.context!.abort(reason);
    }
  }

  /** Whether a reader would be answered at once. */
  #isReady(): boolean {
    const head = this.#queue.peek();
    if (head === undefined) return this.#upstreamDone && this.#running === 0;
    return head.state !== RUNNING;
  }

  #wake(): void {
    this.#isWoken = true;
    this.#wanted?.resolve();
    this.#wanted = undefined;
  }
}
