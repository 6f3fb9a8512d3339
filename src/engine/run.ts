/**
 * One execution of a pipeline: owns the abort signal, the clean-up and the way out of the last
 * loop.
 *
 * @module
 */

import { settleWithin } from "../internal/promises.ts";
import { randomHex } from "../internal/random.ts";
import { ItemIterator } from "./items.ts";
import { openPlan, type Plan } from "./plan.ts";
import type { RunScope } from "./scope.ts";
import { FAILED, type Fold, MET, type Segment, WAITING } from "./segment.ts";

/** A demand that no loop meets in one go; a small integer, which engines count fastest. */
const ENDLESS = 2 ** 30 - 1;

/** What a {@linkcode Run} is made from. */
export interface RunParts {
  readonly plan: Plan;
  readonly source: unknown;
  readonly createContext: () => unknown;
  readonly signal: AbortSignal | undefined;
  readonly closeTimeoutMs: number;
  /** Called once when nothing more will be read; the reason is absent after a normal end. */
  readonly onOver?: (reason: unknown) => void;
}

/** One execution of a pipeline. Nothing happens before {@linkcode Run.items} or `fold` is used. */
export class Run implements RunScope {
  readonly closeTimeoutMs: number;
  context: unknown;

  readonly #parts: RunParts;
  readonly #cleanupErrors: unknown[] = [];
  #traceId: string | undefined;
  #segment: Segment | undefined;
  #closing: Promise<void> | undefined;
  #isOver = false;
  #onAbort: (reason: unknown) => void = () => {};

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.closeTimeoutMs = parts.closeTimeoutMs;
  }

  get traceId(): string {
    return this.#traceId ??= randomHex(16);
  }

  cleanupFailed(error: unknown): void {
    this.#cleanupErrors.push(error);
  }

  /** The items that come out. Called once. */
  items(): ItemIterator {
    const items = new ItemIterator({
      open: () => this.#open(),
      ended: (failure) => {
        this.#end(failure);
        this.throwCleanupError();
      },
      close: (reason) => this.#close(reason),
    });
    this.#onAbort = (reason) => items.cancel(reason);
    return items;
  }

  /** Runs to the end and folds what comes out; `name` is who folds, for errors. */
  fold<T>(name: string, fold: (value: T, item: unknown) => unknown, initial: T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#onAbort = reject;
      const segment = this.#open(name);
      segment.fold = fold as Fold;
      segment.value = initial;
      this.#drive(segment).then(() => resolve(segment.value as T), reject);
    });
  }

  /** Never resolves when the run is closed while a source owes an answer. */
  async #drive(segment: Segment): Promise<void> {
    for (;;) {
      const progress = segment.advance(ENDLESS);
      if (progress === WAITING) {
        try {
          segment.accept(await segment.pending);
        } catch (error) {
          segment.refuse(error);
        }
      } else if (progress !== MET) {
        this.#end(segment.failure);
        if (progress === FAILED) throw segment.failure;
        return;
      }
    }
  }

  /** Ends the run; whoever waits for an item gets `reason` when everything is closed. */
  async abort(reason: unknown): Promise<void> {
    if (this.#isOver) return;
    await this.#close(reason).catch(() => {});
    this.#onAbort(reason);
  }

  #open(reader?: string): Segment {
    const { plan, source, createContext, signal } = this.#parts;
    signal?.throwIfAborted();
    this.context = createContext();
    signal?.addEventListener("abort", this.#onSignal, { once: true });
    return this.#segment = openPlan(plan, this, source, reader);
  }

  readonly #onSignal = (): void => void this.abort(this.#parts.signal!.reason);

  #close(reason: unknown): Promise<void> {
    return this.#closing ??= this.#closeSegments(reason);
  }

  async #closeSegments(reason: unknown): Promise<void> {
    this.#end(reason);
    const closing = this.#segment?.close(reason);
    if (closing !== undefined) await settleWithin(closing, this.closeTimeoutMs);
    this.throwCleanupError();
  }

  #end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.onOver?.(reason);
    this.#parts.signal?.removeEventListener("abort", this.#onSignal);
  }

  /** Throws the first error of a clean-up, if there was one. */
  throwCleanupError(): void {
    if (this.#cleanupErrors.length > 0) throw this.#cleanupErrors[0];
  }
}
