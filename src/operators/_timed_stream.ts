/**
 * What the stages that look at the time have in common: they read their input beside a timer.
 *
 * @module
 */

import type { Cutoff } from "../core/cutoff.ts";
import type { StreamControl } from "../core/stage.ts";
import type { StreamContext } from "../core/context.ts";
import { clock } from "../internal/clock.ts";
import { createDeferred, type Deferred, isPromiseLike, toPromise } from "../internal/promises.ts";

type Result = IteratorResult<unknown, undefined>;

/** There is nothing to emit. */
export const NONE: unique symbol = Symbol("none");

const DONE: Result = { done: true, value: undefined };

/** What a {@linkcode TimedStream} reads, and to whom it says what becomes of the items. */
export interface TimedParts {
  readonly input: StreamContext["input"];
  readonly control: StreamControl;
}

/** A call of a user's function for an item that comes in. */
interface PendingCall {
  readonly work: Promise<unknown>;
  /** Resolves when the next item may be taken in. */
  readonly done: Deferred<void>;
  isAbandoned: boolean;
}

/** Why no more items come. */
export interface StreamOutcome {
  readonly isFailed: boolean;
  readonly error?: unknown;
}

/**
 * Reads items while `next()` is pending, and emits what a kind of stage makes of them when it is due.
 *
 * There is one timer at most, and it is not set anew for each item: when it fires early, what is
 * due is looked up again. Nothing is raced: input and timer each report when they have something.
 */
export abstract class TimedStream implements AsyncIterableIterator<unknown> {
  protected readonly control: StreamControl;
  readonly #input: StreamContext["input"];
  #reader: Deferred<Result> | undefined;
  #isPulling = false;
  /** What `accept` does with an item, while it is not done. */
  #accepting: Promise<unknown> | undefined;
  /** The call of a user's function that `accept` waits for. */
  #call: PendingCall | undefined;
  /** Whether the signal of its functions is aborted, as a stop's deadline has come. */
  #isGivenUp = false;
  /** Set when no more items come. */
  #outcome: StreamOutcome | undefined;
  #isDone = false;
  #stopTimer: (() => void) | undefined;
  #timerMs = 0;

  constructor({ input, control }: TimedParts) {
    this.#input = input;
    this.control = control;
    control.hold(() => this.held(), () => this.isWorking());
    control.onGiveUp((cutoff) => this.giveUp(cutoff));
  }

  /** How many of the items that were taken in it keeps back. */
  protected abstract held(): number;
  /** Whether pipelines that it runs inside are at work. */
  protected isWorking(): boolean {
    return false;
  }

  /**
   * Takes an item in; a promise is waited for before the next one is read. Where it does that before
   * the promise is resolved, it settles the item.
   */
  protected abstract accept(item: unknown, nowMs: number): void | PromiseLike<void>;
  /** Takes out what is to be emitted next, or `NONE`; what it throws fails the stream. */
  protected abstract take(nowMs: number): unknown;
  /** When `take` has something without a further item; absent where it will not. */
  protected abstract dueMs(): number | undefined;
  /** No more items come, for that reason: what is kept is due. */
  protected abstract finish(outcome: StreamOutcome): void;
  /** The item that it takes in is abandoned. */
  protected abandoned(): void {
    this.control.abandon();
  }
  /** `next()` was called. */
  protected nextAsked(_nowMs: number): void {}
  /** Whether it needs to know what time it is: a look at the clock costs as much as an item. */
  protected looksAtClock(): boolean {
    return true;
  }
  /** Whether items are read also while no `next()` is pending. */
  protected readsAhead(): boolean {
    return false;
  }
  /** Whether another item can be taken in. */
  protected canRead(): boolean {
    return true;
  }
  /** Whether nothing more will come of the items that were taken in. */
  protected isDrained(): boolean {
    return true;
  }
  /** Nothing more is emitted: closes what is open; a promise is waited for. */
  protected over(): void | Promise<unknown> {}

