// deno-lint-ignore-file ban-types -- the empty intersection is the state of no stages

import type { BranchOf, BranchOutput, FittingBranches } from "../base/branches.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import type { CorePipeline } from "../core/pipeline.ts";
import { createBranchStage } from "./_branches.ts";

/**
 * Passes each item to every branch, and emits what their pipelines make, as it comes.
 *
 * Each branch sees all items as one stream, with batches and windows of its own, and its results
 * come out in order. Items are read on demand. Up to `bufferSize` of them wait for a branch; what
 * happens to the next one is its policy, `whenFull`: by default everything waits for the slowest
 * branch. What a branch does not read any more, as after its `take`, is released. Where no branch
 * reads any more, the stage ends and closes what is before it. Where a branch has a sink in `to`,
 * its results go there and do not come out.
 *
 * A failure of a branch fails the stage, the others are closed, and its own error is the `cause`.
 * Where the source or an earlier stage fails, what branches work on is aborted, and what their
 * later stages keep comes out before the error.
 *
 * @typeParam TBranches The branches, by name.
 * @param branches For each name what adds the branch's stages, or options with `build`.
 * @throws {TypeError | RangeError} When it is used, if a branch is not valid.
 * @category Several streams
 *
 * @example Pairs, and the sum of all
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { batch, fanOut, fold } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().use(
 *   "both",
 *   fanOut({
 *     pairs: (numbers) => numbers.use("pair", batch(2)),
 *     sum: (numbers) => numbers.use("sum", fold((sum: number, number) => sum + number, 0)),
 *   }),
 * );
 *
 * const results = await pipeline.executeToArray([1, 2, 3]);
 * assertEquals(new Set(results), new Set([[1, 2], [3], 6]));
 * ```
 */
export function fanOut<
  TInput,
  const TBranches extends Record<
    string,
    BranchOf<TInput, CorePipeline<TInput, TInput, {}, TContext>>
  >,
  TAccumulated = unknown,
  TContext = unknown,
>(
  branches: TBranches & FittingBranches<TBranches>,
): Operator<TInput, BranchOutput<TBranches[keyof TBranches]>, TAccumulated, TContext> {
  return createOperator("fanOut", (place, host) => createBranchStage(host, place, branches));
}
