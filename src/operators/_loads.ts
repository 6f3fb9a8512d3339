/**
 * Calls a function over arrays for a stage of single items, as DataLoader does.
 *
 * An item waits in the open load for others. The call is made when the load is full, when its time
 * is over, or when no further item comes for now. Each item gets its own answer or error. Attempts are
 * those of the load: one that failed for some of its items is made again for these alone.
 *
 * @module
 */

import type { FunctionContext, ItemFunction } from "../core/context.ts";
import type { Gathering, Pause } from "../core/open_stage.ts";
import { requireAnswers } from "../internal/answer_count.ts";
import { clock } from "../internal/clock.ts";
import { FailedAttempts } from "../internal/failed_attempts.ts";
import { andThen, createDeferred, type Deferred, isPromiseLike } from "../internal/promises.ts";
import type { RetrySettings } from "../internal/retry_options.ts";
import { abortWith } from "../internal/signals.ts";
import { isError } from "../internal/thrown.ts";
import { RejectedAnswer } from "./_answers.ts";
import { ItemlessContext } from "./_reading.ts";

/** What is called for many items, and how. */
export interface LoadSettings {
  /** The most items of one call. */
  readonly size: number;
  /**
   * How long the first item waits for others; absent where it waits only for those of the same
   * turn.
   */
  readonly maxWaitMs: number | undefined;
  /** Makes one attempt. */
  readonly attempt: ItemFunction;
  /** How it is made again; absent where it is not. */
  readonly retry: RetrySettings | undefined;
  /** Puts further attempts around a call. */
  readonly withRetry: (call: ItemFunction, retry: RetrySettings) => ItemFunction;
}

/** The loads of a stage in one run. */
export class Loads implements Gathering {
  readonly #settings: LoadSettings;
  /** The one that items are added to. */
  #open: Load | undefined;
  #stopWaiting: () => void = () => {};
  #count = 0;
  #running = 0;

  constructor(settings: LoadSettings) {
    this.#settings = settings;
  }

  /** Resolves with what the function answers for the item. */
  add(item: unknown, index: number, context: FunctionContext): Promise<unknown> {
    const load = this.#open ??= this.#begin(index, context);
    const answer = load.add(item, context);
    if (load.length === this.#settings.size) this.#dispatch();
    return answer;
  }

  /** A load that has begun takes items one by one; another is begun only where it can be filled. */
  get refill(): number {
    return this.#open === undefined ? this.#settings.size : 1;
  }

  pause(why: Pause): void {
    const isDue = this.#settings.maxWaitMs === undefined;
    // A call that runs makes room for more when it has ended.
    const isAlone = why === "waiting" || this.#running === 0;
    if (why === "over" || (isDue && isAlone)) this.#dispatch();
  }

  #begin(index: number, context: FunctionContext): Load {
    const { maxWaitMs } = this.#settings;
    const load: Load = new Load(this.#settings, {
      number: this.#count++,
      index,
      context,
      onGone: () => {
        if (this.#open === load) this.#close();
      },
      onCall: (change) => {
        this.#running += change;
      },
    });
    if (maxWaitMs !== undefined) {
      this.#stopWaiting = clock.schedule(() => this.#dispatch(), maxWaitMs);
    }
    return load;
  }

  #dispatch(): void {
    const load = this.#open;
    this.#close();
    // It never rejects: what fails, fails its items.
    void load?.run();
  }

  #close(): void {
    this.#open = undefined;
    this.#stopWaiting();
  }
}

/** The place of a load in its run, and its callbacks. */
interface LoadPlace {
  readonly number: number;
  /** The index of its first item. */
  readonly index: number;
  /** The context of its first item. */
  readonly context: FunctionContext;
  /** Called when all of its items are aborted. */
  readonly onGone: () => void;
  /** Called with 1 when a call begins, and with -1 when it has ended. */
  readonly onCall: (change: number) => void;
}

/** One call, with all of its attempts. */
class Load {
  readonly #settings: LoadSettings;
  readonly #place: LoadPlace;
  readonly #context: LoadContext;
  /** Its items that have neither an answer nor an error. */
  #entries: Entry[] = [];
  #isCalling = false;
  /** What the last attempt has thrown, or the first error among its answers. */
  #thrown: unknown;
  /** Whether that attempt failed for some of its items only. */
  #isPartial = false;

  constructor(settings: LoadSettings, place: LoadPlace) {
    this.#settings = settings;
    this.#place = place;
    this.#context = new LoadContext(place.context);
  }

  get length(): number {
    return this.#entries.length;
  }

