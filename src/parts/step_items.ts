/**
 * What a step reads, and what is read ahead of it for the readers of its state.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { OneByOne } from "../internal/one_by_one.ts";
import { createDeferred, type Deferred, ignoreLateOutcome } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import type { Receiver } from "../internal/many.ts";
import { type Lineage, ORIGIN_SLOT } from "../core/lineage.ts";
import { ItemIterator } from "../core/items.ts";
import type { Upstream } from "../core/upstream.ts";

type Result = IteratorResult<unknown, void>;

/** So many reads are timed one by one, of those that a step makes for one of its items. */
const TIMED_EACH = 64;
/** Of what it reads after these without waiting, one in so many is timed, and stands for all. */
const TIMED_EVERY = 16;

/** How a {@linkcode StepItems} is made. */
export interface StepItemsParts {
  readonly upstream: Upstream;
  /** The path for all items; absent where each needs a copy of its own. */
  readonly sharedPath: unknown[] | undefined;
  readonly lineage: Lineage | undefined;
  /** Whether the step itself acknowledges what it has read. */
  readonly acksItself: boolean;
}

/** An item on its way to the step, and the path that it came on. */
interface Arrival {
  readonly result: Promise<Result>;
  readonly item: unknown;
  readonly path: unknown[];
  readonly upstreamError: unknown;
}

/** The items of a loop, for a step; they can be pulled before the step asks for them. */
export class StepItems extends ItemIterator {
  /** The item that the step has. */
  item: unknown;
  /** Its path, which stays as it is while the loop works on the next item. */
  path: unknown[];
  /** What had failed before it came; known also when what is upstream has been closed. */
  upstreamError: unknown;
  /**
   * What that was made of, until the step asks for the next; later stages put theirs on the path.
   */
  itemOrigin: unknown;
  /** How many items the step was given. */
  given = 0;
  /** Whether the step works on that item: see `StreamControl.settle`. */
  isUnsettled = false;
  /** Whether the step has received the end, or the failure. */
  isOutcomeRead = false;
  /** Whether the step has asked for an item. */
  hasBegun = false;
  /** Called when it does for the first time. */
  onBegin: () => void = () => {};

  readonly #lineage: Lineage | undefined;
  readonly #acksItself: boolean;
  /** The path of all that it has read since it did so last. */
  #unacked: readonly unknown[] | undefined;
  readonly #upstream: Upstream;
  /** The path for all items; absent where each needs a copy of its own. */
  readonly #sharedPath: unknown[] | undefined;
  readonly #ahead: Ring<Arrival> = new Ring();
  /** Calls of the step's that wait until nothing is read ahead. */
  readonly #waiting: OneByOne = new OneByOne();
  #isReadingAhead = false;
  /** The end, or the failure: for each reader, and for the step when it has read what is ahead. */
  #outcome: Promise<Result> | undefined;
  /** Resolved when what is asked for, or read ahead, has arrived. */
  #pulled: Deferred<void> | undefined;
  #tap: ((item: unknown) => void) | undefined;
  /** Milliseconds spent waiting for items; absent while that is not measured. */
  #waitedMs: number | undefined;
  #askedAt = 0;
  /** How many items were asked for since that began. */
  #askedCount = 0;
  /** How many reads the pending one is timed for: none where another is timed for it. */
  #timedFor = 1;

  constructor({ upstream, sharedPath, lineage, acksItself }: StepItemsParts) {
    super({
      open: () => upstream,
      ended: (failure) => this.#noteEnd(failure),
      close: async (reason) => void await upstream.close(reason),
      taken: (item) => this.#take(item),
    });
    this.#lineage = lineage;
    this.#acksItself = acksItself;
    this.#upstream = upstream;
    this.#sharedPath = sharedPath;
    this.path = sharedPath ?? upstream.path.slice();
  }

  /** Whether everything has been pulled. */
  get isReadToEnd(): boolean {
    return this.#outcome !== undefined;
  }

  /** How many items were pulled and not given to the step yet. */
  get aheadCount(): number {
    return this.#ahead.length;
  }

  /** Has `listener` called with each item that leaves the loop from now on. */
  tap(listener: (item: unknown) => void): void {
    this.#tap = listener;
  }

