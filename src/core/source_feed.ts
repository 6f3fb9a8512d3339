/**
 * The feeds over what holds many items: sources, and what stages answer with.
 *
 * @module
 */

import {
  closeIterator,
  closeUnread,
  findPrompt,
  type OpenIterator,
  openIterator,
  type PromptIterator,
  refusePromise,
  requireResult,
  toMany,
} from "../internal/many.ts";
import { ignoreLateOutcome, NOTHING_PENDING, toPromise } from "../internal/promises.ts";
import { cancelAndRelease } from "../internal/streams.ts";
import { refuseReturned } from "../internal/validation.ts";
import { END, WAIT } from "../internal/pull.ts";
import { type Feed, PushedFeed } from "./feed.ts";
import type { ItemStage } from "./stage.ts";
import type { StageRun } from "./stage_run.ts";

/** Where a source is in its life. */
type SourceState = typeof UNREAD | typeof OPEN | typeof OVER;
const UNREAD = 0;
/** A reader that stops early must close it. */
const OPEN = 1;
/** Ended, failed or closed. */
const OVER = 2;

/** Opens `source` at the first `next()`: see `Source` for what is one item and what is many. */
export function createSourceFeed(source: unknown): Feed {
  if (PushedFeed.is(source)) return source;
  try {
    return createManyFeed(source) ?? new ArrayFeed([source]);
  } catch (error) {
    return new IteratorFeed({}, () => {
      throw error;
    });
  }
}

/**
 * A feed over everything that holds many items; `undefined` for a value that is one.
 *
 * `isWork` says that an async iterable is a step's work, not a source that may be silent for ever:
 * closing it waits for its pending answer.
 */
export function createManyFeed(source: unknown, isWork = false): Feed | undefined {
  if (isPlainArray(source)) return new ArrayFeed(source);
  const many = toMany(source);
  if (many === undefined) return undefined;
  if (many.kind === "stream") return new StreamFeed(many.stream);
  if (many.kind === "sync") return new IteratorFeed(many.source, many.open);
  return new AsyncFeed(many.source, many.open, isWork);
}

/** The stage that answered with many items. */
type Answering = Pick<ItemStage, "operator" | "key" | "isWork">;

/** As {@linkcode createManyFeed} for what a stage answered with: a string is one item. */
export function createAnswerFeed(stage: Answering, answer: unknown): Feed {
  const feed = typeof answer === "string"
    ? new ArrayFeed([answer])
    : createManyFeed(answer, stage.isWork);
  if (feed !== undefined) return feed;
  const rule = "an iterable, an async iterable or a web stream";
  refuseReturned(stage, "its function", rule, answer);
}

/**
 * Closes what a stage answered with when it was not to be read any more. Its failure is that of a
 * clean-up; the caller waits for what is returned, which never rejects.
 */
export function closeAnswer(
  run: StageRun,
  answer: unknown,
  reason: unknown,
): Promise<void> | undefined {
  const report = (error: unknown) => run.scope.cleanupFailed(run.createError(error));
  return closeUnread(answer, reason)?.catch(report);
}

/** An array that is iterated over as all are, so that its elements can be read by their index. */
export function isPlainArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value[Symbol.iterator] === Array.prototype[Symbol.iterator];
}

/** Items that are all there: a loop reads them itself. */
export class ArrayFeed implements Feed {
  readonly pending: Promise<unknown> = NOTHING_PENDING;
  readonly isSync = true;
  readonly items: readonly unknown[];
  #index = 0;

  constructor(items: readonly unknown[]) {
    this.items = items;
  }

  next(): unknown {
    return this.#index < this.items.length ? this.items[this.#index++] : END;
  }

  accept(): void {}

  refuse(error: unknown): unknown {
    return error;
  }

  close(): undefined {
    this.#index = Infinity;
  }
}

class IteratorFeed implements Feed {
  readonly pending = NOTHING_PENDING;
  readonly isSync = true;
  readonly #source: object;
  readonly #open: () => unknown;
  #iterator: OpenIterator["iterator"] | undefined;
  #next: OpenIterator["next"] | undefined;
  #state: SourceState = UNREAD;

  constructor(source: object, open: () => unknown) {
    this.#source = source;
    this.#open = open;
  }

