/**
 * A source that is opened again when it fails.
 *
 * @module
 */

import { chain } from "../internal/promises.ts";
import type { RetryOptions } from "../base/options.ts";
import type { Policy } from "../base/policy.ts";
import type { Many } from "../base/types.ts";
import { type Door, requirePolicy } from "../internal/admission.ts";
import { type Attempt, readStart, waitForRetry } from "../internal/backoff.ts";
import { FailedAttempts } from "../internal/failed_attempts.ts";
import { resolveRetry, type RetrySettings } from "../internal/retry_options.ts";
import { abortWith } from "../internal/signals.ts";
import { requireFunction } from "../internal/validation.ts";
import { type Reading, SourceIterator, stepsOf } from "./_iterator.ts";
import { END, WAIT } from "../internal/pull.ts";
import { LazySource, SourceReader } from "./_reader.ts";
import type { ItemOf } from "./item_of.ts";

/**
 * The point from which a source is to continue.
 *
 * @category Sources
 */
export interface ResumePoint<T> {
  /** How many items have come out so far: 0 at the first opening. */
  readonly count: number;
  /** The last of them; `undefined` at the first opening. */
  readonly last: T | undefined;
  /** Aborted when no more items are wanted: pass it on to whatever can be cancelled. */
  readonly signal: AbortSignal;
}

/**
 * Makes the items from a point on: something that holds many, or the promise of it.
 *
 * @category Sources
 */
export type OpenSource<T> = (from: ResumePoint<T>) => Many<T> | PromiseLike<Many<T>>;

/**
 * How `retrySource` opens a source again.
 *
 * @category Sources
 */
export interface RetrySourceOptions extends RetryOptions {
  /**
   * What each opening has to wait for. It is over with the first item, the end or a failure; the
   * functions of the policy get the {@linkcode ResumePoint}. No limits by default.
   */
  readonly policy?: Policy | undefined;
}

const SUBJECT = { operator: "retrySource" };

/**
 * The items of a source that is opened again, from where it was, when it fails.
 *
 * `open` gets how many items have come out and which was the last, and makes the items that
 * follow; what it makes is read as it is, so an item comes out twice only if `open` gives it twice.
 * The items come out untouched and in order, one per pull; nothing is opened before the first pull.
 * With `policy`, each opening waits until that lets it begin.
 *
 * When the source fails, or `open` does, the next opening waits as `retry` says: exponential
 * backoff, `Retry-After` honoured. Attempts are counted from the last item on: a source that gives
 * an item between two failures has all of them again. With `totalMs`, the time for them begins when
 * the source fails. Which failures are tried again is decided by their code, unless
 * `retryableErrors` or `shouldRetry` decides it. The error of the last attempt comes out as it was
 * thrown. A source that has failed is not closed; stopping early closes the one that is open,
 * without waiting for an item that it owes, and ends a wait.
 *
 * @typeParam T The type of one item, where `open` reads `last`: `({ last }: ResumePoint<Row>) => …`.
 * @typeParam TMany The type of what `open` makes.
 * @param open Makes the source; called once per attempt.
 * @param retry How often it is tried, and how long it waits; or how often alone.
 * @returns The items of all attempts.
 * @throws {TypeError} At once, for an `open` that is no function, or unknown options.
 * @throws {RangeError} At once, for numbers out of bounds.
 * @category Sources
 *
 * @example A feed that breaks off
 * ```ts
 * import { retrySource } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const lines = ["a", "b", "c"];
 * async function* readFrom(index: number) {
 *   yield lines[index];
 *   if (index === 0) throw Object.assign(new Error("gone"), { code: "ECONNRESET" });
 *   yield* lines.slice(index + 1);
 * }
 * const all = retrySource(({ count }) => readFrom(count), { maxAttempts: 3, backoffMs: 1 });
 *
 * assertEquals(await Array.fromAsync(all), ["a", "b", "c"]);
 * ```
 */
export function retrySource<T = unknown, TMany extends Many<T> = Many<T>>(
  open: (from: ResumePoint<T>) => TMany | PromiseLike<TMany>,
  retry: number | RetrySourceOptions,
): AsyncGenerator<ItemOf<TMany>, void, undefined> {
  requireFunction(SUBJECT, "open", open);
  const { policy, ...options } = Object(retry) as RetrySourceOptions;
  const admission = policy === undefined ? undefined : requirePolicy(SUBJECT, "policy", policy);
  const settings = resolveRetry(SUBJECT, policy === undefined ? retry : options, admission);
  return new SourceIterator((wake) => {
    // What came out last is an item of what `open` has made.
    const attempts = new Attempts(open as OpenSource<unknown>, settings, {
      door: admission?.openDoor(() => {}),
      wake,
    });
    return { read: stepsOf(attempts.read()), inputs: [attempts] };
  }) as AsyncGenerator<ItemOf<TMany>, void, undefined>;
}

interface AttemptsParts {
  readonly door: Door | undefined;
  readonly wake: () => void;
}

class Attempts<T> {
  readonly #open: OpenSource<T>;
  readonly #retry: RetrySettings;
  readonly #door: Door | undefined;
  readonly #wake: () => void;
  readonly #controller: AbortController = new AbortController();
  #reader: SourceReader<T> | undefined;
  #count = 0;
  #last: T | undefined;

  constructor(
    open: OpenSource<T>,
    retry: RetrySettings,
    { door, wake }: AttemptsParts,
  ) {
    this.#open = open;
    this.#retry = retry;
    this.#door = door;
    this.#wake = wake;
  }

  *read(): Reading<T> {
    let startMs: number | undefined;
    const waits = { lastMs: 0 };
    for (let number = 1;; number++) {
      try {
        const source = new LazySource(() => this.#create());
        const reader = this.#reader = new SourceReader<T>(source, this.#wake);
        for (let item = reader.next(); item !== END; item = reader.next()) {
          if (item !== WAIT) {
            this.#door?.end();
            number = 1;
            startMs = undefined;
            waits.lastMs = 0;
            this.#count++;
            this.#last = item;
          }
          yield item;
        }
        this.#door?.end();
        return;
      } catch (error) {
        this.#door?.end(error, true);
        this.#reader = undefined;
        startMs ??= readStart(this.#retry);
        if (!(yield* this.#waitForRetry({ number, error, startMs, waits }))) throw error;
      }
    }
  }

  /** Closes the source that is open, or ends the wait or the opening before one. */
  close(reason: unknown): Promise<void> | undefined {
    abortWith(this.#controller, reason);
    this.#door?.end(reason, true);
    return this.#reader?.close(reason);
  }

  #create(): unknown {
    const { signal } = this.#controller;
    const from = { count: this.#count, last: this.#last, signal };
    if (this.#door === undefined) return this.#open(from);
    return chain(this.#door.begin(from, { signal }), () => this.#open(from));
  }

  /** Whether the source is opened again, when it is time for that. */
  *#waitForRetry(attempt: Attempt): Generator<typeof WAIT, boolean, undefined> {
    let outcome: { readonly isDue: boolean } | { readonly thrown: unknown } | undefined;
    waitForRetry(this.#retry, attempt, this.#controller.signal).then((isDue) => {
      outcome = { isDue };
      this.#wake();
    }, (thrown) => {
      outcome = { thrown };
      this.#wake();
    });
    while (outcome === undefined) yield WAIT;
    if ("isDue" in outcome) return outcome.isDue;
    const { thrown } = outcome;
    const later = FailedAttempts.is(thrown) ? thrown.later : [thrown];
    const message = "The source failed, and then shouldRetry did";
    throw new AggregateError([attempt.error, ...later], message, { cause: attempt.error });
  }
}
