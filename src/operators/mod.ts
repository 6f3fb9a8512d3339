/**
 * Every operator as a value: what a stage does, before it has a key. `use` of either pipeline takes
 * them, and `pipe` makes one of several.
 *
 * @example A part for many pipelines
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { batch, filter, map, pipe } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const cleaned = pipe(map((text: string) => text.trim()), filter((text) => text !== ""));
 * const pipeline = StreamingPipeline.start<string>().use("clean", cleaned).use("rows", batch(2));
 *
 * assertEquals(await pipeline.executeToArray(["a ", " ", "b"]), [["a", "b"]]);
 * ```
 *
 * @module
 */

export type {
  BranchBuilder,
  BranchItem,
  BranchOf,
  BranchOptions,
  BranchOutput,
  BranchSink,
  FittingBranches,
  FittingSink,
  SunkBranchOptions,
} from "../base/branches.ts";
export type { CorePipeline } from "../core/pipeline.ts";
export type { Operator } from "../core/operator.ts";
export type {
  AddOptions,
  BatchOptions,
  CallBatching,
  CallOptions,
  DelayOptions,
  DistinctOptions,
  EventTimeOptions,
  FailedAttempt,
  FilterOptions,
  GroupByOptions,
  LateItem,
  LateItemSink,
  MapOptions,
  MapPartitionedOptions,
  OptionFunction,
  RetryOptions,
  SessionOptions,
  StageOptions,
  ThrottleOptions,
  TimeoutOptions,
  TimeWindowOptions,
  WindowAggregate,
  WindowContentOptions,
  WindowOptions,
  WindowTimeOptions,
} from "../base/options.ts";
export type { ItemTransform } from "../base/types.ts";
export { take } from "../core/basics.ts";
export { pipe } from "./pipe.ts";
export { add } from "./add.ts";
export { batch } from "./batch.ts";
export { batchUntil } from "./batch_until.ts";
export { branch } from "./branch.ts";
export { buffer } from "./buffer.ts";
export { checkpoint } from "./checkpoint.ts";
export { combineLatestWith } from "./combine_latest_with.ts";
export { concatWith } from "./concat_with.ts";
export { debounce } from "./debounce.ts";
export { delay } from "./delay.ts";
export { distinct } from "./distinct.ts";
export { fanOut } from "./fan_out.ts";
export { filter } from "./filter.ts";
export { flatMap } from "./flat_map.ts";
export { flatten } from "./flatten.ts";
export { fold } from "./fold.ts";
export { groupBy } from "./group_by.ts";
export { interleaveWith } from "./interleave_with.ts";
export { joinWith } from "./join_with.ts";
export { map } from "./map.ts";
export { mapPartitioned } from "./map_partitioned.ts";
export { mergeWith } from "./merge_with.ts";
export { partition } from "./partition.ts";
export { route } from "./route.ts";
export { sample } from "./sample.ts";
export { scan } from "./scan.ts";
export { skip } from "./skip.ts";
export { skipWhile } from "./skip_while.ts";
export { takeUntil } from "./take_until.ts";
export { takeWhile } from "./take_while.ts";
export { tap } from "./tap.ts";
export { throttle } from "./throttle.ts";
export { through } from "./through.ts";
export { timeout } from "./timeout.ts";
export { window } from "./window.ts";
export { transform } from "./transform.ts";
export { windowTime } from "./window_time.ts";
export { zipWith } from "./zip_with.ts";
