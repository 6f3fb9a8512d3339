import { guardCall } from "../parts/guard.ts";
import type { StageContext, StageFunction } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { DECIDE, KEEP_IF, type StageControl } from "../core/stage.ts";
import type { ItemFunction } from "../core/context.ts";
import { RecencySet } from "../internal/recency.ts";
import { requireFunction, requireInteger } from "../internal/validation.ts";
import type { DistinctOptions } from "../base/options.ts";
import { resolveCallOptions } from "./_call_options.ts";
import { requireSavable } from "./_keys.ts";

/**
 * Drops the items that have been seen before.
 *
 * Items come out in order, each when it is asked for. With `window`, memory is bounded: that many
 * keys are remembered, and one that was forgotten is new again. Without it every key is
 * remembered, and memory grows with their number.
 *
 * @param by What must differ, or that and how many keys are remembered; the item itself by default.
 * @throws {TypeError | RangeError} When it is used, if an option is not valid.
 * @category Which items pass
 *
 * @example One event per id, among the last thousand
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { distinct } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<{ id: string }>()
 *   .use("new", distinct({ by: ({ id }) => id, window: 1_000 }));
 *
 * const events = [{ id: "a" }, { id: "b" }, { id: "a" }];
 * assertEquals(await pipeline.executeToArray(events), [{ id: "a" }, { id: "b" }]);
 * ```
 */
export function distinct<TInput, TAccumulated = unknown, TContext = unknown>(
  by:
    | StageFunction<TInput, unknown, TAccumulated, TContext>
    | DistinctOptions<TInput, StageContext<TAccumulated, TContext>> = {},
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("distinct", (place) => {
    const options = typeof by === "function" ? { by } : by;
    const { stage, guard } = resolveCallOptions(place, options, ["by", "window"]);
    const { by: keyOf, window } = options;
    if (keyOf !== undefined) requireFunction(place, "by", keyOf);
    if (window !== undefined) requireInteger(place, "window", window, 1);
    return {
      kind: "item",
      ...place,
      remembers: true,
      outcome: keyOf === undefined ? KEEP_IF : DECIDE,
      ...stage,
      open(control) {
        const isNew = createMemory(window ?? Infinity, control);
        if (keyOf === undefined) return { call: isNew };
        const call = guardCall(keyOf as ItemFunction, guard, control.run);
        return { call, decide: isNew };
      },
    };
  });
}

/** Checks whether a key is new among the last `limit` different ones. */
function createMemory(limit: number, control: StageControl): (key: unknown) => boolean {
  const keep = (seen: Iterable<unknown>, add: (key: unknown) => void) =>
    control.keep({
      version: 1,
      snapshot: () => Array.from(seen, (key) => (requireSavable(key), key)),
      restore: (saved: readonly unknown[]) => saved.forEach(add),
    });
  if (limit === Infinity) {
    const seen = new Set<unknown>();
    keep(seen, (key) => seen.add(key));
    return (key) => {
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    };
  }
  const seen = new RecencySet<unknown>();
  keep(seen, (key) => seen.use(key));
  return (key) => {
    const isNew = seen.use(key);
    if (seen.size > limit) seen.delete(seen.oldest);
    return isNew;
  };
}
