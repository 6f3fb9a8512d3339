// What the bridge refuses, and in which words: function, rule and value.

import { assertEquals, assertThrows } from "@std/assert";
import {
  createHybridStep,
  createStep,
  createStreamingStep,
  Pipeline,
  pipelineToStreaming,
  stepToStreamingStep,
  StreamingPipeline,
  streamingStepToStep,
  streamingToPipeline,
} from "../../../mod.ts";
import { dataOf } from "../_helpers.ts";
import { cannot, withoutHint } from "../../support/refused.ts";
import { test } from "../../harness.ts";

const batch = Pipeline.start<number[]>();
const streaming = StreamingPipeline.start<number>();
const step = createStep<number, number>("step", ({ input }) => input);
const streamed = createStreamingStep<number, number>("streamed", ({ input }) => input);
const hybrid = createHybridStep<number, number>("hybrid", {
  batch: ({ input }) => input,
  streaming: ({ input }) => input,
});

/** What is none of the things that cross, and how it is shown. */
const OTHERS: readonly (readonly [unknown, string])[] = [
  [undefined, "undefined"],
  [null, "null"],
  [1, "1"],
  ["step", `"step"`],
  [true, "true"],
  [{}, "an object"],
  [[], "an array"],
  [() => 1, "a function"],
];

type Cross = (...given: readonly unknown[]) => unknown;

/** Each function, its rule, and what belongs to another one. */
const FUNCTIONS: readonly {
  readonly name: string;
  readonly cross: unknown;
  readonly rule: string;
  readonly misplaced: readonly unknown[];
}[] = [
  {
    name: "pipelineToStreaming",
    cross: pipelineToStreaming,
    rule: "pipeline must be a Pipeline",
    misplaced: [streaming, step, streamed, hybrid],
  },
  {
    name: "streamingToPipeline",
    cross: streamingToPipeline,
    rule: "pipeline must be a StreamingPipeline",
    misplaced: [batch, step, streamed, hybrid],
  },
  {
    name: "stepToStreamingStep",
    cross: stepToStreamingStep,
    rule: "step must be a step on one value",
    misplaced: [streamed],
  },
  {
    name: "streamingStepToStep",
    cross: streamingStepToStep,
    rule: "step must be a streaming step",
    misplaced: [step],
  },
];

for (const { name, cross, rule, misplaced } of FUNCTIONS) {
  test(`[L9] ${name} names itself, its rule and the value that it refuses`, () => {
    const show = (each: unknown) => each === streaming ? "a StreamingPipeline" : "an object";
    const given = [...OTHERS, ...misplaced.map((each) => [each, show(each)] as const)];
    for (const [value, shown] of given) {
      const error = assertThrows(() => (cross as Cross)(value), TypeError);

      assertEquals(error.message, `${cannot(name)}: ${rule}, got ${shown}`);
    }
  });
}

for (const [name, cross] of Object.entries({ stepToStreamingStep, streamingStepToStep })) {
  test(`[L9] ${name} refuses a step without a name or with work that is no function`, () => {
    for (const [value, shown] of [[undefined, "undefined"], ["", `""`], [1, "1"]]) {
      const error = assertThrows(
        () => (cross as Cross)({ name: value, execute: async () => await 1 }),
        TypeError,
      );
      assertEquals(
        error.message,
        `${cannot(name)}: the step's name must be a non-empty string, got ${shown}`,
      );
    }
    const error = assertThrows(() => (cross as Cross)({ name: "x", execute: 1 }), TypeError);
    assertEquals(error.message, `${cannot(name)}: the step's execute must be a function, got 1`);
  });

  test(`[L9] ${name} refuses pipelines`, () => {
    for (const pipeline of [batch, streaming]) {
      const error = assertThrows(() => (cross as Cross)(pipeline), TypeError);
      assertEquals(error.message.startsWith(`${cannot(name)}: `), true, error.message);
    }
  });

  test(`[L9] ${name} refuses a retry that is not valid`, () => {
    const made = name === "stepToStreamingStep" ? step : streamed;
    for (
      const [retry, rule] of [
        [{ maxAttempts: 0, backoffMs: 1 }, "retry.maxAttempts must be a positive integer, got 0"],
        [{ maxAttempts: 2, backoffMs: NaN }, "retry.backoffMs must be a finite number"],
      ] as const
    ) {
      const error = assertThrows(() => (cross as Cross)({ ...made, retry }), RangeError);

      assertEquals(error.message.includes(rule), true, error.message);
    }
  });
}

test("[L9] streamingToPipeline refuses options that are not valid", () => {
  const refuse = (options: unknown) =>
    assertThrows(() => (streamingToPipeline as Cross)(streaming, options), Error).message;
  const known = "it takes errorsTo, keepState";

  for (
    const [options, message] of [
      [null, "options must be an object, got null"],
      [{ signal: new AbortController().signal }, `unknown option "signal"; ${known}`],
      [{ metricsIntervalMs: 5 }, `unknown option "metricsIntervalMs"; ${known}`],
      [{ closeTimeoutMs: 5 }, `unknown option "closeTimeoutMs"; ${known}`],
      [{ keepState: 1 }, "keepState must be a boolean, got 1"],
      [{ errorBuffer: 10 }, `unknown option "errorBuffer"; ${known}`],
      [{ errorsTo: "log" }, `errorsTo must be a WritableStream or a function, got "log"`],
    ] as const
  ) assertEquals(withoutHint(refuse(options)), `Cannot call streamingToPipeline: ${message}`);
});

test("[L9] pipelineToStreaming refuses options that are not valid", () => {
  for (
    const [options, message] of [
      [null, "options must be an object, got null"],
      [{ checkpoints: "some" }, `checkpoints must be one of on-demand, always, never, got "some"`],
      [{ errorsTo: () => {} }, `unknown option "errorsTo"`],
      [
        { metadata: { maxErrors: -1 } },
        "metadata.maxErrors must be a non-negative integer, got -1",
      ],
    ] as const
  ) {
    const error = assertThrows(() => (pipelineToStreaming as Cross)(batch, options), Error);

    assertEquals(error.message.includes(`: ${message}`), true, error.message);
  }
});

test("[L9] the builders refuse what is no step of either kind", () => {
  for (const [value, shown] of OTHERS.slice(0, -1)) {
    for (const builder of [batch, streaming]) {
      const error = assertThrows(
        () => (builder as unknown as { add: Cross }).add("stage", value),
        TypeError,
      );
      assertEquals(
        withoutHint(error.message),
        `Cannot add the stage "stage" (add): its work must be a function or a step, got ${shown}`,
      );
    }
  }
});

test("steps that are instances of classes cross like any other", async () => {
  class Plus {
    readonly name: string = "plus";
    readonly #more: number = 1;

    async execute({ input }: { readonly input: number }) {
      const metadata = { stepName: this.name, startTime: 0, endTime: 0, durationMs: 0 };
      return await { success: true as const, data: input + this.#more, metadata };
    }
  }
  class Twice {
    readonly name: string = "twice";
    readonly #times: number = 2;

    async *execute({ input }: { readonly input: AsyncIterable<number> }) {
      for await (const item of input) yield item * this.#times;
    }
  }
  const [plus, twice] = [new Plus(), new Twice()];

  const crossed = Pipeline.start<number[]>()
    .add("twice", streamingStepToStep(twice))
    .add("plus", stepToStreamingStep(plus));
  assertEquals(dataOf(await crossed.execute([1, 2])), [3, 5]);
  const direct = StreamingPipeline.start<number>().add("twice", twice).map("plus", plus);
  assertEquals(await direct.executeToArray([1, 2]), [3, 5]);
});
