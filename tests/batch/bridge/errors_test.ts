// What is known of a failure after it has crossed the bridge, once or twice.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  Pipeline,
  pipelineToStreaming,
  type Step,
  type StepError,
  type StepMetadata,
  stepToStreamingStep,
  StreamingError,
  StreamingPipeline,
  streamingStepToStep,
  streamingToPipeline,
} from "../../../mod.ts";
import { coded, dataOf, errorOf, failuresOf } from "../_helpers.ts";
import { test } from "../../harness.ts";
import { CROSSINGS } from "./_helpers.ts";

/** What is thrown, and the code and retryability that both sides give it. */
const CAUSES: readonly (readonly [unknown, string, boolean])[] = [
  [coded("ETIMEDOUT"), "ETIMEDOUT", true],
  [coded("NO_QUOTA"), "NO_QUOTA", false],
  [coded("NO_QUOTA", { retryable: true }), "NO_QUOTA", true],
  [Object.assign(new Error("busy"), { status: 429 }), "HTTP_429", true],
  [Object.assign(new Error("gone"), { status: 410 }), "HTTP_410", false],
  [new DOMException("too slow", "TimeoutError"), "TimeoutError", true],
  [new Error("timeout 503"), "STEP_ERROR", false],
  ["a string", "STEP_ERROR", false],
  [42, "STEP_ERROR", false],
  [null, "STEP_ERROR", false],
  [undefined, "STEP_ERROR", false],
  [{ status: 503 }, "HTTP_503", true],
];

for (const { name, stepName = "the step", run } of CROSSINGS) {
  test(`[defect] code, cause, retryable and step name cross the bridge: ${name}`, async () => {
    for (const [cause, code, retryable] of CAUSES) {
      const { failure } = await run((item) => {
        if (item === 2) throw cause;
        return item;
      })([1, 2, 3]);

      assertEquals({ ...failure }, { code, cause, retryable, stepName });
      assertStrictEquals(failure?.cause, cause);
    }
  });

  test(`the first failing item is the one that is reported: ${name}`, async () => {
    const { failure } = await run((item) => {
      if (item > 1) throw coded(`E${item}`);
      return item;
    })([1, 3, 2, 4]);

    assertEquals(failure?.code, "E3");
  });
}

/** A step that fails by its result alone, with nothing that was thrown. */
const refuses: Step<number, number> = {
  name: "refuses",
  execute: async () =>
    await {
      success: false,
      error: { code: "REFUSED", message: "closed on Sundays", retryable: true },
      metadata: { stepName: "refuses", startTime: 0, endTime: 0, durationMs: 0 },
    },
};

/** Ways to bring that step to the other side and back; each ends in a batch result. */
const TWICE: Readonly<Record<string, (step: Step<number, number>) => Promise<Told>>> = {
  "as a pipeline": async (step) =>
    await streamingToPipeline(pipelineToStreaming(Pipeline.start<number>().add("stage", step)))
      .execute([1]),
  "as a step": async (step) =>
    await Pipeline.start<number[]>()
      .add("stage", streamingStepToStep(stepToStreamingStep(step)))
      .execute([1]),
  "handed directly": async (step) =>
    await streamingToPipeline(StreamingPipeline.start<number>().map("stage", step)).execute([1]),
};

type Told = { readonly success: boolean; readonly error?: StepError; metadata: StepMetadata };

for (const [how, run] of Object.entries(TWICE)) {
  test(`what a step says of its failure is passed on as it is, over and back, ${how}`, async () => {
    const { success, error, metadata } = await run(refuses);

    assertEquals([success, metadata.stepName], [false, "refuses"]);
    assertEquals(error, { code: "REFUSED", message: "closed on Sundays", retryable: true });
  });

  test(`the message of a cause is passed on as it is, over and back, ${how}`, async () => {
    const throws = createStep<number, number>("throws", () => {
      throw coded("NO_QUOTA");
    });
    const { error } = await run(throws);

    assertEquals([error?.code, error?.message], ["NO_QUOTA", "failed with NO_QUOTA"]);
  });
}

async function errorOfRun(run: Promise<unknown>): Promise<StreamingError> {
  const error = await run.then(() => undefined, (thrown) => thrown);
  assertInstanceOf(error, StreamingError);
  return error;
}

const odd = createStep<number, number>("odd", ({ input }) => {
  if (input % 2 === 0) throw coded(`E${input}`);
  return input;
});

test("an error of a batch stage in a stream names key, step, index and item", async () => {
  const pipeline = pipelineToStreaming(
    Pipeline.start<number>().add("first", createStep("same", ({ input }) => input as number))
      .add("second", odd),
  );
  const error = await errorOfRun(pipeline.executeToArray([1, 3, 4, 5]));

  assertEquals([error.key, error.stepName, error.itemIndex, error.item, error.attempts], [
    "second",
    "odd",
    2,
    4,
    1,
  ]);
  assertEquals(error.phase, "yield");
});