  add(item: unknown, { signal }: FunctionContext): Promise<unknown> {
    const entry = new Entry(item, signal, () => this.#abort(signal.reason));
    this.#entries.push(entry);
    return entry.promise;
  }

  async run(): Promise<void> {
    const { retry, withRetry } = this.#settings;
    const once: ItemFunction = (_item, _index, context) => this.#call(context);
    const call = retry === undefined ? once : withRetry(once, {
      ...retry,
      shouldRetry: (error, number) => this.#shouldRetry(retry, error, number),
    });
    try {
      await call(undefined, this.#place.index, this.#context);
    } catch (thrown) {
      this.#failAll(thrown);
    }
  }

  /** Makes an attempt for the items that are left; throws where one of them fails. */
  async #call(context: FunctionContext): Promise<void> {
    const entries = [...this.#entries];
    this.#isPartial = false;
    try {
      const answers = await this.#attempt(entries.map(({ item }) => item), context);
      this.#conclude(entries, requireAnswers(answers as readonly unknown[], entries.length));
    } catch (thrown) {
      this.#thrown = thrown;
      if (!this.#isPartial) {
        for (const entry of entries) entry.error = thrown;
      }
      throw thrown;
    } finally {
      this.#dropAborted();
    }
  }

  async #attempt(items: readonly unknown[], context: FunctionContext): Promise<unknown> {
    const { number, onCall } = this.#place;
    this.#isCalling = true;
    onCall(1);
    try {
      return await this.#settings.attempt(items, number, context);
    } finally {
      this.#isCalling = false;
      onCall(-1);
    }
  }

  #conclude(entries: readonly Entry[], answers: readonly unknown[]): void {
    for (const [index, entry] of entries.entries()) {
      const answer = answers[index];
      if (answer instanceof RejectedAnswer) entry.error = answer.reason;
      else if (isError(answer)) entry.error = answer;
      else entry.answer(answer);
    }
    this.#forgetSettled();
    const [failed] = this.#entries;
    if (failed === undefined) return;
    this.#isPartial = true;
    throw failed.error;
  }

  /** Asks for each of the errors; items that are not tried again fail at once. */
  #shouldRetry(
    { shouldRetry }: RetrySettings,
    error: unknown,
    number: number,
  ): boolean | PromiseLike<boolean> {
    if (!this.#isPartial) return shouldRetry(error, number);
    const entries = this.#entries;
    const answers = entries.map(({ error }) => shouldRetry(error, number));
    return andThen(answers.some(isPromiseLike) ? Promise.all(answers) : answers, (found) => {
      const may = found as readonly boolean[];
      for (const [index, entry] of entries.entries()) {
        if (!may[index]) entry.fail(new FailedAttempts(entry.error, number));
      }
      this.#forgetSettled();
      return may.some(Boolean);
    });
  }

  /** Fails the items that are left: each with its own error, unless something else went wrong. */
  #failAll(thrown: unknown): void {
    const last = FailedAttempts.is(thrown) ? thrown : undefined;
    const cause = last === undefined ? thrown : last.cause;
    for (const entry of this.#entries) {
      const error = cause === this.#thrown ? entry.error : cause;
      entry.fail(last ? new FailedAttempts(error, last.attempts, last.later) : error);
    }
    this.#forgetSettled();
  }

  /** An item is aborted. A call that runs is waited for, and aborted when no other item needs it. */
  #abort(reason: unknown): void {
    if (!this.#isCalling) this.#dropAborted();
    if (this.#entries.some(({ signal }) => !signal.aborted)) return;
    this.#place.onGone();
    this.#context.abort(reason);
  }

  #dropAborted(): void {
    for (const entry of this.#entries) {
      const { signal, error } = entry;
      if (signal.aborted) entry.fail(error ?? signal.reason);
    }
    this.#forgetSettled();
  }

  #forgetSettled(): void {
    this.#entries = this.#entries.filter(({ isSettled }) => !isSettled);
  }
}

/** One item of a load. */
class Entry {
  readonly item: unknown;
  readonly signal: AbortSignal;
  isSettled = false;
  /** Why the last attempt failed for it. */
  error: unknown;
  readonly #outcome: Deferred<unknown> = createDeferred();
  readonly #onAbort: () => void;

  constructor(item: unknown, signal: AbortSignal, onAbort: () => void) {
    this.item = item;
    this.signal = signal;
    this.#onAbort = onAbort;
    signal.addEventListener("abort", onAbort, { once: true });
  }

  get promise(): Promise<unknown> {
    return this.#outcome.promise;
  }

  answer(value: unknown): void {
    this.#settle();
    this.#outcome.resolve(value);
  }

  fail(error: unknown): void {
    this.#settle();
    this.#outcome.reject(error);
  }

  #settle(): void {
    this.isSettled = true;
    this.signal.removeEventListener("abort", this.#onAbort);
  }
}

/** The context of a load, whose signal is aborted when all of its items are. */
class LoadContext extends ItemlessContext {
  readonly #controller = new AbortController();

  override get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    abortWith(this.#controller, reason);
  }
}
