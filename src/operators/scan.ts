import type { Reducer } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { REPLACE, type Stage } from "../core/stage.ts";
import type { FunctionContext } from "../core/context.ts";
import { andThen } from "../internal/promises.ts";
import { requireFunction, requireKey } from "../internal/validation.ts";
import type { CallOptions } from "../base/options.ts";
import { resolveCallOptions } from "./_call_options.ts";

/** What the caller of `scan` gave. */
export interface ScanStageParts {
  readonly key: string;
  readonly reducer: unknown;
  readonly initial: unknown;
  readonly options: CallOptions | undefined;
}

type AnyReducer = (
  value: unknown,
  item: unknown,
  index: number,
  context: FunctionContext,
) => unknown;

/** The value that a reducer has made of the items so far, after each of them. */
export function createScanStage({ key, reducer, initial, options }: ScanStageParts): Stage {
  requireKey("scan", key);
  const subject = { operator: "scan", key };
  requireFunction(subject, "its reducer", reducer);
  const settings = resolveCallOptions(subject, options);
  return {
    kind: "item",
    key,
    name: key,
    operator: "scan",
    outcome: REPLACE,
    ...settings.stage,
    open({ guard }) {
      let value = initial;
      const keep = (answer: unknown) => value = answer;
      const reduce = guard(
        (item, index, context) => (reducer as AnyReducer)(value, item, index, context),
        { outcome: REPLACE, ...settings.guard },
      );
      return {
        call(item, index, context) {
          return andThen(reduce(item, index, context), keep);
        },
      };
    },
  };
}

/**
 * Hands out, for each item, what `reducer` has made of all items so far.
 *
 * One value comes out per item, in order, each when it is asked for; `initial` itself does not.
 * Nothing is kept but the last value. An item that fails leaves the value as it was; a failure
 * surfaces after the values before it.
 *
 * @typeParam TValue The type of the value.
 * @param reducer Makes the next value from the last one and an item; may be async. It must not
 * change the value in place: `initial` belongs to all runs.
 * @param initial The value before the first item.
 * @param options What happens when an item fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Several items together
 *
 * @example A running total
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { scan } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("total", scan((total: number, item) => total + item, 0));
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 3, 6]);
 * ```
 */
export function scan<TInput, TValue, TAccumulated = unknown, TContext = unknown>(
  reducer: Reducer<TValue, TInput, TAccumulated, TContext>,
  initial: TValue,
  options?: CallOptions,
): Operator<TInput, TValue, TAccumulated, TContext> {
  return createOperator("scan", ({ key }) => createScanStage({ key, reducer, initial, options }));
}