  override ask(receiver?: Receiver<unknown>): Promise<Result> | undefined {
    this.isUnsettled = false;
    if (!this.#acksItself) this.ack();
    if (!this.hasBegun) this.#begin();
    if (!this.#isReadingAhead && !this.#waiting.isBusy) return this.#ask(receiver);
    return this.#waiting.run(() => this.#nextAfterReadingAhead());
  }

  async #nextAfterReadingAhead(): Promise<Result> {
    while (this.#isReadingAhead) await this.#whenPulled();
    return await (this.#ask() ?? { done: false, value: this.taken });
  }

  #ask(receiver?: Receiver<unknown>): Promise<Result> | undefined {
    const arrival = this.#ahead.shift();
    if (arrival !== undefined) {
      this.#give(arrival.item, arrival.path, arrival.upstreamError);
      return arrival.result;
    }
    const outcome = this.#outcome;
    if (outcome === undefined || this.isOutcomeRead) return this.pull(receiver);
    this.isOutcomeRead = true;
    return outcome;
  }

  /** Begins to add up the time that the reader waits for items. */
  startClock(): void {
    this.#waitedMs = this.#askedCount = 0;
  }

  /** Ends that, and returns the milliseconds. */
  stopClock(): number {
    const waitedMs = this.#waitedMs ?? 0;
    this.#waitedMs = undefined;
    return waitedMs;
  }

  protected override pull(receiver?: Receiver<unknown>): Promise<Result> | undefined {
    if (this.#waitedMs === undefined || this.isAsked) return super.pull(receiver);
    const count = this.#askedCount++;
    this.#timedFor = count < TIMED_EACH ? 1 : count % TIMED_EVERY === 0 ? TIMED_EVERY : 0;
    if (this.#timedFor > 0) this.#askedAt = clock.now();
    const asked = super.pull(receiver);
    if (asked === undefined) return;
    // What is waited for stands for itself.
    if (this.#timedFor === 0) this.#askedAt = clock.now();
    this.#timedFor = 1;
    return asked;
  }

  /** Pulls an item; the step gets it when it asks. False when there are no more. */
  async readAhead(): Promise<boolean> {
    if (this.#outcome !== undefined) return !(await this.#outcome).done;
    if (this.#isReadingAhead || this.isAsked || this.#upstream.isRunning) {
      await this.#whenPulled();
      return true;
    }
    this.#isReadingAhead = true;
    await this.pull()?.catch(() => {});
    this.#isReadingAhead = false;
    this.#notePulled();
    return true;
  }

  #whenPulled(): Promise<void> {
    return (this.#pulled ??= createDeferred()).promise;
  }

  #notePulled(): void {
    this.#pulled?.resolve();
    this.#pulled = undefined;
  }

  override fail(reason: unknown): void {
    // What the step worked on is not done, also where it asks once more on its way out.
    this.takeOrigin();
    if (this.#outcome === undefined) this.#setOutcome(Promise.reject(reason));
    super.fail(reason);
    if (!this.#isReadingAhead) this.#notePulled();
  }

  override stop(reason: unknown): Promise<void> {
    const stopping = super.stop(reason);
    this.#notePulled();
    return stopping;
  }

  /** An item comes out on `path`: one that was kept, or else made of the item that was read last. */
  traceOutput(path: unknown[], isKept: boolean): void {
    const lineage = this.#lineage;
    if (lineage === undefined || isKept) return;
    lineage.retain(this.itemOrigin);
    path[ORIGIN_SLOT] = this.itemOrigin;
  }

  /** The step has emitted what it makes of what it has read; what it retains is counted by itself. */
  ack(): void {
    this.#lineage?.release(this.takeOrigin());
    this.#unacked = undefined;
  }

  /** All that the step yields from now on is made of the item as well. */
  #retainUnacked(path: readonly unknown[]): void {
    const lineage = this.#lineage;
    if (lineage === undefined) return;
    this.#unacked = lineage.gather(path, this.#unacked);
    lineage.release(this.itemOrigin);
    this.itemOrigin = this.#unacked[ORIGIN_SLOT];
  }

  /** Gives up the item's reference to its origin, and returns it. */
  takeOrigin(): unknown {
    const { itemOrigin } = this;
    this.itemOrigin = undefined;
    return itemOrigin;
  }

  #begin(): void {
    this.hasBegun = true;
    this.onBegin();
  }

  /** The end, or the failure, goes to the pending read. */
  #noteEnd(failure: unknown): undefined {
    this.#setOutcome(
      failure === undefined
        ? Promise.resolve({ done: true, value: undefined })
        : Promise.reject(failure),
    );
    if (!this.#isReadingAhead) this.#notePulled();
  }

  #setOutcome(outcome: Promise<Result>): void {
    ignoreLateOutcome(outcome);
    this.#outcome = outcome;
    this.isOutcomeRead = this.isAsked && !this.#isReadingAhead;
  }

  #take(item: unknown): void {
    if (this.#waitedMs !== undefined && this.#timedFor > 0) {
      this.#waitedMs += (clock.now() - this.#askedAt) * this.#timedFor;
    }
    this.#tap?.(item);
    const path = this.#sharedPath ?? this.#upstream.path.slice();
    const { upstreamError } = this.#upstream;
    if (!this.#isReadingAhead) {
      this.#give(item, path, upstreamError);
      return this.#notePulled();
    }
    const result: Promise<Result> = Promise.resolve({ done: false, value: item });
    this.#ahead.push({ result, item, path, upstreamError });
  }

  #give(item: unknown, path: unknown[], upstreamError: unknown): void {
    this.item = item;
    this.path = path;
    this.itemOrigin = path[ORIGIN_SLOT];
    if (this.#acksItself) this.#retainUnacked(path);
    this.upstreamError = upstreamError;
    this.given++;
    this.isUnsettled = true;
  }
}
