// L9: whatever is given in place of an argument or option, what is refused is refused in a sentence that
// names the stage or the function, the rule and the value: checks only look at what can be read.

import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  merge,
  Pipeline,
  PipelineRegistry,
  pipelineToStreaming,
  retrySource,
  share,
  singleToList,
  stepToStreamingStep,
  StreamingPipeline,
  streamingStepToStep,
  streamingToPipeline,
} from "../../mod.ts";
import { pipe } from "../../src/operators/mod.ts";
import { policy, rateLimit, semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { HOSTILE_VALUES } from "../support/hostile_values.ts";

const start = () => StreamingPipeline.start<number>();
const same = (item: number) => item;

/** Where a value can be given that is looked at before anything runs. */
const PLACES: Readonly<Record<string, (given: never) => unknown>> = {
  "a boolean": (given) => start().map("stage", same, { parallel: given }),
  "a whole number": (given) => start().map("stage", same, { concurrencyLimit: given }),
  "a time": (given) => start().map("stage", same, { timeoutMs: given }),
  "one of several words": (given) => start().map("stage", same, { errorStrategy: given }),
  "a function": (given) => start().filter("stage", given),
  "work": (given) => start().map("stage", given),
  "a step": (given) => start().add("stage", given),
  "a key": (given) => start().map(given, same),
  "an operator": (given) => start().use("stage", given),
  "an operator in a pipe": (given) => start().use("stage", pipe(given, given)),
  "options": (given) => start().map("stage", same, given),
  "options of start()": (given) => StreamingPipeline.start<number>(() => ({}), given),
  "options of an end": (given) => start().executeToArray([1], given),
  "retry": (given) => start().map("stage", same, { retry: given }),
  "a policy": (given) => start().map("stage", same, { policy: given }),
  "a size": (given) => start().batch("stage", given),
  "a window": (given) => start().window("stage", given),
  "a branch": (given) => start().fanOut("stage", { one: given }),
  "a stop": (given) => start().takeUntil("stage", given),
  "a signal": (given) => start().executeToArray([1], { signal: given }),
  "a stop of an end": (given) => start().executeToArray([1], { stop: given }),
  "a sink": (given) => start().executeToArray([1], { errorsTo: given }),
  "a reducer": (given) => start().executeReduce([1], given, 0),
  "a pipeline": (given) => pipelineToStreaming(given),
  "a pipeline to compose": (given) => start().compose(given),
  "what is shared": (given) => share(merge([1]), given),
  "what is tried again": (given) => retrySource(given, 2),
  "a time window": (given) => start().windowTime("stage", given),
  "a transform": (given) => start().through("stage", () => given).executeToArray([1]),
  "a streaming pipeline": (given) => streamingToPipeline(given),
  "a step of a batch pipeline": (given) => Pipeline.start<number[]>().add("stage", given),
  "a step for a list": (given) => singleToList(given),
  "a step to make streaming": (given) => stepToStreamingStep(given),
  "a step to run on a stream": (given) => streamingStepToStep(given),
  "the name of a step": (given) => createStep(given, () => 1),
  "the body of a step": (given) => createStreamingStep("step", given),
  "the options of a step": (given) => createStep("step", () => 1, given),
  "what is registered": (given) => new PipelineRegistry().register(given),
  "a registered pipeline": (given) => new PipelineRegistry().register("name", given),
  "a schema": (given) =>
    new PipelineRegistry().register("name", Pipeline.start<number>(), { input: given }),
  "one policy of several": (given) => policy(semaphore(1), given),
  "a limit": (given) => rateLimit({ limit: given, intervalMs: 1_000 }),
  "a number of places": (given) => semaphore(given),
};

for (const [place, give] of Object.entries(PLACES)) {
  test(`[L9] ${place} that is a hostile value is refused in a sentence, or taken`, async () => {
    for (const [name, make] of Object.entries(HOSTILE_VALUES)) {
      const refusal = await refusalOf(() => give(make() as never));
      if (refusal === undefined) continue;
      assertInstanceOf(refusal, Error, name);
      assertEquals(
        /^(Cannot \w|Stage ")/.test(refusal.message),
        true,
        `${name}: ${refusal.message}`,
      );
    }
  });
}

async function refusalOf(give: () => unknown): Promise<unknown> {
  try {
    await give();
    return undefined;
  } catch (error) {
    return error;
  }
}
