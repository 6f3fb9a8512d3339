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
import type { StreamingError } from "../base/errors.ts";
import { isPromiseLike, toPromise } from "../internal/promises.ts";
import { WAIT } from "../internal/pull.ts";
import { ORIGIN_SLOT } from "../core/lineage.ts";
import { CallContext } from "../core/op.ts";
import { ConcurrentFeed, type ParallelParts } from "./concurrent_feed.ts";
import type { OpenStage } from "../core/open_stage.ts";

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
  /** See {@linkcode StageFeed.upstreamError}. */
  upstreamError: unknown;
  /** When the call began; absent where it is not timed. */
  startedAt: number | undefined;
  /** Set where the failure of the call fails the run. */
  error: StreamingError | undefined;
  /** Set where the call was aborted: nothing comes of its item, and the slot is not used again. */
  aborted: { readonly reason: unknown } | undefined;
  readonly onAnswer: (answer: unknown) => void;
  readonly onRefusal: (error: unknown) => void;

  constructor(settle: (slot: Slot, state: SlotState, outcome: unknown) => void) {
    this.onAnswer = (answer) => settle(this, ANSWERED, answer);
    this.onRefusal = (error) => settle(this, REFUSED, error);
  }
}

/** The feed of the loop after a parallel stage: it emits items with their answers. */
export class ParallelFeed extends ConcurrentFeed<Slot> {
  item: unknown;
  index = 0;

  readonly #isPassing: OpenStage["isPassing"];
  readonly #giveUp: OpenStage["giveUp"];
  /** Why all calls were aborted, where they were. */
  #abandoned: { readonly reason: unknown } | undefined;
  readonly #slots: Slot[] = [];
  readonly #free: Slot[] = [];
  /**
   * How many calls are started at least when a reader has found a result: one by one would cost a
   * turn of the upstream loop each.
   */
  readonly #refill: number;
  /** Whether a reader was woken, and has not read yet. */
  #isWoken = false;

  constructor(parts: ParallelParts) {
    super(parts);
    this.#isPassing = parts.opened.isPassing;
    this.#giveUp = parts.opened.giveUp;
    this.#refill = Math.ceil(this.settings.concurrencyLimit / 4);
  }

  protected get expected(): number {
    return this.queue.length + (this.settings.ordered ? 0 : this.running);
  }

  next(): unknown {
    this.#isWoken = false;
    for (;;) {
      let head = this.queue.peek();
      if (head === undefined || head.state === RUNNING) {
        this.want();
        this.fill();
        head = this.queue.peek();
        if (head === undefined || head.state === RUNNING) return this.nothingYet();
        this.satisfy();
      }
      if (head.state === ANSWERED || this.#isPassing?.()) return this.#take(head);
      if (!this.#leaveOut(head)) return WAIT;
    }
  }

  /** Aborts what runs and waits for it. */
  close(reason: unknown): Promise<void> | undefined {
    if (!this.isClosed) {
      this.stop(reason);
      while (this.queue.length > 0) this.drop(this.queue.pop()!, reason);
      this.abandonCalls(reason);
    }
    const closing = this.upstream.close(reason);
    if (this.leaving === 0) return closing?.then(() => {});
    return Promise.all([closing, this.whenIdle()]).then(() => {});
  }

  protected override wake(): void {
    this.#isWoken = true;
    super.wake();
  }

  protected isHeadReady(): boolean | undefined {
    const head = this.queue.peek();
    return head && head.state !== RUNNING;
  }

  #take(slot: Slot): unknown {
    const { answer, item, index, path, upstreamError } = slot;
    this.#release(slot);
    this.emitted++;
    this.item = item;
    this.index = index;
    this.path = path;
    this.upstreamError = upstreamError;
    this.fill(this.gathering?.refill ?? this.#refill);
    return answer;
  }

  /** Whether a failed item is left out; throws where it fails the run. */
  #leaveOut(slot: Slot): boolean {
    const { answer, item, index, path, upstreamError, error } = slot;
    this.#release(slot);
    this.upstreamError = upstreamError;
    if (this.run.leaveOut()) return true;
    const failure = error ?? this.run.createError(answer, item, index);
    return this.settleFailure(failure, path[ORIGIN_SLOT]);
  }

  #release(slot: Slot): void {
    this.queue.shift();
    this.#clear(slot);
  }