  next(): Promise<Result> {
    if (this.#isDone) return Promise.resolve(DONE);
    const reader = this.#reader = createDeferred<Result>();
    this.nextAsked(this.#now());
    this.#turn();
    return reader.promise;
  }

  /** Answers the pending `next()`, and waits for work of the user's that is in flight. */
  async return(): Promise<Result> {
    if (this.#isDone) return DONE;
    this.#isDone = true;
    this.#stopTimer?.();
    const accepting = this.#accepting;
    const closing = this.over();
    this.#reader?.resolve(DONE);
    this.#reader = undefined;
    // What it comes to is not asked for any more.
    if (accepting !== undefined) await Promise.allSettled([accepting]);
    await closing;
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What `next` does with the answer of a user's function, unless its item is abandoned before. */
  protected whenAnswered(
    answer: unknown,
    next: (value: unknown) => void | PromiseLike<void>,
  ): void | PromiseLike<void> {
    if (!isPromiseLike(answer)) return next(answer);
    const work = toPromise(answer);
    const call = this.#call = { work, isAbandoned: false, done: createDeferred<void>() };
    work.then((value) => {
      if (!this.#hasEnded(call)) return;
      try {
        call.done.resolve(next(value));
      } catch (error) {
        call.done.reject(error);
      }
    }, (error) => {
      if (!this.#hasEnded(call)) return;
      if (!this.#isGivenUp) return call.done.reject(error);
      this.abandoned();
      call.done.resolve();
    });
    return call.done.promise;
  }

  /** A call has been answered, or has failed; whether something comes of it. */
  #hasEnded(call: PendingCall): boolean {
    if (this.#call === call) this.#call = undefined;
    if (call.isAbandoned) call.done.resolve();
    return !call.isAbandoned;
  }

  /** The deadline of a stop: abandons the item whose call is waited for. */
  protected giveUp(cutoff: Cutoff): void {
    const call = this.#call;
    if (call === undefined || this.#isDone) return;
    this.#isGivenUp = call.isAbandoned = true;
    this.abandoned();
    cutoff.waitFor(call.work);
    cutoff.onLetGo(() => call.done.resolve());
    this.control.abort(cutoff.reason);
  }

  /** Ends the stream before its input has ended. */
  protected end(outcome: StreamOutcome): void {
    if (this.#outcome !== undefined || this.#isDone) return;
    this.#outcome = outcome;
    this.finish(outcome);
    this.#turn();
  }

  /** Something has happened: looks at what is due, and at what to read. */
  protected wake(): void {
    this.#turn();
  }

  #now(): number {
    return this.looksAtClock() ? clock.now() : 0;
  }

  #turn(): void {
    if (this.#isDone) return;
    const nowMs = this.#now();
    if (this.#reader !== undefined) this.#answer(nowMs);
    if (this.#isDone) return;
    const isWanted = (this.#reader !== undefined || this.readsAhead()) && this.canRead();
    if (isWanted && !this.#isPulling && this.#outcome === undefined) this.#pull();
    this.#setTimer(nowMs);
  }

  #answer(nowMs: number): void {
    const reader = this.#reader!;
    let item: unknown;
    try {
      item = this.take(nowMs);
    } catch (error) {
      this.#close(error, () => reader.reject(error));
      return;
    }
    if (item !== NONE) {
      this.#reader = undefined;
      reader.resolve({ done: false, value: item });
      return;
    }
    const outcome = this.#outcome;
    if (outcome === undefined || !this.isDrained()) return;
    const { isFailed, error } = outcome;
    this.#close(error, () => isFailed ? reader.reject(error) : reader.resolve(DONE));
  }

  /** Ends by itself; `answer` is called when what is open is closed, and what is in work settled. */
  #close(reason: unknown, answer: () => void): void {
    this.#isDone = true;
    this.#stopTimer?.();
    this.#reader = undefined;
    const accepting = this.#accepting;
    if (accepting !== undefined) this.control.abort(reason);
    const closing = this.over();
    const works = [accepting && this.control.waitInTime(accepting), closing].filter(isPromiseLike);
    // It is answered with what ended the stream, not with what failed because of that.
    if (works.length > 0) Promise.allSettled(works).then(answer);
    else answer();
  }

  #pull(): void {
    this.#isPulling = true;
    this.#input.next().then(this.#onResult, this.#onFailure);
  }

  readonly #onResult = (result: IteratorResult<unknown, void>): void => {
    if (this.#isDone) return;
    if (result.done) return this.end({ isFailed: false });
    if (this.#outcome !== undefined) return;
    try {
      const accepted = this.accept(result.value, this.#now());
      if (!isPromiseLike(accepted)) return this.#onAccepted();
      this.#accepting = toPromise(accepted);
      this.#accepting.then(this.#onAccepted, this.#onFailure);
    } catch (error) {
      this.#onFailure(error);
    }
  };

  readonly #onAccepted = (): void => {
    this.#isPulling = false;
    this.#accepting = undefined;
    // What waits to be let in when all is closed stays in flight.
    if (this.#isDone) return;
    this.control.settle();
    this.#turn();
  };

  readonly #onFailure = (error: unknown): void => {
    this.#accepting = undefined;
    this.end({ isFailed: true, error });
  };

  /** No timer runs unless `next()` is pending. */
  #setTimer(nowMs: number): void {
    if (this.#reader === undefined) return;
    const dueMs = this.dueMs();
    if (dueMs === undefined || (this.#stopTimer !== undefined && this.#timerMs <= dueMs)) return;
    this.#stopTimer?.();
    this.#timerMs = dueMs;
    try {
      this.#stopTimer = clock.schedule(this.#onTimer, dueMs - nowMs);
    } catch (error) {
      const reader = this.#reader;
      this.#close(error, () => reader.reject(error));
    }
  }

  readonly #onTimer = (): void => {
    this.#stopTimer = undefined;
    this.#turn();
  };
}
