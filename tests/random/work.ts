// The function of one stage of a random run: it counts its calls, lets them wait, and fails as the
// program says.

import type { StreamingState } from "../../mod.ts";
import { attemptsOf, isHit } from "./numbers.ts";
import type { StageSpec } from "./program.ts";
import { StageFailure, type World } from "./world.ts";

/** What a function gets beside the item, as far as it is looked at here. */
export interface AnyContext {
  readonly signal: AbortSignal;
  readonly state?: StreamingState<Record<string, unknown>> | undefined;
}

/** The calls of one stage's function, in one pipeline. */
export class Work {
  running = 0;
  peak = 0;
  /** Calls made after the run was over. */
  late = 0;
  /** Whether the fault of the program has hit it: what it makes is foretold no more. */
  isHit = false;
  /** The indexes of the items that it has failed on for good. */
  readonly failed: number[] = [];
  /**
   * Those of the items whose last attempt has failed, whether or not that was the last one allowed.
   */
  readonly failedLast: Set<number> = new Set();
  readonly spec: StageSpec;
  readonly #world: World;
  /** The stage whose items it works on, where that is known. */
  readonly #before: string | undefined;
  /** How often each item was tried, by its index. */
  readonly attempts: Map<number, number> = new Map();

  constructor(spec: StageSpec, world: World, before: string | undefined) {
    this.spec = spec;
    this.#world = world;
    this.#before = before;
  }

  /** Whether the item with this index is not tried again. */
  hasGivenUp(index: number): boolean {
    return this.failed.includes(index);
  }

  /** Those that have failed of the items of one call fail when it answers, in their order. */
  failTogether(indexes: readonly number[]): void {
    const failed = indexes.filter((index) => this.hasGivenUp(index));
    for (const index of failed) this.failed.splice(this.failed.indexOf(index), 1);
    this.failed.push(...failed);
  }

  /** Makes `answer` of the item, at once or later. `index` tells its attempts from others'. */
  call<T>(item: unknown, index: number, context: AnyContext, answer: () => T): T | Promise<T> {
    if (this.#world.isOver) this.late++;
    this.#checkState(item, context);
    this.running++;
    this.peak = Math.max(this.peak, this.running);
    const attempt = (this.attempts.get(index) ?? 0) + 1;
    this.attempts.set(index, attempt);
    this.failedLast.delete(index);
    if (this.spec.isAsync) return this.#callLater(item, index, context, answer);
    try {
      return this.#meet(index, context) ?? this.#finish(item, index, answer);
    } finally {
      this.running--;
    }
  }

  async #callLater<T>(
    item: unknown,
    index: number,
    context: AnyContext,
    answer: () => T,
  ): Promise<T> {
    try {
      await this.#meet(index, context);
      await this.#world.wait(this.spec.obeys ? context.signal : undefined);
      return this.#finish(item, index, answer);
    } finally {
      this.running--;
    }
  }

  /** Fails or hangs, where it is this call's turn; one that obeys ends with its signal. */
  #meet(index: number, { signal }: AnyContext): Promise<never> | undefined {
    try {
      const hanging = this.#world.meet("call");
      if (hanging === undefined) return undefined;
      this.isHit = true;
      return this.spec.obeys ? untilAborted(signal) : hanging;
    } catch (error) {
      this.isHit = true;
      this.#fail(index, error);
      throw error;
    }
  }

  #finish<T>(item: unknown, index: number, answer: () => T): T {
    const { failure } = this.spec;
    const attempt = this.attempts.get(index)!;
    if (failure !== undefined && attempt <= failure.times && isHit(failure, item)) {
      const error = new StageFailure(this.spec, index);
      this.#fail(index, error);
      throw error;
    }
    return answer();
  }

  #fail(index: number, error: unknown): void {
    const { spec } = this;
    this.failedLast.add(index);
    if (error instanceof StageFailure && this.attempts.get(index)! < attemptsOf(spec)) return;
    this.failed.push(index);
    this.#world.failures.push({ key: spec.key, index, error });
  }

  /** What the stage before has made is the item, whatever goes on beside it. */
  #checkState(item: unknown, { state }: AnyContext): void {
    if (this.#before === undefined || state === undefined) return;
    if (Object.is(state.accumulated[this.#before], item)) return;
    this.#world.problems.push(`${this.spec.key} sees another item of ${this.#before}`);
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
