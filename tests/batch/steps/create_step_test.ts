import { assertEquals, assertStrictEquals } from "@std/assert";
import { createStep, type Step, type StepOptions, type StepResult } from "../../../mod.ts";
import { test } from "../../harness.ts";
import { TestClock } from "../../../src/testing/test_clock.ts";

async function run<TOutput>(
  step: Step<number, TOutput>,
  input: number,
): Promise<StepResult<TOutput>> {
  return await step.execute({ input, state: undefined, context: undefined });
}

test("a step has a name and gives its output as a result", async () => {
  const step = createStep<number, string>("toText", ({ input }) => `${input}`);
  const result = await run(step, 1);

  assertEquals([step.name, step.isStep], ["toText", true]);
  assertEquals(result.success && result.data, "1");
  assertEquals(result.metadata.stepName, "toText");
});

test("a step waits for what its function promises", async () => {
  const result = await run(createStep("later", async ({ input }) => await input), 1);

  assertEquals(result.success && result.data, 1);
});

test("a step hands its function what it is given", async () => {
  const given: unknown[] = [];
  const step = createStep<number, void, { a: number }, { db: string }>("look", (context) => {
    given.push(context.input, context.state, context.context);
  });

  await step.execute({ input: 1, state: { a: 2 }, context: { db: "x" } });

  assertEquals(given, [1, { a: 2 }, { db: "x" }]);
});

test("[L7] a step gives any value", async () => {
  for (const value of [undefined, null, Number.NaN, false, 0, "", [1]]) {
    const result = await run(createStep<number, unknown>("value", () => value), 1);

    assertEquals([result.success, result.success && result.data], [true, value]);
  }
});

test("a step tells when it ran and for how long", async () => {
  await new TestClock().use(async (clock) => {
    await clock.advance(1_000);
    const step = createStep("slow", () => clock.advance(250));

    const { metadata } = await run(step, 1);

    assertEquals({ ...metadata }, {
      stepName: "slow",
      startTime: 1_000,
      endTime: 1_250,
      durationMs: 250,
    });
  });
});

test("a step that throws gives a result with the code and the cause", async () => {
  const cause = Object.assign(new Error("no quota left"), { code: "RATE_LIMIT" });
  const fails = [
    createStep<number, number>("sync", () => {
      throw cause;
    }),
    createStep<number, number>("async", () => Promise.reject(cause)),
  ];

  for (const step of fails) {
    const result = await run(step, 1);

    assertEquals(result.success, false);
    if (result.success) continue;
    const { code, message, retryable } = result.error;
    assertEquals([code, message, retryable], ["RATE_LIMIT", "no quota left", true]);
    assertStrictEquals(result.error.cause, cause);
    assertEquals(result.metadata.stepName, step.name);
  }
});

test("a step's retry can be read and written to, with what was left out filled in", () => {
  const given = { maxAttempts: 2, backoffMs: 5 };
  const create = (retry: StepOptions["retry"]) => createStep("step", () => 1, { retry: retry! });

  assertEquals(create(3).retry, { maxAttempts: 3, backoffMs: 250 });
  assertEquals(create({ maxAttempts: 2, jitter: 0 }).retry, {
    maxAttempts: 2,
    backoffMs: 250,
    jitter: 0,
  });
  assertStrictEquals(create(given).retry, given);
});
