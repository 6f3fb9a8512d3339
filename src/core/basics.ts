/**
 * The operators that every pipeline has: plain functions of one item, without options.
 *
 * @module
 */

import { EXPAND, type ItemStage, KEEP, KEEP_IF, type Outcome, REPLACE } from "./stage.ts";
import type { ItemFunction } from "./context.ts";
import { isRecord, refuse, requireFunction, requireInteger } from "../internal/validation.ts";
import type { Late, Many, Predicate, StageFunction } from "../base/types.ts";
import { createOperator, type Operator, type StagePlace } from "./operator.ts";

/** What a function makes of each item. */
export function map<TInput, TOutput, TAccumulated, TContext>(
  work: StageFunction<TInput, TOutput, TAccumulated, TContext>,
  options?: unknown,
): Operator<TInput, TOutput, TAccumulated, TContext> {
  return createOperator("map", (place) => callEach(place, REPLACE, work, options));
}

/** Each item of what a function makes of an item. */
export function flatMap<TInput, TOutput, TAccumulated, TContext>(
  work: StageFunction<TInput, Many<TOutput>, TAccumulated, TContext>,
  options?: unknown,
): Operator<TInput, TOutput, TAccumulated, TContext> {
  return createOperator("flatMap", (place) => callEach(place, EXPAND, work, options));
}

/** The items for which the predicate answers with a truthy value. */
export function filter<TInput, TOutput extends TInput, TAccumulated, TContext, TLate extends Late>(
  predicate: Predicate<TInput, TOutput, TAccumulated, TContext, TLate>,
  options?: unknown,
): Operator<TInput, TOutput, TAccumulated, TContext> {
  return createOperator("filter", (place) => callEach(place, KEEP_IF, predicate, options));
}

/** The items as they are, each after the function has seen it. */
export function tap<TInput, TAccumulated, TContext>(
  work: StageFunction<TInput, unknown, TAccumulated, TContext>,
  options?: unknown,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("tap", (place) => callEach(place, KEEP, work, options));
}

/**
 * Lets the first `count` items pass, then closes what is before it without asking for another item.
 * With 0, the source is never opened.
 *
 * @typeParam TInput The type of the items.
 * @param count How many items, a non-negative integer.
 * @throws {RangeError} When it is used, if `count` is not valid.
 * @category Which items pass
 *
 * @example The first two
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { take } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().use("first", take(2));
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 2]);
 * ```
 */
export function take<TInput, TAccumulated = unknown, TContext = unknown>(
  count: number,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("take", (place) => {
    requireInteger(place, "count", count, 0);
    return {
      kind: "item",
      ...place,
      // The item itself is no answer: one that is a promise is not waited for.
      outcome: KEEP_IF,
      mayEnd: true,
      remembers: true,
      open(control) {
        if (count === 0) control.end();
        return {
          call(_item, index) {
            // A resumed run may already have passed more items than a count that was lowered since.
            if (index + 1 >= count) control.end();
            return index < count;
          },
        };
      },
    };
  });
}

/** `options` do not compile; at run time they are refused, for they would have no effect. */
function callEach(
  place: StagePlace,
  outcome: Outcome,
  work: unknown,
  options: unknown,
): ItemStage {
  if (options !== undefined || isRecord(work)) {
    const full = `${place.operator} of @headrace/pipeline/operators`;
    refuse(place, `options and steps are for use() with ${full}`);
  }
  requireFunction(place, "its function", work);
  return { kind: "item", ...place, outcome, open: () => ({ call: work as ItemFunction }) };
}
