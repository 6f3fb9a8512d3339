import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  Pipeline,
  PipelineRegistry,
  pipelineToStreaming,
  StreamingError,
  StreamingPipeline,
} from "../../mod.ts";
import { circuitBreaker, policy, rateLimit, semaphore } from "../../src/policies/mod.ts";
import { StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import { batch, pipe } from "../../src/operators/mod.ts";
import { test } from "../harness.ts";
import { untyped } from "../support/refused.ts";

const start = StreamingPipeline.start<number>();
const core = untyped(CorePipeline.start<number>());
const same = (item: number) => item;
const step = { name: "step", execute: async () => await same(1) };

/** As another copy of the package makes them: of other classes, with the same methods. */
const otherPipeline = { executeToArray: () => {} };
const otherOperator = { build: () => {} };
const otherBatch = { execute: () => {}, getStageNames: () => [] };
const otherPolicy = { "~admission": {}, metrics: () => {} };
const COPY = "got an object of another copy of this package";

const mapWith = (options: object) => () => start.map("a", same, options);
const runWith = (options: object) => () => start.execute([1], options);

/** What newcomers wrote, and what the message says was meant. */
const GUESSES: Readonly<Record<string, readonly [build: () => unknown, ending: string]>> = {
  "concurrency for concurrencyLimit": [
    mapWith({ concurrency: 3 }),
    "Did you mean concurrencyLimit?",
  ],
  "another word in front": [mapWith({ maxConcurrency: 3 }), "Did you mean concurrencyLimit?"],
  "another case": [mapWith({ TimeoutMs: 3 }), "Did you mean timeoutMs?"],
  "a time without its unit": [mapWith({ timeout: 3 }), "Did you mean timeoutMs?"],
  "retries for retry": [mapWith({ retries: 3 }), "Did you mean retry?"],
  "attempts for maxAttempts": [mapWith({ retry: { attempts: 3 } }), "Did you mean maxAttempts?"],
  "retry as a switch": [
    mapWith({ retry: true }),
    "retry must be a number of attempts, or options such as { maxAttempts: 3 }, got true",
  ],
  "options before the function": [
    () => untyped(start).map!("a", { concurrencyLimit: 3 }, same),
    "its work must be a function or a step, got an object; options come last",
  ],
  "a pipeline for a function": [
    () => untyped(start).map!("a", StreamingPipeline.start<number>()),
    "its work must be a function or a step, got a StreamingPipeline; compose adds a pipeline, partition two",
  ],
  "a batch pipeline for a function": [
    () => untyped(start).map!("a", Pipeline.start<number[]>()),
    "its work must be a function or a step, got an object; compose adds a pipeline, partition two",
  ],
  "pipelines for the sides of a branch": [
    () => untyped(start).branch!("a", same, start, start),
    "its work must be a function or a step, got a StreamingPipeline; compose adds a pipeline, partition two",
  ],
  "pipelines for what builds them": [
    () => untyped(start).partition!("a", same, start, start),
    "its whenTrue must be a function, got a StreamingPipeline",
  ],
  "a pipeline for what builds that of a branch": [
    () => untyped(start).route!("a", same, { all: start }),
    "all.build must be a function, got a StreamingPipeline",
  ],
  "a pipeline for the options": [
    () => untyped(start).execute!([1], start),
    "options must be an object, got a StreamingPipeline",
  ],
  "a number for parallel": [
    mapWith({ parallel: 4 }),
    "parallel must be a boolean, got 4; concurrencyLimit takes a number",
  ],
  "a rate for a limit": [
    mapWith({ concurrencyLimit: rateLimit({ limit: 1, intervalMs: 1 }) }),
    "its concurrencyLimit is a policy without a limit: give it as policy",
  ],
  "a policy of parts without a limit for one": [
    mapWith({
      concurrencyLimit: policy(
        rateLimit({ limit: 1, intervalMs: 1 }),
        circuitBreaker({ failureRate: 1, minimumCalls: 1, openMs: 1 }),
      ),
    }),
    "its concurrencyLimit is a policy without a limit: give it as policy",
  ],
  "a signal for the options": [
    () => untyped(start).execute!([1], new AbortController().signal),
    "options must be an object, got an AbortSignal",
  ],
  "a policy in the place of another option": [
    mapWith({ retry: semaphore(2) }),
    "retry must be an object, got a Policy",
  ],
  "a promise for the options": [
    mapWith(Promise.resolve({ concurrencyLimit: 3 })),
    "options must be an object, got a Promise",
  ],
  "options beside a size": [
    () => untyped(start).batch!("a", 50, { maxWaitMs: 100 }),
    "Cannot call batch: got 3 arguments, not 2",
  ],
  "options beside a function": [
    () => untyped(start).distinct!("a", same, { window: 100 }),
    "Cannot call distinct: got 3 arguments, not 2",
  ],
  "several sources": [
    () => untyped(start).mergeWith!("a", [1], [2]),
    "Cannot call mergeWith: got 3 arguments, not 2",
  ],
  "several pipelines": [
    () => untyped(start).compose!(start, start),
    "Cannot call compose: got 2 arguments, not 1",
  ],
  "a number in quotes": [
    mapWith({ concurrencyLimit: "10" }),
    'concurrencyLimit must be a positive integer, got "10". Did you mean 10?',
  ],
  "a number in quotes that would not do either": [
    mapWith({ concurrencyLimit: "0" }),
    'concurrencyLimit must be a positive integer, got "0"',
  ],
  "skip for SKIP_FAILED": [
    mapWith({ errorStrategy: "skip" }),
    "Did you mean SKIP_FAILED?",
  ],
  "a letter too few": [runWith({ signl: undefined }), "Did you mean signal?"],
  "abortSignal for signal": [runWith({ abortSignal: undefined }), "Did you mean signal?"],
  "a controller for its signal": [
    runWith({ signal: new AbortController() }),
    "signal must be an AbortSignal, got an AbortController",
  ],
  "a stage without a key": [
    () => start.map(same as never, undefined as never),
    'got a function; the key comes first: map("key", …)',
  ],
  "a batch without a key": [
    () => untyped(start).batch!(50),
    'got 50; the key comes first: batch("key", …)',
  ],
  "an operator without a key": [
    () => untyped(start).use!(batch(50)),
    'got an object; the key comes first: use("key", …)',
  ],
  "a source where a pipeline begins": [
    () => untyped(StreamingPipeline).start!([1, 2]),
    "contextBuilder must be a function, got an array; items are given to execute",
  ],
  "one transform for all runs": [
    () => start.through("a", new TransformStream() as never),
    "got a TransformStream; each run needs one of its own: () => new …()",
  ],
  "options in the small pipeline": [
    () => core.map!("a", same, { concurrencyLimit: 3 }),
    "options and steps are for use() with map of @headrace/pipeline/operators",
  ],
  "a step in the small pipeline": [
    () => core.flatMap!("a", step),
    "options and steps are for use() with flatMap of @headrace/pipeline/operators",
  ],
  "a pipeline of another copy of the package": [
    () => start.compose(otherPipeline as never),
    COPY,
  ],
  "a batch pipeline of another copy of the package": [
    () => pipelineToStreaming(otherBatch as never),
    COPY,
  ],
  "a registered pipeline of another copy of the package": [
    () => new PipelineRegistry().register("a", otherBatch as never),
    COPY,
  ],
  "a policy of another copy of the package": [
    () => policy(semaphore(1), otherPolicy as never),
    COPY,
  ],
  "an operator of another copy of the package": [
    () => pipe(batch(1), otherOperator as never),
    COPY,
  ],
};

for (const [what, [build, ending]] of Object.entries(GUESSES)) {
  test(`[L9] a message says what was probably meant: ${what}`, () => {
    const { message } = assertThrows(build, Error);

    assertEquals(message.slice(-ending.length), ending);
  });
}

test("[L9] a message says where a return is probably missing", async () => {
  const pipeline = start.flatMap(
    "a",
    ((item: number) => {
      [item];
    }) as never,
  );

  const { cause } = await assertRejects(() => pipeline.executeToArray([1]), StreamingError);

  const ending = "got undefined; is a return missing?";
  assertEquals((cause as Error).message.slice(-ending.length), ending);
});

test("[L9] a message says that a pipeline inside of a stage is of another copy", async () => {
  const given = () => otherPipeline as never;
  const refused = [
    start.groupBy("a", () => "one", given),
    start.partition("a", () => true, given, given),
    start.route("a", () => "one", { one: given }),
  ];
  for (const pipeline of refused) {
    const { cause } = await assertRejects(() => pipeline.executeToArray([1]), StreamingError);

    assertEquals((cause as Error).message.endsWith(COPY), true);
  }
});

test("[L9] a message names a pipeline that a function has returned as one", async () => {
  const pipeline = start.flatMap("a", (() => start) as never);

  const { cause } = await assertRejects(() => pipeline.executeToArray([1]), StreamingError);

  assertEquals((cause as Error).message.endsWith("got a StreamingPipeline"), true);
});

test("[L9] a message guesses nothing where no word is like the one given", () => {
  for (const options of [{ x: 1 }, { toString: 1 }, { errorStrategy: "continue" }]) {
    const { message } = assertThrows(mapWith(options), TypeError);

    assertEquals(message.includes("Did you mean"), false, message);
  }
});
