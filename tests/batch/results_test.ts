// What `execute` returns, to the letter.

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
} from "@std/assert";
import { createStep, type ListOptions, Pipeline, type StepMetadata } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { coded, dataOf, errorOf, MODES } from "./_helpers.ts";

const double = createStep("double", ({ input }: { input: number }) => input * 2);

test("a success has success, data and metadata, and nothing else", async () => {
  const result = await Pipeline.start<number>().add("doubled", double).execute(4);

  assertEquals(Object.keys(result).sort(), ["data", "metadata", "success"]);
  assertEquals([result.success, dataOf(result)], [true, 8]);
});

test("a failure has success, error and metadata, and nothing else", async () => {
  const fails = createStep("fails", (): number => {
    throw coded("NO_QUOTA");
  });
  const result = await Pipeline.start<number>().add("failed", fails).execute(4);

  assertEquals(Object.keys(result).sort(), ["error", "metadata", "success"]);
  assertEquals(result.success, false);
  assertEquals(Object.keys(errorOf(result)).sort(), ["cause", "code", "message", "retryable"]);
});

test("[defect] the metadata of a pipeline has its times and ids, and those of its stages", async () => {
  await new TestClock().use(async (clock) => {
    await clock.advance(1_000);
    const quick = createStep("quick", async ({ input }: { input: number }) => {
      await clock.advance(50);
      return input;
    });
    const slow = createStep("slow", async ({ input }: { input: number }) => {
      await clock.advance(250);
      return `${input}`;
    });

    const { metadata } = await Pipeline.start<number>()
      .add("first", quick)
      .add("second", slow)
      .execute(1);

    const { traceId, spanId, steps = [] } = metadata;
    assertEquals({ ...metadata }, {
      stepName: "pipeline_complete",
      startTime: 1_000,
      endTime: 1_300,
      durationMs: 300,
      traceId: traceId!,
      spanId: spanId!,
      steps,
    });
    assertEquals(steps.map(({ spanId: _, ...step }) => step), [
      {
        key: "first",
        stepName: "quick",
        startTime: 1_000,
        endTime: 1_050,
        durationMs: 50,
        traceId: traceId!,
      },
      {
        key: "second",
        stepName: "slow",
        startTime: 1_050,
        endTime: 1_300,
        durationMs: 250,
        traceId: traceId!,
      },
    ]);
  });
});

test("ids have the form of W3C Trace Context, and each stage and run has a span of its own", async () => {
  const pipeline = Pipeline.start<number>().add("first", double).add("second", double);
  const one = (await pipeline.execute(1)).metadata;
  const other = (await pipeline.execute(1)).metadata;
  const spansOf = ({ spanId, steps = [] }: StepMetadata) => [
    spanId,
    ...steps.map((step) => step.spanId),
  ];

  assertNotEquals(one.traceId, other.traceId);
  assertMatch(one.traceId!, /^(?!0+$)[0-9a-f]{32}$/);
  for (const span of spansOf(one)) assertMatch(span!, /^(?!0+$)[0-9a-f]{16}$/);
  assertEquals(new Set([...spansOf(one), ...spansOf(other)]).size, 6);
});

test("a step gets the ids that the metadata shows", async () => {
  const told: unknown[] = [];
  const look = createStep("look", ({ traceId, spanId }) => {
    told.push(traceId, spanId);
  });
  const { metadata } = await Pipeline.start<number>().add("look", look).execute(1);

  assertEquals(told, [metadata.traceId, metadata.steps?.[0]?.spanId]);
});

test("a failed pipeline has the name of the step that failed, and the stages up to it", async () => {
  await new TestClock().use(async (clock) => {
    const fails = createStep("fails", async (): Promise<number> => {
      await clock.advance(30);
      throw coded("NO_QUOTA");
    });
    const { metadata } = await Pipeline.start<number>()
      .add("first", double)
      .add("second", fails)
      .add("third", double)
      .execute(1);

    assertEquals([metadata.stepName, metadata.durationMs], ["fails", 30]);
    assertEquals(metadata.steps?.map(({ stepName, durationMs }) => [stepName, durationMs]), [
      ["double", 0],
      ["fails", 30],
    ]);
  });
});

test("a failed function stage is named by its key", async () => {
  const { metadata } = await Pipeline.start<number[]>()
    .map("reached", (item) => item)
    .map("failed", () => {
      throw new Error("no");
    })
    .execute([1]);

  assertEquals(metadata.stepName, "failed");
});