test("an error of a step that was made a streaming step names index and item", async () => {
  const pipeline = StreamingPipeline.start<number>().add("stage", stepToStreamingStep(odd));
  const error = await errorOfRun(pipeline.executeToArray([1, 3, 4, 5]));

  assertEquals([error.key, error.stepName, error.itemIndex, error.item], ["stage", "odd", 2, 4]);
});

test("an error of a batch stage shows no data in its message", async () => {
  const quotes = createStep<number, number>("quotes", ({ input }) => {
    throw coded("NO_QUOTA", { message: `no more than ${input}` });
  });
  const pipelines = [
    pipelineToStreaming(Pipeline.start<number>().add("stage", quotes)),
    StreamingPipeline.start<number>().add("stage", stepToStreamingStep(quotes)),
  ];

  for (const pipeline of pipelines) {
    const { message } = await errorOfRun(pipeline.executeToArray([12_345]));
    assertEquals(message, `Stage "stage" failed at item 0: NO_QUOTA`);
  }
});

test("a list that is worked on whole tells a stream every failure by index", async () => {
  const pipeline = pipelineToStreaming(
    Pipeline.start<number[]>().map("stage", odd, { errorStrategy: "COLLECT_ERRORS" }),
  );
  const error = await errorOfRun(pipeline.executeToArray([[1, 3], [1, 2, 3, 4]]));

  assertEquals([error.code, error.itemIndex, error.retryable], [
    "LIST_PROCESSING_ERRORS",
    1,
    false,
  ]);
  assertEquals(toCodes(error.cause), [[1, "E2"], [3, "E4"]]);
});

test("failures by index survive a double crossing", async () => {
  const list = Pipeline.start<number[]>().map("stage", odd, { errorStrategy: "COLLECT_ERRORS" });
  const result = await streamingToPipeline(pipelineToStreaming(list)).execute([[1, 2, 3, 4]]);

  assertEquals([errorOf(result).code, errorOf(result).message, result.metadata.stepName], [
    "LIST_PROCESSING_ERRORS",
    "2 of 4 items failed",
    "odd_list",
  ]);
  assertEquals(toCodes(failuresOf(result)), [[1, "E2"], [3, "E4"]]);
});

test("a source that fails is a failed result with its code and cause", async () => {
  const cause = coded("ECONNRESET");
  const pipeline = streamingToPipeline(StreamingPipeline.start<number>().map("stage", (n) => n));
  const result = await pipeline.execute((async function* () {
    yield 1;
    throw cause;
  })());

  assertEquals([errorOf(result).code, errorOf(result).retryable], ["ECONNRESET", true]);
  assertStrictEquals(errorOf(result).cause, cause);
  assertEquals(result.metadata.stepName, "source");
});

test("a context builder that throws fails a batch pipeline, and rejects a stream", async () => {
  const cause = coded("NO_DATABASE");
  const fails = () => {
    throw cause;
  };
  const result = await streamingToPipeline(StreamingPipeline.start<number>(fails)).execute([1]);
  const thrown = await pipelineToStreaming(Pipeline.start<number>(fails)).executeToArray([1])
    .catch((error) => error);

  assertStrictEquals(errorOf(result).cause, cause);
  assertStrictEquals(thrown, cause);
});

test("the stages of a stream that stand before a failing batch stage have come out", async () => {
  const pipeline = pipelineToStreaming(Pipeline.start<number>().add("stage", odd)).batch("b", 2);
  const seen: unknown[] = [];
  const error = await errorOfRun(pipeline.executeForEach([1, 3, 5, 4, 7], (b) => seen.push(b)));

  assertEquals([seen, error.code], [[[1, 3], [5]], "E4"]);
});

test("a batch stage in a stream follows the strategies of its own list", async () => {
  const list = Pipeline.start<number[]>().map("stage", odd, { errorStrategy: "SKIP_FAILED" });

  assertEquals(await pipelineToStreaming(list).executeToArray([[1, 2, 3], [4]]), [[1, 3], []]);
});

test("a streaming step whose failures are skipped goes on after each of them", async () => {
  const step = createStreamingStep<number, number>("odd", async function* ({ input }) {
    for await (const item of input) {
      if (item % 2 === 0) throw coded(`E${item}`);
      yield item;
    }
  });
  const pipeline = StreamingPipeline.start<number>()
    .add("stage", step, { errorStrategy: "SKIP_FAILED" });

  assertEquals(dataOf(await streamingToPipeline(pipeline).execute([1, 2, 3, 4, 5])), [1, 3, 5]);
});

function toCodes(failures: unknown): unknown[] {
  return (failures as { index: number; error: StepError }[])
    .map(({ index, error }) => [index, error.code]);
}
