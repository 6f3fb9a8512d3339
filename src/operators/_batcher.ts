/**
 * Gathers items into batches by count and weight.
 *
 * @module
 */

import type { FlowControl, ItemPath, StageMemory } from "../core/context.ts";
import { describeNumber } from "../internal/validation.ts";
import { createCodedError } from "./_coded_error.ts";
import type { Gathered } from "./_gather.ts";

/** A batch that is closed. */
export type Batch = Gathered<readonly unknown[]>;

const NO_BATCHES: readonly never[] = [];

/** What closes a batch, but for time; `Infinity` where there is no limit. */
export interface BatchLimits {
  readonly size: number;
  readonly maxWeight: number;
  readonly oversize: "alone" | "error";
}

/** The batch that is being filled. */
export class Batcher implements StageMemory {
  readonly version = 1;
  readonly #limits: BatchLimits;
  #items: unknown[] = [];
  #weight = 0;
  /** What its items were kept in. */
  #path: ItemPath;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  snapshot(): unknown {
    return [this.#items, this.#weight];
  }

  restore(saved: [unknown[], number]): void {
    [this.#items, this.#weight] = saved;
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
  if (typeof weight === "number" && weight >= 0 && weight < Infinity) return;
  const got = describeNumber(weight);
  throw new RangeError(`An item's weight must be a non-negative number, got ${got}`);
}
