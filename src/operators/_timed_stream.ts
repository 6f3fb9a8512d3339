/**
 * What the stages that look at the time have in common: they read their input beside a timer.
 *
 * @module
 */

import type { Cutoff } from "../core/cutoff.ts";
import type { StreamControl } from "../core/stage.ts";
import type { StreamContext } from "../core/context.ts";
import { clock } from "../internal/clock.ts";
import { CALLBACKS_ONLY, PromptIterator, type Receiver } from "../internal/many.ts";
import { createDeferred, type Deferred, isPromiseLike, toPromise } from "../internal/promises.ts";

type Result = IteratorResult<unknown, void>;

/** There is nothing to emit. */
export const NONE: unique symbol = Symbol("none");

const DONE: Result = { done: true, value: undefined };

/** What a {@linkcode TimedStream} reads, and where it reports what becomes of the items. */
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

/** Why no more items come: where it has not failed, nothing is said. */
export interface StreamOutcome {
  readonly isFailed?: true;
  readonly error?: unknown;
}

/**
 * Reads items while `next()` is pending, and emits what a kind of stage makes of them when it is due.
 *
 * There is one timer at most, and it is not set anew for each item: when it fires early, the due
 * time is looked up again. Nothing is raced: input and timer each report when they have something.
 */
export abstract class TimedStream extends PromptIterator<unknown> {
  taken: unknown;

  protected readonly control: StreamControl;
  readonly #input: StreamContext["input"];
  /** The input, where it may have items at once. */
  readonly #prompt: PromptIterator<unknown> | undefined;
  /** Whether an item was asked for and has not come. */
  #isAsked = false;
  /** Receives it; absent while it may be available synchronously. */
  #reader: Receiver<unknown> | undefined;
  /** Whether it was available synchronously. */
  #isTaken = false;
  #isPulling = false;
  #isWaking = false;
  /** Whether something has happened that was not handled. */
  #isWoken = false;
  /** What `accept` does with an item, while it is not done. */
  #accepting: Promise<unknown> | undefined;
  /** The call of a user's function that `accept` waits for. */
  #call: PendingCall | undefined;
  /** Whether the signal of its functions is aborted, as a stop's deadline has come. */
  #isGivenUp = false;
  /** Set when no more items come. */
  #outcome: StreamOutcome | undefined;
  #isDone = false;
  /** Whether that is because its reader has stopped. */
  #isClosed = false;
  #stopTimer: (() => void) | undefined;
  #timerMs = 0;
  /** When the clock was read for what is being handled; absent where it was not. */
  #nowMs: number | undefined;

  constructor({ input, control }: TimedParts) {
    super();
    this.#input = input;
    const given: object = input;
    if (given instanceof PromptIterator) this.#prompt = given;
    this.control = control;
    control.hold(() => this.bufferedCount(), () => this.isWorking());
    control.onGiveUp((cutoff) => this.giveUp(cutoff));
  }

  /** How many of the items that were taken in it still holds. */
  protected abstract bufferedCount(): number;
  /** Whether pipelines that it runs inside are running. */
  protected isWorking(): boolean {
    return false;
  }

  /**
   * Takes an item in; a promise is waited for before the next one is read. Where it takes the item
   * in before the promise is resolved, it settles the item itself.
   */
  protected abstract accept(item: unknown): void | PromiseLike<void>;
  /** Takes out what is emitted next, or `NONE`; what it throws fails the stream. */
  protected abstract take(): unknown;
  /** No more items come, for that reason: what is kept is due. */
  protected abstract finish(outcome: StreamOutcome): void;
  /** When `take` has something without a further item; absent where it will not. */
  protected dueMs(): number | undefined {
    return undefined;
  }
  /** The item that it takes in is abandoned. */
  protected abandoned(): void {
    this.control.abandon();
  }
  /** `next()` was called. */
  protected nextAsked(): void {}
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

  /** What time it is: the same while one thing is handled, since a look costs as much as an item. */
  protected get nowMs(): number {
    return this.#nowMs ??= clock.now();
  }

