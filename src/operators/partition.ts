// deno-lint-ignore-file ban-types -- the empty intersection is the state of no stages

import { createOperator, type Operator } from "../core/operator.ts";
import type { CorePipeline } from "../core/pipeline.ts";
import type { Accepted, Late, PipelineOf, Predicate, Rejected } from "../base/types.ts";
import { createInnerStage } from "./_inner.ts";
import type { ItemFunction } from "../core/context.ts";
import { andThen } from "../internal/promises.ts";
import { requireFunction } from "../internal/validation.ts";
import { Groups } from "./_groups.ts";

/**
 * Runs one of two pipelines over the items, as `predicate` decides, and emits what they make. A type
 * guard narrows the type of the items for both.
 *
 * Each of the two sees all of its items as one stream, with batches and windows of its own, as a
 * group of `groupBy` does; `branch` is for work on one item. Either is made when its first item
 * comes. What they make comes out as it comes, in order within each. Where both have ended, so does
 * the stage.
 *
 * @typeParam TTrue The type of the items that the first makes.
 * @typeParam TFalse The type of the items that the second makes.
 * @param predicate A function of `(item, index, context)`, sync or async.
 * @param whenTrue Adds the stages for the items for which it answers with a truthy value.
 * @param whenFalse Adds the stages for the others.
 * @throws {TypeError} When it is used, if an argument is not a function.
 * @category Items by key
 *
 * @example Halves and odd numbers
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { partition } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const parity = partition(
 *   (number: number) => number % 2 === 0,
 *   (evens) => evens.map("half", (number) => number / 2),
 *   (odds) => odds.map("text", (number) => `odd ${number}`),
 * );
 * const pipeline = StreamingPipeline.start<number>().use("parity", parity);
 *
 * assertEquals(new Set(await pipeline.executeToArray([1, 2])), new Set(["odd 1", 1]));
 * ```
 */
export function partition<
  TInput,
  TTrue,
  TFalse,
  TAccumulated = unknown,
  TContext = unknown,
  TGuarded extends TInput = never,
  TLate extends Late = object,
  TAccepted = Accepted<TInput, TGuarded>,
  TRejected = Rejected<TInput, TGuarded>,
>(
  predicate: Predicate<TInput, TGuarded, TAccumulated, TContext, TLate>,
  whenTrue: (
    group: NoInfer<CorePipeline<TAccepted, TAccepted, {}, TContext>>,
  ) => PipelineOf<NoInfer<TAccepted>, TTrue>,
  whenFalse: (
    group: NoInfer<CorePipeline<TRejected, TRejected, {}, TContext>>,
  ) => PipelineOf<NoInfer<TRejected>, TFalse>,
): Operator<TInput, TTrue | TFalse, TAccumulated, TContext> {
  return createOperator("partition", (place, host) => {
    requireFunction(place, "its predicate", predicate);
    requireFunction(place, "its whenTrue", whenTrue);
    requireFunction(place, "its whenFalse", whenFalse);
    const settings = {
      keyOf: ((item, index, context) =>
        andThen((predicate as ItemFunction)(item, index, context), Boolean)) as ItemFunction,
      maxKeys: 2,
      isComplete: true,
      whenFull: "error",
      idleMs: Infinity,
      concurrencyLimit: 2,
    } as const;
    return createInnerStage(host, place, {
      keys: [true, false],
      nameBuild: (isTrue) =>
        isTrue ? "its whenTrue" : "its whenFalse",
      add: (start, isTrue) => (isTrue ? whenTrue : whenFalse)(start as never),
      open: (run, context, control) => new Groups({ ...settings, run }, context, control),
    });
  });
}
