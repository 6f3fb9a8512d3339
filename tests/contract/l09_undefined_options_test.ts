// L9: an option that is `undefined` is one that is left out, whatever method it is given to. The
// types ask for each option that may be left out, so that a new one has to be named here.

import { assertEquals } from "@std/assert";
import {
  type AddOptions,
  type BatchOptions,
  type BranchOptions,
  type CallBatching,
  type CallOptions,
  createStep,
  createStreamingStep,
  type DelayOptions,
  type DistinctOptions,
  type EventTimeOptions,
  type ExecuteOptions,
  type FilterOptions,
  type GroupByOptions,
  join,
  type JoinOptions,
  type ListOptions,
  type MapOptions,
  type MapPartitionedOptions,
  type MetadataOptions,
  Pipeline,
  PipelineRegistry,
  type RegisterOptions,
  type RetryOptions,
  type RunOptions,
  type StageOptions,
  type StartOptions,
  type StepOptions,
  StreamingPipeline,
  streamingToPipeline,
  type StreamingToPipelineOptions,
  type ThrottleOptions,
  type TimeoutOptions,
  type TimeWindowOptions,
  type WindowOptions,
} from "../../mod.ts";
import { test } from "../harness.ts";

/** All options that may be left out, none of them given. */
type LeftOut<TOptions> = {
  readonly [TName in keyof TOptions as undefined extends TOptions[TName] ? TName : never]-?:
    undefined;
};

const none = undefined;
const RETRY: LeftOut<RetryOptions> = {
  backoffMs: none,
  backoffFactor: none,
  maxBackoffMs: none,
  jitter: none,
  totalMs: none,
  retryableErrors: none,
  shouldRetry: none,
  onAttempt: none,
};
const TRIED = { errorStrategy: none, retry: none, policy: none };
const ADD: LeftOut<AddOptions> = { ...TRIED, lineage: none };
const CALL: LeftOut<CallOptions> = { ...TRIED, timeoutMs: none };
const STAGE: LeftOut<StageOptions> = {
  ...CALL,
  parallel: none,
  concurrencyLimit: none,
  ordered: none,
  highWaterMark: none,
};
const MAP: LeftOut<MapOptions> = { ...STAGE, batch: none, pure: none, usesIndex: none };
const FILTER: LeftOut<FilterOptions> = { ...STAGE, reads: none };
const LOAD: LeftOut<CallBatching> = { maxWaitMs: none };
const LIST: LeftOut<ListOptions> = { ...CALL, parallel: none, concurrencyLimit: none };
const DISTINCT: LeftOut<DistinctOptions<number>> = { ...CALL, by: none, window: none };
const WINDOW: LeftOut<WindowOptions> = { slide: none, partial: none };
const BATCH: LeftOut<BatchOptions<number>> = {
  size: none,
  maxWaitMs: none,
  maxWeight: none,
  weigh: none,
  oversize: none,
};
const PARTITIONED: LeftOut<MapPartitionedOptions> = {
  ...CALL,
  concurrencyLimit: none,
  highWaterMark: none,
  waitingLimit: none,
  ordered: none,
};
const THROTTLE: LeftOut<ThrottleOptions<number>> = { cost: none, burst: none };
const DELAY: LeftOut<DelayOptions> = { highWaterMark: none };
const TIMEOUT: LeftOut<TimeoutOptions> = { firstMs: none };
const WINDOW_TIME: LeftOut<TimeWindowOptions> = { slideMs: none };
const EVENT_TIME: LeftOut<EventTimeOptions<number>> = {
  by: none,
  allowedLatenessMs: none,
  lateItems: none,
  errorStrategy: none,
};
const GROUP_BY: LeftOut<GroupByOptions> = {
  maxKeys: none,
  whenFull: none,
  idleMs: none,
  concurrencyLimit: none,
};
const BRANCH: LeftOut<BranchOptions<number, number, unknown>> = {
  whenFull: none,
  bufferSize: none,
  onDrop: none,
  to: none,
};
const JOIN: LeftOut<JoinOptions<number, number, number, "inner">> = {
  build: none,
  maxItems: none,
  compare: none,
};
const METADATA: LeftOut<MetadataOptions> = { verbosity: none, sampleRate: none, maxErrors: none };
const START: LeftOut<StartOptions> = { checkpoints: none, metadata: none, optimize: none };
const RUN: LeftOut<RunOptions> = {
  signal: none,
  stop: none,
  closeTimeoutMs: none,
  errorsTo: none,
  errorBuffer: none,
  metricsIntervalMs: none,
  observer: none,
};
const EXECUTE: LeftOut<ExecuteOptions> = { signal: none, closeTimeoutMs: none, observer: none };
const STEP: LeftOut<StepOptions> = { retry: none };
const REGISTER: LeftOut<RegisterOptions<unknown, unknown>> = {
  input: none,
  output: none,
  tags: none,
  description: none,
};
const TO_PIPELINE: LeftOut<StreamingToPipelineOptions> = { errorsTo: none, keepState: none };

