/**
 * Reads one source, one item at a time, and closes it.
 *
 * @module
 */

import { isObject } from "../internal/thrown.ts";
import { closeUnread, requireResult } from "../internal/many.ts";
import { END, WAIT } from "../internal/pull.ts";
import { isNestedDeep, nested, unwound } from "../internal/nesting.ts";
import { openPort, type Port } from "../internal/port.ts";
import { ignoreLateOutcome, isPromiseLike, toPromise } from "../internal/promises.ts";

/** A source that is made when it is first asked: what `make` returns, or the promise of it. */
export class LazySource {
  readonly #make: () => unknown;

  constructor(make: () => unknown) {
    this.#make = make;
  }

  /** Whether a value is one: it may be anything, and none of its properties is read. */
  static is(value: unknown): value is LazySource {
    return isObject(value) && #make in value;
  }

  make(): unknown {
    return this.#make();
  }
}

type State = "idle" | "asked" | "item" | "failed" | "over";

/** Opens its source when it is first asked, has one answer at a time, and closes it once. */
export class SourceReader<T> {
  /** Replaced by what was made of it where it is lazy. */
  #source: unknown;
  readonly #onAnswer: (reader: SourceReader<T>) => void;
  #port: Port | undefined;
  #state: State = "idle";
  /** The item or the error that was answered and not taken. */
  #value: unknown;
  #isReading = false;
  /** Whether the source was closed from inside its own `next()`, or while it was made. */
  #isClosedInside = false;
  #closeReason: unknown;
  /** Set where no more is asked: what has been answered can still be taken. */
  #isEnded = false;
  /** The promise of its closing then. */
  #closing: Promise<void> | undefined;
  /** Whether the source has ended or failed, or was closed. */
  #needsNoClosing = false;

  /** `onAnswer` is called when an answer has come that `ask` or `next` had to wait for. */
  constructor(source: unknown, onAnswer: (reader: SourceReader<T>) => void) {
    this.#source = source;
    this.#onAnswer = onAnswer;
  }

  /** Whether the answer that has come is a failure. */
  get hasFailed(): boolean {
    return this.#state === "failed";
  }

  /** The next item, {@linkcode END}, or {@linkcode WAIT}; throws what the source threw, once. */
  next(): T | typeof END | typeof WAIT {
    return this.ask() ? this.take() : WAIT;
  }

  /** Asks for the next item, unless that was done; returns whether the answer has come. */
  ask(): boolean {
    if (this.#state === "idle") this.#read();
    return this.#state !== "asked";
  }

  /** The answer that has come, as `next` gives it. */
  take(): T | typeof END {
    const state = this.#state;
    const value = this.#value;
    this.#value = undefined;
    if (state === "item") {
      this.#state = this.#isEnded ? "over" : "idle";
      return value as T;
    }
    this.#state = "over";
    if (state === "failed") throw value;
    return END;
  }

  /**
   * Ends before the source does, and closes it: what it has already answered can still be taken,
   * then comes the end.
   */
  end(reason: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#state !== "asked") return this.#end(reason);
    // The answer may be on its way.
    Promise.resolve().then(() => {
      const isAwaited = this.#state === "asked";
      this.#end(reason);
      if (isAwaited) this.#onAnswer(this);
    });
  }

  #end(reason: unknown): void {
    this.#closing = this.#closeOnce(reason);
    ignoreLateOutcome(this.#closing);
    if (this.#state === "idle" || this.#state === "asked") this.#state = "over";
  }

  /**
   * Closes the source, opened or not, unless it is over; the caller waits for what is returned. It
   * never waits for an item that the source owes.
   */
  close(reason: unknown): Promise<void> | undefined {
    const closing = this.#closeOnce(reason) ?? this.#closing;
    this.#state = "over";
    this.#value = undefined;
    return closing;
  }

  #closeOnce(reason: unknown): Promise<void> | undefined {
    if (this.#needsNoClosing) return undefined;
    this.#needsNoClosing = true;
    this.#closeReason = reason;
    if (this.#isReading) this.#isClosedInside = true;
    else if (this.#port !== undefined) return this.#close(this.#port, this.#state === "asked");
    else if (!LazySource.is(this.#source)) return closeUnread(this.#source, reason);
  }

  #read(): void {
    this.#state = "asked";
    this.#isReading = true;
    let answer: unknown;
    let isOwed: boolean;
    try {
      this.#port ??= this.#open();
      if (this.#port === undefined) return;
      answer = isNestedDeep() ? unwound(this.#readPort) : nested(this.#readPort);
      isOwed = isPromiseLike(answer);
    } catch (error) {
      this.#fail(error);
      return;
    } finally {
      this.#isReading = false;
    }
    if (isOwed) toPromise(answer).then(this.#settle, this.#refuse);
    else this.#accept(answer);
    if (!this.#isClosedInside || (!isOwed && isOver(answer))) return;
    // Nothing waits any more for a source that was closed while it answered.
    ignoreLateOutcome(this.#close(this.#port, isOwed));
  }

  /** Made once, and not for each item. */
  readonly #readPort = (): unknown => this.#port!.read();

  /** Absent while a lazy source is being made. */
  #open(): Port | undefined {
    if (LazySource.is(this.#source)) {
      const made = this.#source.make();
      if (isPromiseLike(made)) {
        toPromise(made).then(this.#onMade, this.#refuse);
        return undefined;
      }
      this.#source = made;
    }
    return openPort(this.#source);
  }

  readonly #onMade = (made: unknown): void => {
    if (this.#state !== "asked") {
      // Nothing is left that a failure of its clean-up belongs to.
      return ignoreLateOutcome(closeUnread(made, this.#closeReason));
    }
    this.#source = made;
    this.#state = "idle";
    if (this.ask()) this.#onAnswer(this);
  };

  readonly #settle = (answer: unknown): void => {
    if (this.#state !== "asked") return;
    this.#accept(answer);
    this.#onAnswer(this);
  };

  readonly #refuse = (error: unknown): void => {
    if (this.#state !== "asked") return;
    this.#fail(error);
    this.#onAnswer(this);
  };

  #accept(answer: unknown): void {
    if (this.#state !== "asked") return;
    try {
      if (isOver(answer)) {
        this.#state = "over";
        this.#needsNoClosing = true;
        this.#port!.release();
      } else {
        this.#value = (answer as IteratorResult<unknown>).value;
        this.#state = "item";
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#state !== "asked") return;
    this.#state = "failed";
    this.#needsNoClosing = true;
    this.#value = error;
    this.#port?.release();
  }

  #close(port: Port, isOwed: boolean): Promise<void> | undefined {
    const close = () => port.close(this.#closeReason);
    const closing = isNestedDeep() ? unwound(close) : nested(close);
    if (!isOwed || port.answersWhenClosed || closing === undefined) return closing;
    // A source that never answers would be waited for for ever.
    ignoreLateOutcome(closing);
  }
}

function isOver(answer: unknown): boolean {
  requireResult(answer);
  return Boolean(answer.done);
}
