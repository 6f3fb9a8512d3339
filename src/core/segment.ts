/**
 * A loop as those around it see it: how it is driven, and how it ends before its time.
 *
 * @module
 */

import { isNestedDeep, nested, unwound } from "../internal/nesting.ts";
import { ignoreLateOutcome } from "../internal/promises.ts";
import type { Cutoff } from "./cutoff.ts";
import { Driver } from "./driver.ts";
import { Loop } from "./loop.ts";
import { EXPAND } from "./stage.ts";
import type { Upstream } from "./upstream.ts";

/** One fused loop of one run. */
export class Segment extends Loop implements Upstream {
  #driver: Driver | undefined;
  #closeReason: unknown;

  /** Takes the outcome of `pending` and calls back. */
  whenReady(callback: () => void): void {
    (this.#driver ??= new Driver(this)).wait(this.pending, callback);
  }

  /**
   * Ends it in good order: the source is closed and not read any more, what is in flight comes out.
   * With `keepsFirst`, only the sources that stages read beside it are ended.
   */
  endSources(reason: unknown, keepsFirst: boolean): void {
    const { stageFeed } = this.parts;
    if (stageFeed !== undefined) stageFeed.endSources(reason, keepsFirst);
    else if (!keepsFirst && !this.isClosed && this.feeds.endSource(reason)) {
      // A call inside the loop ends it: the source is closed on the way out.
      if (this.isRunning) this.isInterrupted = true;
      else this.#leaveSource();
    }
  }

  /** What the source has answered already is still emitted; a pending answer is ignored. */
  #leaveSource(): void {
    if (!this.#isWaitingForSource) return this.feeds.closeSource();
    Promise.resolve().then(() => {
      if (this.isClosed) return;
      this.feeds.closeSource();
      if (this.#isWaitingForSource) this.#goOn();
    });
  }

  get #isWaitingForSource(): boolean {
    return this.waiting === "feed" && this.feeds.isSourceRead;
  }

  /**
   * The time for what is in flight is over: aborts what is in progress here and upstream, and
   * abandons its items. The loop continues when that has ended, or `cutoff` abandons it.
   */
  giveUp(cutoff: Cutoff): void {
    this.parts.stageFeed?.giveUp(cutoff);
    const called = this.waiting === "call" ? this.ops[this.position] : undefined;
    const ops = new Set(this.feeds.readingFrom.map((position) => this.ops[position]!));
    if (called !== undefined) ops.add(called);
    // What runs from now on is not aborted.
    for (const op of ops) op.renewContext().abort(cutoff.reason);
    if (this.isClosed) return;
    const { flushFrom } = this.ending;
    const isDropped = this.feeds.giveUp(cutoff, flushFrom);
    if (called !== undefined) {
      // What a stage gives at its end belongs to no item.
      if (this.position >= flushFrom) called.run.abandoned++;
      cutoff.waitFor(this.feeds.closeLate(called, this.pending, cutoff.reason));
    }
    if (called !== undefined || (isDropped && this.waiting === "feed")) this.waiting = "dropped";
    cutoff.onAbandon(() => {
      const isLeft = this.waiting === "feed" && this.parts.stageFeed?.isAbandoned;
      if (!this.isClosed && (isLeft || this.waiting === "dropped")) this.#goOn();
    });
  }

  /** Continues at once: what it waits for is not used any more. */
  #goOn(): void {
    this.waiting = "nothing";
    this.#driver?.goOn();
  }

  /**
   * Fails with `reason` where it waits: what is in progress there is aborted, and what later stages
   * keep comes out. For loops that are driven by `whenReady`. False where it does not wait, but was
   * not asked for more.
   */
  abandon(reason: unknown): boolean {
    const { waiting } = this;
    if (waiting === "nothing") return false;
    if (waiting === "close" || this.isClosed || this.failure !== undefined) return true;
    if (waiting === "feed" && this.feeds.top!.feed.abandon?.(reason)) return true;
    const { position, item } = this;
    const place = { position, item };
    for (const op of this.ops.slice(0, position + 1)) op.context.abort(reason);
    this.ending.fail(position, reason);
    const isCall = waiting === "call";
    const call = isCall ? this.ending.settleAborted(place, this.pending, reason) : this.pending;
    this.#dropCall(call, reason);
    this.#goOn();
    return true;
  }

  /**
   * Ends the loop before its time: nothing is called any more, what is open is closed. The promise
   * resolves when that is done, the user's functions in flight included.
   */
  close(reason: unknown): Promise<unknown> | undefined {
    if (this.isClosed) return this.feeds.closing;
    if (isNestedDeep()) return unwound(() => this.close(reason));
    this.isClosed = true;
    this.#closeReason = reason;
    for (const op of this.ops) op.context.abort(reason);
    // A call inside the loop closes it: the loop closes its feeds on the way out.
    if (this.isRunning) {
      this.isInterrupted = true;
      return Promise.resolve().then(() => this.feeds.closing);
    }
    nested(() => this.#closeWhatIsOpen());
    return this.feeds.closing;
  }

  protected override leave(): void {
    this.isInterrupted = false;
    if (this.isClosed) this.#closeWhatIsOpen();
    else this.#leaveSource();
  }

  #closeWhatIsOpen(): void {
    // Where it was closed from inside, nothing drives it that would take what is pending.
    ignoreLateOutcome(this.pending);
    this.feeds.closeAll(this.#closeReason);
    if (this.waiting === "close") this.feeds.waitFor(this.pending);
    else this.#dropCall(this.pending, this.#closeReason);
  }

  /** Waits for the call in flight; closes what it returns, or has returned, and is not read. */
  #dropCall(call: Promise<unknown>, reason: unknown): void {
    const op = this.ops[this.position];
    if (this.waiting === "call") this.feeds.waitForCall(op, call, reason);
    if (this.waiting !== "answered" || op?.stage.outcome !== EXPAND) return;
    this.waiting = "nothing";
    this.feeds.waitForCall(op, Promise.resolve(this.answer), reason);
  }
}