const same = (item: number): number => item;
const start = StreamingPipeline.start<number>();

/** Pipelines that let `[1, 2]` pass, each with a stage whose options are all left out. */
const STREAMING: Readonly<Record<string, StreamingPipeline<number, unknown>>> = {
  "start()": StreamingPipeline.start<number>(none, START),
  "the metadata of start()": StreamingPipeline.start<number>(none, { metadata: METADATA }),
  add: start.add("key", ({ input }) => input, ADD),
  map: start.map("key", same, MAP),
  "map in batches": start.map("key", (items) => items, { ...STAGE, batch: { size: 2, ...LOAD } }),
  "map with retry": start.map("key", same, {
    retry: { maxAttempts: 1, ...RETRY },
  }),
  "a step": start.map("key", createStep("step", ({ input }: { input: number }) => input, STEP)),
  "a streaming step": start.add(
    "key",
    createStreamingStep<number, number>("step", ({ input }) => input, STEP),
  ),
  "a step written by hand": start.map("key", {
    name: "by hand",
    isStreamingStep: none,
    retry: none,
    execute: ({ input }: { readonly input: AsyncIterable<number> }) => input,
  }),
  flatMap: start.flatMap("key", (item) => [item], STAGE),
  filter: start.filter("key", () => true, FILTER),
  tap: start.tap("key", same, STAGE),
  takeWhile: start.takeWhile("key", () => true, STAGE),
  skipWhile: start.skipWhile("key", () => false, STAGE),
  branch: start.branch("key", () => true, same, same, STAGE),
  scan: start.scan("key", (_, item) => item, 0, CALL),
  transform: start.transform("key", () => ({ transform: (item) => [item] }), CALL),
  batchUntil: start.batchUntil("key", () => true, CALL).flatten("flat"),
  batch: start.batch("key", { ...BATCH, size: 2 }).flatten("flat"),
  window: start.window("key", { ...WINDOW, size: 2 }).flatten("flat"),
  distinct: start.distinct("key", DISTINCT),
  mapPartitioned: start.mapPartitioned("key", same, same, { ...PARTITIONED, ordered: true }),
  throttle: start.throttle("key", { limit: 2, intervalMs: 1, ...THROTTLE }),
  delay: start.delay("key", 0, DELAY),
  timeout: start.timeout("key", { betweenMs: 60_000, ...TIMEOUT }),
  windowTime: start
    .windowTime("key", { sizeMs: 60_000, ...WINDOW_TIME, ...EVENT_TIME, gapMs: none })
    .flatMap("flat", ({ items }) => items),
  "windowTime of events": start
    .windowTime("key", { timestamp: same, sizeMs: 10, ...WINDOW_TIME, ...EVENT_TIME })
    .flatMap("flat", ({ items }) => items),
  groupBy: start.groupBy("key", () => 0, (group) => group, GROUP_BY),
  fanOut: start.fanOut("key", { only: { build: (branch) => branch, ...BRANCH } }),
  joinWith: start.joinWith("key", [1, 2], {
    leftKey: same,
    rightKey: same,
    kind: "inner",
    strategy: "hash",
    ...JOIN,
  }).map("left", ([left]) => left),
};

for (const [name, pipeline] of Object.entries(STREAMING)) {
  test(`[L9] ${name}: an option that is undefined is one that is left out`, async () => {
    assertEquals(await pipeline.executeToArray([1, 2], RUN), [1, 2]);
  });
}

test("[L9] toTransformStream() takes strategies whose options are undefined", async () => {
  const strategy = { highWaterMark: none, size: none };
  const { readable, writable } = start.toTransformStream(strategy, strategy, RUN);
  const writer = writable.getWriter();
  const written = writer.write(1);

  assertEquals(await readable.getReader().read(), { done: false, value: 1 });
  await Promise.all([written, writer.close()]);
});

test("[L9] the batch pipeline, the bridge and the registry take options that are undefined", async () => {
  const pipeline = Pipeline.start<number[]>().map("key", same, LIST)
    .flatMap("many", (item) => [item], LIST).filter("kept", () => true, LIST);
  const bridged = streamingToPipeline(start.map("key", same), TO_PIPELINE);
  const registry = new PipelineRegistry();
  registry.register("name", pipeline, REGISTER);

  const results = await Promise.all([
    pipeline.execute([1, 2], EXECUTE),
    bridged.execute([1, 2], EXECUTE),
    registry.execute("name", [1, 2], EXECUTE),
  ]);

  assertEquals(results.map((result) => result.success && result.data), Array(3).fill([1, 2]));
});

test("[L9] join() takes options that are undefined", async () => {
  const rows = join([1], [1], {
    leftKey: same,
    rightKey: same,
    kind: "inner",
    strategy: "hash",
    ...JOIN,
  });

  for await (const row of rows) assertEquals(row, [1, 1]);
});
