// [L6] Whatever is thrown in a batch pipeline is a result, with what was thrown in `cause`.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  createBatchStep,
  createFilterStep,
  createHybridStep,
  createListStep,
  createParallel,
  createStep,
  createTransform,
  Pipeline,
  PipelineRegistry,
  singleToList,
  type Step,
  type StepResult,
  StreamingError,
  StreamingPipeline,
  streamingToPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { HOSTILE_VALUES, refusing } from "../support/hostile_values.ts";
import { settled, testAll } from "./_hostile.ts";

type Refuse = () => never;

const value = () => Pipeline.start<number>();
const list = () => Pipeline.start<number[]>();
const half = (step: unknown) => list().add("a", step as Step<number[], number[]>).execute([1]);

const RUNS: Readonly<Record<string, (refuse: Refuse) => Promise<StepResult<unknown>>>> = {
  "a step": (refuse) => value().add("a", createStep("step", refuse)).execute(1),
  "a step, later": (refuse) =>
    value().add("a", createStep("step", () => Promise.resolve().then(refuse))).execute(1),
  "a step that tries again": (refuse) => {
    const retry = { maxAttempts: 2, backoffMs: 0 };
    return value().add("a", createStep("step", refuse, { retry })).execute(1);
  },
  "a step that was written by hand": (refuse) =>
    value().add("a", { name: "step", execute: refuse } as Step<number, number>).execute(1),
  "a transform": (refuse) => value().add("a", createTransform("step", refuse)).execute(1),
  "a step of a list": (refuse) => half(createListStep("step", refuse)),
  "a step of a list for one": (refuse) => half(singleToList(createStep("step", refuse))),
  "a predicate of a step": (refuse) => half(createFilterStep(refuse)),
  "a step that is both": (refuse) =>
    half(createHybridStep("step", { batch: refuse, streaming: async function* () {} })),
  "steps side by side": (refuse) =>
    half(createParallel("step", [createBatchStep(1), createStep("step", refuse)])),
  "the builder of a context": (refuse) =>
    Pipeline.start<number>(refuse).add("a", createStep("step", () => 1)).execute(1),
  "the predicate of branch()": (refuse) => {
    const step = createStep("step", () => 1);
    return value().branch("a", refuse, step, step).execute(1);
  },
  "map()": (refuse) => list().map("a", refuse).execute([1]),
  "map() side by side": (refuse) => list().map("a", refuse, { parallel: true }).execute([1]),
  "filter()": (refuse) => list().filter("a", refuse).execute([1]),
  "flatMap()": (refuse) => list().flatMap("a", refuse).execute([1]),
  "flatMap() side by side": (refuse) =>
    list().flatMap("a", refuse, { parallel: true }).execute([1]),
  "a stage of a stream": (refuse) =>
    streamingToPipeline(StreamingPipeline.start<number>().map("m", refuse)).execute([1]),
};

for (const [name, run] of Object.entries(RUNS)) {
  const title = `[L6] whatever ${name} throws is a result of a batch pipeline, with its cause`;
  testAll(title, HOSTILE_VALUES, async (thrown, what, clock) => {
    const running = run(() => {
      throw thrown;
    });
    const { state, value: result } = await settled(running, what, clock);

    assertEquals([state, result?.success], ["resolved", false], what);
    assert(result !== undefined && !result.success, what);
    const { cause, code, message, retryable } = result.error;
    assert(Object.is(cause, thrown), what);
    assert(code !== "" && message !== "" && typeof retryable === "boolean", what);
  });
}

testAll(
  "[L6] whatever is thrown in a registered pipeline, or by its schema, is a result",
  HOSTILE_VALUES,
  async (thrown, what, clock) => {
    const refuse = () => {
      throw thrown;
    };
    const schema = { "~standard": { version: 1, vendor: "test", validate: refuse } } as const;
    const registry = new PipelineRegistry()
      .register("step", value().add("a", createStep("step", refuse)))
      .register("schema", value().add("a", createStep("step", () => 1)), { input: schema });
    for (const name of ["step", "schema"]) {
      const { state, value: result } = await settled(registry.execute(name, 1), what, clock);

      assertEquals([state, result?.success], ["resolved", false], what);
      assert(result !== undefined && !result.success, what);
      assert(Object.is(result.failure.cause, thrown), what);
    }
  },
);

const FAILURE = Object.assign(new Error("plain"), { status: 503 });
const NO_RESULT = [
  `Step "by hand" must return { success, data, metadata } or { success, error, metadata }`,
  "STEP_ERROR",
  false,
] as const;

/** What a step that was written by hand returns, and what its failure says. */
const RESULTS: readonly (readonly [unknown, string, string, boolean])[] = [
  ...[undefined, null, 1, "text", {}, [], { success: false }, { success: false, error: null }]
    .map((result) => [result, ...NO_RESULT] as const),
  [{ success: false, error: FAILURE }, "plain", "HTTP_503", true],
  [{ success: false, error: "no route" }, "no route", "STEP_ERROR", false],
  [{ success: false, error: { message: "no code" } }, "no code", "STEP_ERROR", false],
  [
    { success: false, error: { code: 5, message: Symbol("no"), retryable: "yes" } },
    "threw an object",
    "STEP_ERROR",
    false,
  ],
  [{ success: false, error: refusing() }, "threw an object", "STEP_ERROR", false],
  [refusing(), "Nothing can be asked of this", "STEP_ERROR", false],
];

test("[L6] whatever a step that was written by hand returns, its failure has all its parts", async () => {
  for (const [result, message, code, retryable] of RESULTS) {
    const step = { name: "by hand", isStep: true, execute: () => result };
    const runs = [
      value().add("a", step as unknown as Step<number, number>).execute(1),
      list().map("a", step as unknown as Step<number, number>).execute([1]),
    ];
    for (const outcome of await Promise.all(runs)) {
      assert(!outcome.success);
      const { error } = outcome;
      assertEquals([error.message, error.code, error.retryable], [message, code, retryable]);
    }
    for (const options of [{}, { parallel: true }]) {
      const pipeline = StreamingPipeline.start<number>()
        .map("a", step as unknown as Step<number, number>, options);
      const error = await pipeline.executeToArray([1]).catch((error) => error);

      assertInstanceOf(error, StreamingError);
      assertEquals([error.code, error.retryable], [code, retryable]);
    }
  }
});
