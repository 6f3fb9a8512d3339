/**
 * Batches that are closed by time as well.
 *
 * @module
 */

import type { StreamControl } from "../core/stage.ts";
import type { ItemFunction, StageMemory, StreamContext } from "../core/context.ts";
import { clock } from "../internal/clock.ts";
import { isPromiseLike } from "../internal/promises.ts";
import {
  type Batch,
  Batcher,
  type BatchLimits,
  requireWeight,
  type SavedBatch,
} from "./_batcher.ts";
import { NONE, TimedStream } from "./_timed_stream.ts";

/** What closes a batch. */
export interface TimedBatchLimits extends BatchLimits {
  readonly maxWaitMs: number;
  /** Absent where weight does not matter. */
  readonly weigh: ItemFunction | undefined;
}

/** What is saved of a batch that is open. */
interface SavedTimedBatch extends SavedBatch {
  /** The time until it is due, in milliseconds. */
  readonly leftMs?: number;
  readonly index?: number;
}

/** The batches of one run. */
export class TimedBatches extends TimedStream implements StageMemory {
  readonly version = 2;
  readonly #limits: TimedBatchLimits;
  readonly #context: StreamContext;
  readonly #batcher: Batcher;
  readonly #closed: Batch[] = [];
  /** When the open batch is due. */
  #dueMs = Infinity;
  #index = 0;
  #isOver = false;

  constructor(limits: TimedBatchLimits, context: StreamContext, control: StreamControl) {
    super({ input: context.input, control });
    this.#limits = limits;
    this.#context = context;
    this.#batcher = new Batcher(limits);
    control.keep(this);
  }

  /** What is closed has been emitted. */
  snapshot(): SavedTimedBatch {
    const leftMs = this.#dueMs - clock.now();
    return { ...this.#batcher.snapshot(), leftMs, index: this.#index };
  }

  /** A batch that was saved without a time has all of its time. */
  restore(saved: SavedTimedBatch): void {
    const { leftMs = this.#limits.maxWaitMs, index = 0 } = saved;
    this.#batcher.restore(saved);
    this.#dueMs = clock.now() + leftMs;
    this.#index = index;
  }

  protected override bufferedCount(): number {
    return this.#closed.reduce((count, { value }) => count + value.length, this.#batcher.length);
  }

  protected override accept(item: unknown): void | PromiseLike<void> {
    const { weigh } = this.#limits;
    const weight = weigh === undefined ? 0 : weigh(item, this.#index++, this.#context);
    if (!isPromiseLike(weight)) return this.#add(item, weight);
    return this.whenAnswered(weight, (weight) => this.#add(item, weight));
  }

  protected override take(): unknown {
    if (this.#closed.length === 0 && (this.#isOver || this.nowMs >= this.#dueMs)) {
      this.#close(this.#batcher.take());
    }
    const first = this.#closed.shift();
    if (first === undefined) return NONE;
    this.control.follow(first.path);
    return first.value;
  }

  protected override dueMs(): number | undefined {
    return this.#batcher.length === 0 ? undefined : this.#dueMs;
  }

  protected override finish(): void {
    this.#isOver = true;
  }

  /** A batch that has begun is filled, so that it is not a small one when it is asked for late. */
  protected override readsAhead(): boolean {
    return this.#batcher.length > 0 && this.#closed.length === 0;
  }

  #add(item: unknown, weight: unknown): void {
    requireWeight(weight);
    const isFirst = this.#batcher.length === 0;
    const { control } = this;
    const closed = this.#batcher.add(item, weight, control.path(), control);
    control.settle();
    this.#close(closed);
    if (this.#batcher.length > 0 && (isFirst || closed.length > 0)) {
      this.#dueMs = this.nowMs + this.#limits.maxWaitMs;
    }
  }

  #close(batches: readonly Batch[]): void {
    if (batches.length === 0) return;
    this.#closed.push(...batches);
    this.#dueMs = Infinity;
  }
}
