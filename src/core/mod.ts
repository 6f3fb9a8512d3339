/**
 * The small pipeline: what every program needs, and `use` for whatever else a program names. A bundle
 * holds only that.
 *
 * @example A bundle with one operator in it
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { batch } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>()
 *   .map("square", (number) => number * number)
 *   .use("pairs", batch(2));
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [[1, 4], [9]]);
 * ```
 *
 * @module
 */

export {
  type FailedItem,
  StateNotRecordedError,
  StreamingError,
  type StreamingErrorDetails,
  StreamingErrorStrategy,
} from "../base/errors.ts";
export type {
  ObservedRun,
  ObservedStage,
  RunHooks,
  RunObserver,
  StageHooks,
} from "../base/observer.ts";
export type {
  CheckpointMode,
  ErrorSink,
  MetadataOptions,
  RunOptions,
  StartOptions,
} from "../base/options.ts";
export type {
  AddToState,
  AtLast,
  Composable,
  Late,
  Many,
  OneItem,
  PipelineOf,
  Predicate,
  Source,
  StageContext,
  StageFunction,
  StreamingState,
  ValidateNewKey,
  WrapIterableItem,
} from "../base/types.ts";
export { advise, type Hint } from "./advise.ts";
export {
  explain,
  type LoopExplanation,
  type PlanExplanation,
  type StageExplanation,
} from "./explain.ts";
export type { Operator } from "./operator.ts";
export { CorePipeline as StreamingPipeline } from "./pipeline.ts";
