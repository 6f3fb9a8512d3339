// What a stage makes of a list of items, by its model and the failures that its spec foretells.

import type { Stage } from "./chain.ts";
import { failsForGood } from "./numbers.ts";

/** What came of it. */
export interface Trace {
  /** What came out item by item. */
  readonly made: readonly unknown[];
  /** How many of these had come out when the first `before` items had gone in. */
  readonly madeBefore: number;
  /** What came out at the end, of what was kept. */
  readonly kept: readonly unknown[];
  /** The items on which its function fails for good, up to the end. */
  readonly failed: readonly number[];
  /** Whether the last of these ends it. */
  readonly isFailing: boolean;
  /** Whether it has had enough. */
  readonly isFull: boolean;
}

/**
 * Sends items through a stage. `isCutShort` says that what is before it fails when they have gone
 * in, and `before` how many had when that happened.
 */
export function trace(
  stage: Stage,
  items: readonly unknown[],
  isCutShort: boolean,
  before: number = items.length,
): Trace {
  const { spec, operator } = stage;
  const model = operator.model!(stage);
  const made: unknown[] = [];
  const failed: number[] = [];
  let madeBefore = 0;
  const end = (how: Pick<Trace, "kept" | "isFailing" | "isFull">): Trace => {
    return { made, madeBefore, failed, ...how };
  };
  for (const [index, item] of items.entries()) {
    if (model.isFull?.()) break;
    if (operator.traits.calls && (model.calls?.() ?? true) && failsForGood(spec, item)) {
      failed.push(index);
      if ((spec.strategy ?? "FAIL_FAST") === "FAIL_FAST") {
        const kept = model.end?.("own failure") ?? [];
        return end({ kept, isFailing: true, isFull: false });
      }
    } else made.push(...model.feed(item));
    if (index < before) madeBefore = made.length;
  }
  const isFull = model.isFull?.() ?? false;
  const kept = isFull ? [] : model.end?.(isCutShort ? "failure before" : "no more") ?? [];
  return end({ kept, isFailing: false, isFull });
}
