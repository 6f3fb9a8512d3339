/**
 * Gathers items into batches by count and weight.
 *
 * @module
 */

import type { FlowControl, ItemPath, StageMemory } from "../core/context.ts";
import { requireAmount } from "../internal/validation.ts";
import { createCodedError } from "./_coded_error.ts";
import type { Gathered } from "./_gather.ts";

/** A batch that is closed. */
export type Batch = Gathered<readonly unknown[]>;

const NO_BATCHES: readonly never[] = [];

/** What closes a batch, other than time; `Infinity` where there is no limit. */
export interface BatchLimits {
  readonly size: number;
  readonly maxWeight: number;
  readonly oversize: "alone" | "error";
}

/** What is saved of a batch that is open, whatever closes it. */
export interface SavedBatch {
  readonly items: unknown[];
  readonly weight?: number;
}

/** The items of a batch that was saved; throws where it would be full. */
export function restoreItems({ items }: SavedBatch, size: number): unknown[] {
  if (items.length < size) return items;
  throw new RangeError(`it keeps ${items.length} items, and ${size} are a full batch`);
}

/** The batch that is being filled. */
export class Batcher implements StageMemory {
  readonly version = 2;
  readonly #limits: BatchLimits;
  #items: unknown[] = [];
  #weight = 0;
  /** What its items were kept in. */
  #path: ItemPath;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  snapshot(): SavedBatch {
    return { items: this.#items, weight: this.#weight };
  }

  restore(saved: SavedBatch): void {
    this.#items = restoreItems(saved, this.#limits.size);
    // Where it is not known, the batch is closed before the next item is added.
    this.#weight = saved.weight ?? (saved.items.length && Number.MAX_VALUE);
  }

  /** How many items are kept. */
  get length(): number {
    return this.#items.length;
  }

  /** Adds the item of `path` and returns the batches that this closes, of which there may be two. */
  add(item: unknown, weight: number, path: ItemPath, control: FlowControl): readonly Batch[] {
    const { size, maxWeight, oversize } = this.#limits;
    if (weight > maxWeight && oversize === "error") {
      throw createCodedError(
        "ITEM_OVER_WEIGHT",
        `An item weighs ${weight}, and a batch ${maxWeight} at most`,
      );
    }
    const closed = this.#weight + weight > maxWeight ? this.take() : NO_BATCHES;
    this.#weight += weight;
    this.#path = control.retain(path, this.#path);
    const isFull = this.#items.push(item) >= size || this.#weight >= maxWeight;
    return isFull ? [...closed, ...this.take()] : closed;
  }

  /** Closes the batch, unless it is empty. */
  take(): readonly Batch[] {
    if (this.#items.length === 0) return NO_BATCHES;
    const closed = [{ value: this.#items, path: this.#path }];
    this.#items = [];
    this.#path = undefined;
    this.#weight = 0;
    return closed;
  }
}

/** Throws unless `weight` is one. */
export function requireWeight(weight: unknown): asserts weight is number {
  requireAmount("An item's weight", weight);
}
