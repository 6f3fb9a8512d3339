import type { StageContext } from "../base/types.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import {
  refuseValue,
  requireBoolean,
  requireFunction,
  requireKnownOptions,
  requireMethods,
} from "../internal/validation.ts";

/**
 * What a probed function reads of what it gets beside the item.
 *
 * @category Testing
 */
export type AnyContext = Pick<StageContext<unknown, unknown>, "signal">;

/**
 * A probed function, as stages take it.
 *
 * @typeParam T What it answers with.
 * @typeParam TItem The items that it takes.
 * @category Testing
 */
export type Call<T = unknown, TItem = number> = (
  item: TItem,
  index: number,
  context: AnyContext,
) => T | Promise<T>;

/**
 * How the probed function behaves.
 *
 * @category Testing
 */
export interface CallOptions {
  /** The calls that wait until the test releases them: all, or some by their index. */
  readonly hold?: true | ((index: number) => boolean) | undefined;
  /** Whether a held call ends when its signal is aborted. @default true */
  readonly obeys?: boolean | undefined;
  /** The calls that fail, by their index, and what they throw. */
  readonly failures?: ReadonlyMap<number, unknown> | undefined;
}

const SUBJECT = { operator: "make a CallProbe" };
const HOLD = { operator: "hold a call" };

/** A call that waits until it is released. */
interface HeldCall {
  readonly index: number;
  readonly released: Deferred<void>;
}

/**
 * The calls of a stage's function: how many run at a time, which are aborted, which come too late. They
 * can be held until the test releases them, and fail.
 *
 * @category Testing
 *
 * @example No more than two at a time
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { CallProbe, settle } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const calls = new CallProbe({ hold: (index) => index === 0 });
 * const load = calls.wrap((id: number) => `document ${id}`, true);
 * const running = StreamingPipeline.start<number>()
 *   .map("load", load, { concurrencyLimit: 2 }).executeToArray([7, 8, 9]);
 * await settle();
 * assertEquals(calls.held, [0]);
 * calls.releaseAll();
 *
 * assertEquals(await running, ["document 7", "document 8", "document 9"]);
 * assertEquals(calls.peak, 2);
 * ```
 */
export class CallProbe {
  /** The items of the calls, in the order of the calls. */
  readonly items: unknown[] = [];
  /** The indexes that came with them. */
  readonly indexes: number[] = [];
  /** How many calls run now. */
  running = 0;
  /** The most calls that ran at a time. */
  peak = 0;
  /** Held calls whose signal was aborted. */
  aborted = 0;
  /** Calls made after {@linkcode CallProbe.finish}. */
  late = 0;

  readonly #isHeld: (index: number) => boolean;
  readonly #obeys: boolean;
  readonly #failures: ReadonlyMap<number, unknown>;
  readonly #held = new Set<HeldCall>();
  #isFinished = false;

  /** Makes the calls behave so. Throws where an option is not valid. */
  constructor(options: CallOptions = {}) {
    requireKnownOptions(SUBJECT, options, ["hold", "obeys", "failures"]);
    const { hold = false, obeys = true, failures = new Map<number, unknown>() } = options;
    if (typeof hold !== "boolean" && typeof hold !== "function") {
      refuseValue(SUBJECT, "hold", "true, or a function of the index", hold);
    }
    requireBoolean(SUBJECT, "obeys", obeys);
    requireMethods(SUBJECT, "failures", failures, ["has"], "a Map of indexes");
    this.#isHeld = typeof hold === "function" ? hold : () => hold;
    this.#obeys = obeys;
    this.#failures = failures;
  }

  /**
   * How many calls were made.
   *
   * @category Testing
   */
  get started(): number {
    return this.items.length;
  }

  /**
   * The indexes of the calls that are held, the oldest first.
   *
   * @category Testing
   */
  get held(): number[] {
    return Array.from(this.#held, ({ index }) => index);
  }

  /**
   * From now on a call is one too many.
   *
   * @category Testing
   */
  finish(): void {
    this.#isFinished = true;
  }

  /**
   * Lets the held call with this index go on: the oldest, where there are several, as of several runs.
   *
   * @category Testing
   */
  release(index: number): void {
    for (const call of this.#held) if (call.index === index) return this.#release(call);
  }

  /**
   * Lets all held calls go on.
   *
   * @category Testing
   */
  releaseAll(): void {
    for (const call of this.#held) this.#release(call);
  }

  /**
   * Makes the function that answers with what `answer` makes of the item; it can be held where it is
   * async.
   *
   * @category Testing
   */
  wrap<T, TItem = number>(answer: (item: TItem) => T, isAsync: boolean): Call<T, TItem> {
    requireFunction({ operator: "wrap" }, "its function", answer);
    return isAsync
      ? (item, index, context) => this.#callAsync(answer, item, index, context)
      : (item, index) => this.#call(answer, item, index);
  }

  #call<T, TItem>(answer: (item: TItem) => T, item: TItem, index: number): T {
    this.#begin(item, index);
    try {
      return this.#answer(answer, item, index);
    } finally {
      this.running--;
    }
  }

  async #callAsync<T, TItem>(
    answer: (item: TItem) => T,
    item: TItem,
    index: number,
    context: AnyContext,
  ): Promise<T> {
    this.#begin(item, index);
    try {
      await (this.#isHeld(index) ? this.#wait(index, context) : undefined);
      return this.#answer(answer, item, index);
    } finally {
      this.running--;
    }
  }

  #release(call: HeldCall): void {
    this.#held.delete(call);
    call.released.resolve();
  }

  #begin(item: unknown, index: number): void {
    if (this.#isFinished) this.late++;
    this.items.push(item);
    this.indexes.push(index);
    this.running++;
    this.peak = Math.max(this.peak, this.running);
  }

  #answer<T, TItem>(answer: (item: TItem) => T, item: TItem, index: number): T {
    if (this.#failures.has(index)) throw this.#failures.get(index);
    return answer(item);
  }

  async #wait(index: number, context: AnyContext): Promise<void> {
    if (context === undefined) {
      refuseValue(HOLD, "its third argument", "the context of a stage", context);
    }
    const { signal } = context;
    const call = { index, released: createDeferred<void>() };
    this.#held.add(call);
    const onAbort = () => {
      this.aborted++;
      if (this.#obeys) call.released.reject(signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    try {
      await call.released.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#held.delete(call);
    }
  }
}