  override ask(receiver?: Receiver<unknown>): Promise<Result> | undefined {
    if (this.#isDone) return Promise.resolve(DONE);
    this.nextAsked();
    this.#isAsked = true;
    this.#reader = undefined;
    this.#isTaken = false;
    this.wake();
    if (this.#isTaken) return undefined;
    const reader = this.#reader ??= receiver ?? createDeferred<Result>();
    if (this.#isClosed) reader.resolve(DONE);
    return reader.promise;
  }

  /** Answers the pending `next()`, and waits for work of the user's that is in flight. */
  override async stop(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = this.#isClosed = true;
    this.#isAsked = false;
    this.#stopTimer?.();
    const accepting = this.#accepting;
    const closing = this.over();
    this.#reader?.resolve(DONE);
    // Its result is not needed any more.
    if (accepting !== undefined) await Promise.allSettled([accepting, closing]);
    await closing;
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

  /** A call has been answered, or has failed; returns whether that is used. */
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
    cutoff.onAbandon(() => call.done.resolve());
    this.control.abort(cutoff.reason);
  }

  /** Ends the stream before its input has ended. */
  protected end(outcome: StreamOutcome): void {
    if (this.#outcome !== undefined || this.#isDone) return;
    this.#outcome = outcome;
    this.finish(outcome);
    this.wake();
  }

  /**
   * Something has happened: emits what is due, and reads what there is room for, as far as that can
   * be done synchronously. What happens meanwhile is handled after it.
   */
  protected wake(): void {
    this.#isWoken = true;
    if (this.#isWaking) return;
    this.#isWaking = true;
    while (!this.#isDone && this.#isWoken) {
      this.#isWoken = false;
      if (this.#isAsked) this.#answer();
      this.#nowMs = undefined;
      if (!this.#isDone && this.#mayPull() && this.#pull()) this.#isWoken = true;
    }
    this.#isWaking = false;
    if (!this.#isDone) this.#setTimer();
  }

  #answer(): void {
    let item: unknown;
    try {
      item = this.take();
    } catch (error) {
      return this.#close({ isFailed: true, error });
    }
    if (item !== NONE) return this.#hand(item);
    const outcome = this.#outcome;
    if (outcome !== undefined && this.isDrained()) this.#close(outcome);
  }

  #hand(item: unknown): void {
    this.#isAsked = false;
    const reader = this.#reader;
    this.#reader = undefined;
    this.#isTaken = reader === undefined;
    if (reader === undefined) this.taken = item;
    else reader.resolve({ done: false, value: item });
  }

  /** Ends by itself; a pending read settles when all is closed and running calls have settled. */
  #close({ isFailed, error }: StreamOutcome): void {
    this.#isDone = true;
    this.#isAsked = false;
    this.#stopTimer?.();
    const reader = this.#reader ??= createDeferred();
    const answer = () => isFailed ? reader.reject(error) : reader.resolve(DONE);
    const accepting = this.#accepting;
    if (accepting !== undefined) this.control.abort(error);
    const closing = this.over();
    const works = [accepting && this.control.waitInTime(accepting), closing].filter(isPromiseLike);
    // It is answered with what ended the stream, not with what failed because of that.
    if (works.length > 0) Promise.allSettled(works).then(answer);
    else answer();
  }

  #mayPull(): boolean {
    if (this.#isPulling || this.#outcome !== undefined) return false;
    return (this.#isAsked || this.readsAhead()) && this.canRead();
  }

  /** Reads the next item; returns whether it has come and is taken in already. */
  #pull(): boolean {
    this.#isPulling = true;
    const prompt = this.#prompt;
    const asked = prompt === undefined ? this.#input.next() : prompt.ask(this.#receiver);
    if (asked === undefined) return this.#accept(prompt!.taken);
    if (asked !== CALLBACKS_ONLY) asked.then(this.#onResult, this.#onFailure);
    return false;
  }

  readonly #onResult = (result: IteratorResult<unknown, void>): void => {
    if (this.#isDone) return;
    if (result.done) this.end({});
    else if (this.#accept(result.value)) this.wake();
  };

  /** Takes the item in; returns whether that is done, so that the next one may be read. */
  #accept(item: unknown): boolean {
    if (this.#isDone || this.#outcome !== undefined) return false;
    this.#nowMs = undefined;
    try {
      const accepted = this.accept(item);
      if (!isPromiseLike(accepted)) return this.#settle();
      this.#nowMs = undefined;
      this.#accepting = toPromise(accepted);
      this.#accepting.then(this.#onAccepted, this.#onRefused);
    } catch (error) {
      this.#onRefused(error);
    }
    return false;
  }

  /** It has failed on the item that it was taking in. */
  readonly #onRefused = (thrown: unknown): void =>
    this.#onFailure(this.control.createError(thrown));

  readonly #onAccepted = (): void => {
    if (this.#settle()) this.wake();
  };

  #settle(): boolean {
    this.#isPulling = false;
    this.#accepting = undefined;
    // An item that waits to be let in when all is closed stays in flight.
    if (this.#isDone) return false;
    this.control.settle();
    return true;
  }

  readonly #onFailure = (error: unknown): void => {
    this.#accepting = undefined;
    this.control.throwLater(error);
    this.end({ isFailed: true, error });
  };

  /** Called at once, so that an item that is waited for takes no promise of its own. */
  readonly #receiver: Receiver<unknown> = {
    promise: CALLBACKS_ONLY,
    resolve: this.#onResult,
    reject: this.#onFailure,
  };

  /** No timer runs unless `next()` is pending. */
  #setTimer(): void {
    if (!this.#isAsked) return;
    const dueMs = this.dueMs();
    if (dueMs === undefined || (this.#stopTimer !== undefined && this.#timerMs <= dueMs)) return;
    this.#stopTimer?.();
    this.#timerMs = dueMs;
    try {
      this.#stopTimer = clock.schedule(this.#onTimer, dueMs - clock.now());
    } catch (error) {
      this.#close({ isFailed: true, error });
    }
  }

  readonly #onTimer = (): void => {
    this.#stopTimer = undefined;
    this.wake();
  };
}