  next(): unknown {
    // What throws, or breaks the protocol, is over, and is not closed.
    this.#state = OVER;
    if (this.#next === undefined) {
      ({ iterator: this.#iterator, next: this.#next } = openIterator(this.#source, this.#open));
    }
    const result: unknown = this.#next.call(this.#iterator);
    requireResult(result);
    const { done } = result;
    if (done) return END;
    if (done === undefined) refusePromise(result);
    const { value } = result;
    this.#state = OPEN;
    return value;
  }

  accept(): void {}

  refuse(error: unknown): unknown {
    return error;
  }

  close(reason: unknown): Promise<void> | undefined {
    const state = this.#state;
    this.#state = OVER;
    if (state === UNREAD) return closeUnread(this.#source, reason);
    if (state === OPEN) return closeIterator(this.#iterator!, reason);
  }
}

class AsyncFeed implements Feed {
  pending: Promise<unknown> = NOTHING_PENDING;
  readonly #source: object;
  readonly #open: () => unknown;
  readonly #isWork: boolean;
  #opened: OpenIterator | undefined;
  #prompt: PromptIterator<unknown> | undefined;
  #state: SourceState = UNREAD;
  #isAsking = false;
  /** What has been answered and not been emitted: {@linkcode WAIT} where there is nothing. */
  #answer: unknown = WAIT;

  constructor(source: object, open: () => unknown, isWork: boolean) {
    this.#source = source;
    this.#open = open;
    this.#isWork = isWork;
  }

  get isAnswered(): boolean {
    return this.#answer !== WAIT;
  }

  next(): unknown {
    const answer = this.#answer;
    if (answer !== WAIT) {
      this.#answer = WAIT;
      return answer;
    }
    this.#state = OVER;
    const { iterator, next } = this.#opened ?? this.#openIterator();
    const prompt = this.#prompt;
    const asked: unknown = prompt === undefined ? next.call(iterator) : prompt.ask();
    this.#state = OPEN;
    if (asked === undefined && prompt !== undefined) return prompt.taken;
    this.#isAsking = true;
    this.pending = toPromise(asked);
    return WAIT;
  }

  #openIterator(): OpenIterator {
    const opened = this.#opened = openIterator(this.#source, this.#open);
    this.#prompt = findPrompt(opened);
    return opened;
  }

  accept(answer: unknown): void {
    this.#isAsking = false;
    this.#state = OVER;
    requireResult(answer);
    this.#answer = answer.done ? END : answer.value;
    if (this.#answer !== END) this.#state = OPEN;
  }

  refuse(error: unknown): unknown {
    this.#isAsking = false;
    this.#state = OVER;
    return error;
  }

  close(reason: unknown): Promise<void> | undefined {
    const state = this.#state;
    this.#state = OVER;
    if (state === UNREAD) return closeUnread(this.#source, reason);
    if (state === OVER) return;
    const closing = closeIterator(this.#opened!.iterator, reason);
    if (!this.#isAsking) return closing;
    if (closing !== undefined) ignoreLateOutcome(closing);
    if (this.#isWork) return this.pending.then(() => closing, () => closing);
  }
}

class StreamFeed implements Feed {
  pending: Promise<unknown> = NOTHING_PENDING;
  readonly #stream: ReadableStream<unknown>;
  #reader: ReadableStreamDefaultReader<unknown> | undefined;
  #state: SourceState = UNREAD;
  /** As in {@linkcode AsyncFeed}. */
  #answer: unknown = WAIT;

  constructor(stream: ReadableStream<unknown>) {
    this.#stream = stream;
  }

  get isAnswered(): boolean {
    return this.#answer !== WAIT;
  }

  next(): unknown {
    const answer = this.#answer;
    if (answer !== WAIT) {
      this.#answer = WAIT;
      return answer;
    }
    if (this.#reader === undefined) {
      this.#state = OVER;
      this.#reader = this.#stream.getReader();
      this.#state = OPEN;
    }
    this.pending = this.#reader.read();
    return WAIT;
  }

  accept(answer: unknown): void {
    requireResult(answer);
    if (!answer.done) this.#answer = answer.value;
    else {
      this.#answer = END;
      this.#release();
    }
  }

  refuse(error: unknown): unknown {
    this.#release();
    return error;
  }

  /** A stream answers a pending read when it is cancelled, so the cancellation is waited for. */
  close(reason: unknown): Promise<void> | undefined {
    const state = this.#state;
    this.#state = OVER;
    if (state === UNREAD) return closeUnread(this.#stream, reason);
    if (state === OPEN) return cancelAndRelease(this.#reader!, reason);
  }

  #release(): void {
    if (this.#state !== OPEN) return;
    this.#state = OVER;
    this.#reader!.releaseLock();
  }
}
