/**
 * Typed, lazy streaming pipelines with backpressure, the same on every JavaScript runtime.
 *
 * @example Ten at a time, in order
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>()
 *   .map("square", (number) => Promise.resolve(number * number), {
 *     parallel: true,
 *     concurrencyLimit: 10,
 *   })
 *   .filter("even", (square) => square % 2 === 0)
 *   .batch("pairs", 2);
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3, 4, 5, 6]), [[4, 16], [36]]);
 * ```
 *
 * @module
 */

export {
  type FailedItem,
  ListErrorStrategy,
  StateNotRecordedError,
  StreamingError,
  type StreamingErrorDetails,
  StreamingErrorStrategy,
} from "./src/base/errors.ts";
export type {
  ObservedRun,
  ObservedStage,
  RunHooks,
  RunObserver,
  StageHooks,
} from "./src/base/observer.ts";
export type {
  AddOptions,
  BatchOptions,
  CallBatching,
  CallOptions,
  CheckpointMode,
  DelayOptions,
  DistinctOptions,
  ErrorSink,
  EventTimeOptions,
  ExecuteOptions,
  FailedAttempt,
  FilterOptions,
  GroupByOptions,
  LateItem,
  LateItemSink,
  ListOptions,
  MapOptions,
  MapPartitionedOptions,
  MetadataOptions,
  OptionFunction,
  RetryOptions,
  RunOptions,
  SessionOptions,
  StageOptions,
  StartOptions,
  StepMemory,
  StepOptions,
  StopOptions,
  StreamingStepOptions,
  ThrottleOptions,
  TimeoutOptions,
  TimeWindowOptions,
  WindowAggregate,
  WindowContentOptions,
  WindowOptions,
  WindowTimeOptions,
} from "./src/base/options.ts";
export type {
  AdaptiveMetrics,
  BudgetMetrics,
  CircuitBreakerMetrics,
  CircuitState,
  ConcurrencyPolicy,
  Policy,
  PolicyCounts,
  PolicyMetrics,
  PolicyPartMetrics,
  PolicyRunOptions,
  RateLimitMetrics,
  RetryBudgetMetrics,
  SemaphoreMetrics,
  StagePolicyFigures,
} from "./src/base/policy.ts";
export {
  type MaterializedState,
  pipelineToStreaming,
  streamingToPipeline,
  type StreamingToPipelineOptions,
} from "./src/batch/bridge/pipelines.ts";
export { PipelineRegistry, type RegistryResult } from "./src/batch/bridge/pipeline_registry.ts";
export type {
  RegisteredPipeline,
  RegisterOptions,
  Registration,
  RegistrationOptions,
  StreamingRegistration,
} from "./src/batch/bridge/registration.ts";
export { stepToStreamingStep, streamingStepToStep } from "./src/batch/bridge/steps.ts";
export type {
  ByOption,
  FilterWork,
  ItemlessContext,
  Loaded,
  LoadFunction,
  MapWork,
  ReadingPredicate,
} from "./src/base/optional_work.ts";
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
} from "./src/base/branches.ts";
export { advise, type Hint } from "./src/core/advise.ts";
export type { StageMove } from "./src/core/plan.ts";
export type { LoopExplanation, PlanExplanation, StageExplanation } from "./src/core/explain.ts";
export type { Operator } from "./src/core/operator.ts";
export type { CorePipeline } from "./src/core/pipeline.ts";
export { PipelineRun } from "./src/fluent/pipeline_run.ts";
export { type AnyStreamingPipeline, StreamingPipeline } from "./src/fluent/streaming_pipeline.ts";
export { type AnyPipeline, Pipeline } from "./src/batch/pipeline.ts";
export { combineLatest } from "./src/sources/combine_latest.ts";
export { concat } from "./src/sources/concat.ts";
export { interleave } from "./src/sources/interleave.ts";
export type { ItemOf, ItemsOf } from "./src/sources/item_of.ts";
export { join, type JoinOptions, type JoinRow } from "./src/sources/join.ts";
export { JoinLimitError, JoinOrderError, type JoinSide } from "./src/sources/join_errors.ts";
export { merge } from "./src/sources/merge.ts";
export {
  type OpenSource,
  type ResumePoint,
  retrySource,
  type RetrySourceOptions,
} from "./src/sources/retry_source.ts";
export {
  share,
  type SharedMetrics,
  type SharedReaderMetrics,
  type SharedSource,
  type ShareOptions,
} from "./src/sources/share.ts";
export { zip } from "./src/sources/zip.ts";
export { type FilledRow, zipLongest } from "./src/sources/zip_longest.ts";
export { createBatchStep } from "./src/batch/steps/create_batch_step.ts";
export { createFilterStep } from "./src/batch/steps/create_filter_step.ts";
export { createFlattenStep } from "./src/batch/steps/create_flatten_step.ts";
export { createHybridStep, type HybridBodies } from "./src/batch/steps/create_hybrid_step.ts";
export { createListStep } from "./src/batch/steps/create_list_step.ts";
export { createParallel } from "./src/batch/steps/create_parallel.ts";
export { createStep } from "./src/batch/steps/create_step.ts";
export { createStreamingStep } from "./src/batch/steps/create_streaming_step.ts";
export { createTransform } from "./src/batch/steps/create_transform.ts";
export { singleToList } from "./src/batch/steps/single_to_list.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./src/base/standard_schema.ts";
export type {
  AnyStep,
  CreatedStep,
  ItemFailure,
  ItemTimings,
  ListOperationMetadata,
  ParallelStep,
  Step,
  StepAccumulatedState,
  StepContext,
  StepError,
  StepInput,
  StepMetadata,
  StepOutput,
  StepResult,
  StepRetry,
} from "./src/base/step_types.ts";
export type {
  Accepted,
  AddToState,
  AtLast,
  Composable,
  CreatedStreamingStep,
  ElementOf,
  ExpandWork,
  HybridStep,
  IsOpenState,
  ItemTransform,
  Late,
  Many,
  OneItem,
  OtherSource,
  PipelineOf,
  Predicate,
  QueueOptions,
  Reducer,
  Rejected,
  SharedBytes,
  Source,
  StageContext,
  StageFunction,
  StageWork,
  Stop,
  StreamingFunction,
  StreamingState,
  StreamingStep,
  StreamingStepAccumulated,
  StreamingStepContext,
  StreamingStepInput,
  StreamingStepOutput,
  StreamingStepResult,
  StreamWork,
  TimeAggregate,
  TimeWindow,
  Unasked,
  ValidateNewKey,
  WebTransform,
  WindowOf,
  WrapIterableItem,
  WrittenItem,
} from "./src/base/types.ts";
export type {
  PipelineMetadata,
  RunMetrics,
  RunStatus,
  StageMetrics,
  StagePaces,
  StreamingMetadata,
  StreamingTiming,
} from "./src/base/metadata_types.ts";