test("a branch that fails is named by the steps of both its sides", async () => {
  const fails = createStep("side", (): number => {
    throw coded("NO_QUOTA");
  });
  const pipeline = Pipeline.start<number>().branch("either", (input) => input > 0, fails, double);

  const failed = await pipeline.execute(1);
  assertEquals([failed.metadata.stepName, errorOf(failed).code], [
    "branch(side|double)",
    "NO_QUOTA",
  ]);
  const { metadata } = await pipeline.execute(-1);
  assertEquals(metadata.steps?.map(({ key, stepName }) => [key, stepName]), [
    ["either", "branch(side|double)"],
  ]);
});

test("a branch whose condition throws fails with UNHANDLED_ERROR", async () => {
  const cause = coded("NO_RULE");
  const pipeline = Pipeline.start<number>().branch(
    "either",
    () => {
      throw cause;
    },
    double,
    double,
  );
  const result = await pipeline.execute(1);

  assertEquals(result.metadata.stepName, "branch(double|double)");
  assertEquals([errorOf(result).code, errorOf(result).message], [
    "UNHANDLED_ERROR",
    "failed with NO_RULE",
  ]);
  assertStrictEquals(errorOf(result).cause, cause);
});

test("a branch may ask an async condition", async () => {
  const pipeline = Pipeline.start<number>()
    .branch("either", async (input) => await Promise.resolve(input > 0), double, {
      name: "zero",
      execute: () =>
        Promise.resolve({
          success: true,
          data: 0,
          metadata: { stepName: "zero", startTime: 0, endTime: 0, durationMs: 0 },
        }),
    });

  assertEquals(dataOf(await pipeline.execute(4)), 8);
  assertEquals(dataOf(await pipeline.execute(-4)), 0);
});

test("[defect] code, message, cause and retryable are those of what was thrown", async () => {
  const abort = new DOMException("too slow", "TimeoutError");
  const causes: [unknown, string, string, boolean][] = [
    [coded("ETIMEDOUT"), "ETIMEDOUT", "failed with ETIMEDOUT", true],
    [Object.assign(new Error("busy"), { status: 429 }), "HTTP_429", "busy", true],
    [Object.assign(new Error("down"), { status: 503 }), "HTTP_503", "down", true],
    [Object.assign(new Error("gone"), { status: 410 }), "HTTP_410", "gone", false],
    [abort, "TimeoutError", "too slow", true],
    [new Error("timeout, rate limit, 503"), "STEP_ERROR", "timeout, rate limit, 503", false],
    ["a plain string", "STEP_ERROR", "a plain string", false],
    [{ status: 429, detail: "slow down" }, "HTTP_429", "threw an object", true],
  ];

  for (const [cause, code, message, retryable] of causes) {
    const step = createStep("throws", (): number => {
      throw cause;
    });
    const onValue = Pipeline.start<number>().add("stage", step).execute(1);
    const onList = Pipeline.start<number[]>().map("stage", step).execute([1]);
    const inFunction = (options: ListOptions) =>
      Pipeline.start<number[]>().map("stage", (): number => {
        throw cause;
      }, options).execute([1]);
    const inFunctions = MODES.map(({ options }) => inFunction(options));
    for (const result of await Promise.all([onValue, onList, ...inFunctions])) {
      const error = errorOf(result);
      assertEquals([error.code, error.message, error.retryable], [code, message, retryable]);
      assertStrictEquals(error.cause, cause);
    }
  }
});

test("whatever is thrown is a failure, nothing at all too", async () => {
  for (const thrown of [undefined, null, 0, "", false, NaN]) {
    const fails = createStep("fails", (): number => {
      throw thrown;
    });
    const value = Pipeline.start<number>();
    const list = Pipeline.start<number[]>();
    const filtered = await list.filter("stage", () => Promise.reject(thrown)).execute([1]);
    const results = await Promise.all([
      value.add("stage", fails).execute(1),
      value.branch("stage", () => true, fails, fails).execute(1),
      list.map("stage", fails).execute([1]),
      list.map("stage", () => Promise.reject(thrown), { parallel: true }).execute([1]),
      filtered,
      list.flatMap("stage", () => Promise.reject(thrown)).execute([1]),
    ]);

    for (const result of results) {
      const { code, message, cause } = errorOf(result);
      const said = thrown === "" ? "threw an empty string" : String(thrown);
      assertEquals(message, said);
      assert(Object.is(cause, thrown));
      assertEquals(code, result === filtered ? "LIST_STEP_ERROR" : "STEP_ERROR");
    }
  }
});

test("[L7] any value goes in and comes out", async () => {
  const keep = createStep("keep", ({ input }: { input: unknown }) => input);
  const keepAll = (value: unknown) => value;
  for (const value of [undefined, null, NaN, false, 0, "", [], [[]], keepAll, new Map()]) {
    const result = await Pipeline.start<unknown>().add("a", keep).add("b", keep).execute(value);

    assert(result.success);
    assert(Object.is(result.data, value));
  }
});
