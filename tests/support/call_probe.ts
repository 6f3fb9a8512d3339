// Functions for stages that keep count of their calls, and wait and fail as a test says.

import type { StageContext } from "../../mod.ts";
import { createDeferred, type Deferred } from "../../src/internal/promises.ts";

/** What a stage's function gets beside the item, where the test does not care for its state. */
export type AnyContext = Pick<StageContext<unknown, unknown>, "signal">;

/** A stage's function. */
export type Call<T = unknown> = (
  item: number,
  index: number,
  context: AnyContext,
) => T | Promise<T>;

/** How the probed function behaves. */
export interface CallOptions {
  /** The calls that wait until the test releases them: all, or some by their index. */
  readonly hold?: true | ((index: number) => boolean);
  /** Whether a held call ends when its signal is aborted. @default true */
  readonly obeys?: boolean;
  /** The calls that fail, by their index, and what they throw. */
  readonly failures?: ReadonlyMap<number, unknown>;
}

/** The calls of one stage's function. */
export class CallProbe {
  /** The items of the calls, in the order of the calls. */
  readonly items: unknown[] = [];
  /** The indexes that came with them. */
  readonly indexes: number[] = [];
  running = 0;
  /** The most calls that ran at a time. */
  peak = 0;
  /** Held calls whose signal was aborted. */
  aborted = 0;
  /** Calls made after {@linkcode CallProbe.finish}. */
  late = 0;

  readonly #options: CallOptions;
  readonly #held = new Map<number, Deferred<void>>();
  #isFinished = false;

  constructor(options: CallOptions = {}) {
    this.#options = options;
  }

  /** How many calls were made. */
  get started(): number {
    return this.items.length;
  }

  /** The indexes of the calls that are held, the oldest first. */
  get held(): number[] {
    return [...this.#held.keys()];
  }

  /** From now on a call is one too many. */
  finish(): void {
    this.#isFinished = true;
  }

  /** Lets the held call with this index go on. */
  release(index: number): void {
    this.#held.get(index)?.resolve();
  }

  /** Lets all held calls go on. */
  releaseAll(): void {
    for (const held of this.#held.values()) held.resolve();
  }

  /** The function that answers with what `answer` makes of the item. */
  wrap<T>(answer: (item: number) => T, isAsync: boolean): Call<T> {
    return isAsync
      ? (item, index, context) => this.#callAsync(answer, item, index, context)
      : (item, index) => this.#call(answer, item, index);
  }

  #call<T>(answer: (item: number) => T, item: number, index: number): T {
    this.#begin(item, index);
    try {
      return this.#answer(answer, item, index);
    } finally {
      this.running--;
    }
  }

  async #callAsync<T>(
    answer: (item: number) => T,
    item: number,
    index: number,
    context: AnyContext,
  ): Promise<T> {
    this.#begin(item, index);
    try {
      await (this.#isHeld(index) ? this.#wait(index, context.signal) : undefined);
      return this.#answer(answer, item, index);
    } finally {
      this.running--;
    }
  }

  #isHeld(index: number): boolean {
    const { hold = false } = this.#options;
    return typeof hold === "function" ? hold(index) : hold;
  }

  #begin(item: unknown, index: number): void {
    if (this.#isFinished) this.late++;
    this.items.push(item);
    this.indexes.push(index);
    this.running++;
    this.peak = Math.max(this.peak, this.running);
  }

  #answer<T>(answer: (item: number) => T, item: number, index: number): T {
    const { failures } = this.#options;
    if (failures?.has(index)) throw failures.get(index);
    return answer(item);
  }

  async #wait(index: number, signal: AbortSignal): Promise<void> {
    const held = createDeferred<void>();
    this.#held.set(index, held);
    const onAbort = () => {
      this.aborted++;
      if (this.#options.obeys !== false) held.reject(signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    try {
      await held.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#held.delete(index);
    }
  }
}
