import { guardCall } from "../parts/guard.ts";
import type { StageFunction } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { EXPAND, type StageControl } from "../core/stage.ts";
import type { ItemFunction } from "../core/context.ts";
import type { OpenStage } from "../core/open_stage.ts";
import { failsFast } from "../base/errors.ts";
import { requireFunction } from "../internal/validation.ts";
import type { CallOptions } from "../base/options.ts";
import { resolveCallOptions } from "./_call_options.ts";
import { Batcher } from "./_batcher.ts";
import { emit, failAfter } from "./_gather.ts";
import { keepAnswer } from "./_kept.ts";

/**
 * Gathers items into arrays, each up to and with the item that satisfies `predicate`:
 * `TCurrentOutput[]`, never empty; the last may lack such an item.
 *
 * A batch comes out as soon as its last item has come. Its length has no limit. When the source, or
 * `predicate`, fails, what was gathered comes out first; an item that is left out when it fails is
 * in no batch.
 *
 * @param predicate A function of `(item, index, context)`, sync or async: whether the item is the
 * last of its batch.
 * @param options What happens when an item fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Several items together
 *
 * @example Lines up to a blank one
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { batchUntil } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .use("paragraph", batchUntil((line) => line === ""));
 *
 * assertEquals(await pipeline.executeToArray(["a", "b", "", "c"]), [["a", "b", ""], ["c"]]);
 * ```
 */
export function batchUntil<TInput, TAccumulated = unknown, TContext = unknown>(
  predicate: StageFunction<TInput, boolean, TAccumulated, TContext>,
  options?: CallOptions<NoInfer<TInput>>,
): Operator<TInput, TInput[], TAccumulated, TContext> {
  return createOperator("batchUntil", (place) => {
    requireFunction(place, "its predicate", predicate);
    const { stage, guard } = resolveCallOptions(place, options);
    const isFatal = failsFast(stage.errorStrategy);
    return {
      kind: "item",
      ...place,
      outcome: EXPAND,
      ...stage,
      open(control) {
        const call = guardCall(predicate as ItemFunction, guard, control.run);
        return gather(call, isFatal, control);
      },
    };
  });
}

function gather(isLast: ItemFunction, isFatal: boolean, control: StageControl): OpenStage {
  const batcher = new Batcher({ size: Infinity, maxWeight: Infinity, oversize: "alone" });
  control.keep({
    version: 1,
    snapshot: () => batcher.snapshot().items,
    restore: (items) => batcher.restore({ items }),
  });
  const fail = (error: unknown) => {
    if (isFatal) return failAfter(batcher.take(), error, control);
    throw error;
  };
  return {
    call(item, index, context) {
      const add = (answer: unknown) => {
        const path = control.path();
        batcher.add(item, 0, path, control);
        return emit(answer ? batcher.take() : [], control, path);
      };
      try {
        return keepAnswer(isLast(item, index, context), context, add, fail);
      } catch (error) {
        return fail(error);
      }
    },
    flush: () => emit(batcher.take(), control),
    bufferedCount: () => batcher.length,
  };
}
