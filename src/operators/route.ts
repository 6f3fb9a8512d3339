// deno-lint-ignore-file ban-types -- the empty intersection is the state of no stages

import type { BranchOf, BranchOutput, FittingBranches } from "../base/branches.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import type { CorePipeline } from "../core/pipeline.ts";
import type { ItemFunction } from "../core/context.ts";
import { requireFunction } from "../internal/validation.ts";
import type { StageFunction } from "../base/types.ts";
import { createBranchStage } from "./_branches.ts";

/**
 * Passes each item to the branch that `choose` names, and emits what their pipelines make, as
 * it comes.
 *
 * The branches are those of `fanOut`. A name that no branch has fails the run.
 *
 * @typeParam TBranches The branches, by name.
 * @param choose A function of `(item, index, context)`, sync or async: the name of a branch.
 * @param branches For each name what adds the branch's stages, or options with `build`.
 * @throws {TypeError | RangeError} When it is used, if an argument is not valid.
 * @category Several streams
 *
 * @example A pipeline for each kind
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { route } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const kinds = route(
 *   (number: number) => number % 2 === 0 ? "even" : "odd",
 *   {
 *     even: (numbers) => numbers.map("half", (number) => number / 2),
 *     odd: (numbers) => numbers.map("text", (number) => `odd ${number}`),
 *   },
 * );
 * const pipeline = StreamingPipeline.start<number>().use("kind", kinds);
 *
 * assertEquals(new Set(await pipeline.executeToArray([1, 2])), new Set(["odd 1", 1]));
 * ```
 */
export function route<
  TInput,
  const TBranches extends Record<
    string,
    BranchOf<TInput, CorePipeline<TInput, TInput, {}, TContext>>
  >,
  TAccumulated = unknown,
  TContext = unknown,
>(
  choose: StageFunction<
    TInput,
    NoInfer<`${keyof TBranches & (string | number)}`>,
    TAccumulated,
    TContext
  >,
  branches: TBranches & FittingBranches<TBranches>,
): Operator<TInput, BranchOutput<TBranches[keyof TBranches]>, TAccumulated, TContext> {
  return createOperator("route", (place, host) => {
    requireFunction(place, "choose", choose);
    return createBranchStage(host, place, branches, choose as ItemFunction);
  });
}