  /** Makes room for another call. */
  #clear(slot: Slot): void {
    slot.item =
      slot.answer =
      slot.context =
      slot.upstreamError =
      slot.error =
        undefined;
    slot.state = FREE;
    this.#free.push(slot);
  }

  protected start(item: unknown): void {
    const slot = this.#free.pop() ?? this.#createSlot();
    const path = this.takePath();
    const context = new CallContext(this.run, path);
    const index = this.entered++;
    slot.state = RUNNING;
    slot.item = item;
    slot.index = index;
    slot.path = path;
    slot.context = context;
    slot.upstreamError = this.upstream.upstreamError;
    if (this.settings.ordered) this.queue.push(slot);
    this.running++;
    slot.startedAt = this.startClock();
    const call = this.call;
    let answer: unknown;
    let isLate: boolean;
    try {
      answer = call(item, index, context);
      isLate = isPromiseLike(answer);
    } catch (error) {
      return this.#settle(slot, REFUSED, error);
    }
    if (isLate) toPromise(answer).then(slot.onAnswer, slot.onRefusal);
    else this.#settle(slot, ANSWERED, answer);
  }

  #createSlot(): Slot {
    const slot = new Slot(this.#settle);
    this.#slots.push(slot);
    return slot;
  }

  readonly #settle = (slot: Slot, state: SlotState, outcome: unknown): void => {
    if (slot.startedAt !== undefined) this.run.time(clock.now() - slot.startedAt);
    if (slot.aborted !== undefined) return this.#settleAborted(slot, state, outcome);
    this.running--;
    if (state === REFUSED && this.#isGivenUp(outcome)) this.#dropGivenUp(slot);
    else {
      slot.state = state;
      slot.answer = outcome;
      if (!this.settings.ordered) this.queue.push(slot);
      if (state === REFUSED && this.#isFatal()) {
        this.stopAt(slot, slot.error = this.run.createError(outcome, slot.item, slot.index));
      }
    }
    if (!this.wakeIfReady() && !this.#isWoken) this.fill();
  };

  #settleAborted(slot: Slot, state: SlotState, outcome: unknown): void {
    const { item, index, aborted } = slot;
    const refusal = state === REFUSED ? { error: outcome } : undefined;
    this.concludeAborted({ item, index, reason: aborted!.reason }, refusal);
  }

  /** Whether a call was not made because others have been aborted. */
  #isGivenUp(thrown: unknown): boolean {
    if (this.#giveUp === undefined || this.#abandoned === undefined) return false;
    return this.#abandoned.reason === thrown;
  }

  #dropGivenUp(slot: Slot): void {
    this.run.abandoned++;
    if (this.settings.ordered) this.leaveQueue((each) => each === slot);
    this.#clear(slot);
  }

  /** Whether a failed item fails the run, whatever comes out before it. */
  #isFatal(): boolean {
    return !this.run.skipsFailures && this.#isPassing === undefined;
  }

  protected drop(slot: Slot, reason: unknown): void {
    if (slot.state === RUNNING) this.#abandon(slot, reason);
    else if (slot.error !== undefined) this.failToo(slot.error);
    else if (slot.aborted === undefined) this.run.abandoned++;
  }

  protected giveUpCalls(reason: unknown): void {
    this.abandonCalls(reason);
    this.leaveQueue(({ aborted }) => aborted !== undefined);
  }

  protected abandonCalls(reason: unknown): void {
    this.#abandoned ??= { reason };
    this.#giveUp?.(reason);
    for (const slot of this.#slots) if (slot.state === RUNNING) this.#abandon(slot, reason);
  }

  #abandon(slot: Slot, reason: unknown): void {
    this.running--;
    this.leaving++;
    slot.state = FREE;
    slot.aborted = { reason };
    slot.context!.abort(reason);
  }
}
