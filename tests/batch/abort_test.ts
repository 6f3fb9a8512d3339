// What becomes of a run whose signal is aborted.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  createParallel,
  createStep,
  ListErrorStrategy,
  Pipeline,
  type StepResult,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { until, watch } from "../../src/testing/turns.ts";
import { coded, errorOf, itemStep, MODES } from "./_helpers.ts";

type Given = { input: unknown; signal?: AbortSignal };

const range = (length: number) => Array.from({ length }, (_, index) => index);

/** A step that waits until its signal is aborted, and says what it saw. */
function createWaiting(seen: unknown[]) {
  return createStep("waits", ({ signal }: Given) =>
    new Promise<never>((_, reject) => {
      signal!.addEventListener("abort", () => {
        seen.push(signal!.reason);
        reject(signal!.reason);
      });
      seen.push("begun");
    }));
}

const first = createStep("first", ({ input }: { input: number }) => input);

/** Every kind of stage, with a step or function that waits for its signal. */
const STAGES: Readonly<
  Record<string, (seen: unknown[]) => Pipeline<number, unknown, unknown>>
> = {
  "add()": (seen) => Pipeline.start<number>().add("first", first).add("stage", createWaiting(seen)),
  "branch()": (seen) =>
    Pipeline.start<number>()
      .add("first", first)
      .branch("stage", () => true, createWaiting(seen), createWaiting(seen)),
  "createParallel": (seen) =>
    Pipeline.start<number>()
      .add("first", first)
      .add("stage", createParallel("waits", [createWaiting(seen)])),
};

for (const [name, build] of Object.entries(STAGES)) {
  test(`[L13] an abort gives a failed result with its reason, and the step in ${name} sees it`, async () => {
    const seen: unknown[] = [];
    const controller = new AbortController();
    const done = build(seen).execute(1, { signal: controller.signal });
    await until("the step has begun", () => seen.length === 1);
    const reason = coded("SHUTDOWN");
    controller.abort(reason);

    const { code, message, cause } = errorOf(await done);
    assertEquals([code, message], ["SHUTDOWN", "failed with SHUTDOWN"]);
    assertStrictEquals(cause, reason);
    assertEquals(seen.length, 2);
    assertStrictEquals(seen[1], reason);
  });

  test(`an abort is a failure of the stage that was running: ${name}`, async () => {
    const seen: unknown[] = [];
    const controller = new AbortController();
    const done = build(seen).execute(1, { signal: controller.signal });
    await until("the step has begun", () => seen.length === 1);
    controller.abort();

    const { metadata } = await done;
    const stepName = name === "branch()" ? "branch(waits|waits)" : "waits";
    assertEquals(metadata.stepName, stepName);
    assertEquals(metadata.steps?.map(({ stepName }) => stepName), ["first", stepName]);
  });
}

test("[L13] an abort without a reason has the code AbortError", async () => {
  const seen: unknown[] = [];
  const controller = new AbortController();
  const done = STAGES["add()"]!(seen).execute(1, { signal: controller.signal });
  await until("the step has begun", () => seen.length === 1);
  controller.abort();

  const { code, cause, retryable } = errorOf(await done);
  assertEquals([code, retryable], ["AbortError", false]);
  assertStrictEquals(cause, controller.signal.reason);
});

test("[L13] a reason that is no error is the cause too", async () => {
  const seen: unknown[] = [];
  const controller = new AbortController();
  const done = STAGES["add()"]!(seen).execute(1, { signal: controller.signal });
  await until("the step has begun", () => seen.length === 1);
  controller.abort("enough");

  const { code, cause } = errorOf(await done);
  assertEquals([code, cause], ["ABORTED", "enough"]);
});

test("[L13] a time limit of the run is a TimeoutError", async () => {
  const result = await STAGES["add()"]!([]).execute(1, { signal: AbortSignal.timeout(1) });

  const { code, retryable } = errorOf(result);
  assertEquals([code, retryable], ["TimeoutError", true]);
});

test("[L13] a signal that is aborted already runs nothing, and builds no context", async () => {
  let calls = 0;
  const pipeline = Pipeline.start<number[]>(() => calls++).map("stage", () => calls++);
  const reason = coded("SHUTDOWN");

  const result = await pipeline.execute([1], { signal: AbortSignal.abort(reason) });

  assertEquals(errorOf(result).code, "SHUTDOWN");
  assertStrictEquals(errorOf(result).cause, reason);
  assertEquals([result.metadata.stepName, result.metadata.steps, calls], ["pipeline_start", [], 0]);
});

for (const { mode, options } of MODES) {
  test(`[L13] an abort ends a list, whose calls in flight see it, ${mode}`, async () => {
    const probe = new CallProbe({ hold: (index) => index >= 4 });
    const controller = new AbortController();
    const done = Pipeline.start<number[]>()
      .map("stage", probe.wrap((item) => item, true), options)
      .execute(range(50), { signal: controller.signal });
    await until("calls are held", () => probe.held.length === (options.parallel ? 3 : 1));
    const begun = probe.started;
    controller.abort(coded("SHUTDOWN"));

    const result = await done;
    assertEquals(errorOf(result).code, "SHUTDOWN");
    assertEquals(result.metadata.stepName, "stage");
    assertEquals([probe.aborted, probe.running, probe.started], [
      options.parallel ? 3 : 1,
      0,
      begun,
    ]);
    const { totalItems, successCount, failureCount, skippedCount } = result.metadata.listMetadata!;
    assertEquals([totalItems, successCount, failureCount, skippedCount], [50, 4, 0, 50 - begun]);
  });

  test(`[L6] what fails after an abort is handled, ${mode}`, async () => {
    const controller = new AbortController();
    let fail: (error: unknown) => void = () => {};
    const done = Pipeline.start<number[]>()
      .map("stage", () => new Promise<number>((_, reject) => (fail = reject)), options)
      .execute([1], { signal: controller.signal, closeTimeoutMs: 0 });
    await until("a call has begun", () => `${fail}` !== "() => {}");
    controller.abort(coded("SHUTDOWN"));
    const result = await done;
    fail(coded("LATE"));

    assertEquals(errorOf(result).code, "SHUTDOWN");
  });

  test(`an abort is not one more failed item, whatever becomes of those, ${mode}`, async () => {
    for (const errorStrategy of Object.values(ListErrorStrategy)) {
      const probe = new CallProbe({ hold: (index) => index >= 2 });
      const controller = new AbortController();
      const done = Pipeline.start<number[]>()
        .map("stage", probe.wrap((item) => item, true), { ...options, errorStrategy })
        .execute(range(9), { signal: controller.signal });
      await until("calls are held", () => probe.held.length > 0);
      controller.abort(coded("SHUTDOWN"));

      const result = await done;
      assertEquals([errorOf(result).code, result.metadata.listMetadata?.failureCount], [
        "SHUTDOWN",
        0,
      ]);
    }
  });

  test(`an abort from inside a stage ends the list, ${mode}`, async () => {
    const controller = new AbortController();
    const items: number[] = [];
    const result = await Pipeline.start<number[]>()
      .map("stage", (item) => {
        items.push(item);
        if (item === 2) controller.abort(coded("SHUTDOWN"));
        return item;
      }, options)
      .execute(range(100), { signal: controller.signal });

    assertEquals(errorOf(result).code, "SHUTDOWN");
    assert(items.length <= 6, `${items.length} calls were made`);
  });
}

test("[L13] a wait between attempts ends with the abort", async () => {
  await new TestClock().use(async (clock) => {
    for (const inList of [true, false]) {
      const controller = new AbortController();
      let attempts = 0;
      const flaky = itemStep(() => {
        attempts++;
        throw coded("ECONNRESET");
      }, { maxAttempts: 9, backoffMs: 1e6 });
      const options = { signal: controller.signal };
      const done = watch<StepResult<unknown>>(
        inList
          ? Pipeline.start<number[]>().map("stage", flaky).execute([1], options)
          : Pipeline.start<number>().add("stage", flaky).execute(1, options),
      );
      await until("it waits", () => clock.timerCount > 0);
      controller.abort(coded("SHUTDOWN"));
      await until("it is over", () => done.state === "resolved");

      assertEquals([errorOf(done.value!).code, attempts], ["SHUTDOWN", 1]);
    }
    assertEquals(clock.timerCount, 0);
  });
});

test("[L12] a run takes its listener off the signal when it ends", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const counted = Object.assign(signal, {
    addEventListener: (...args: Parameters<AbortSignal["addEventListener"]>) => {
      listeners++;
      AbortSignal.prototype.addEventListener.apply(signal, args);
    },
    removeEventListener: (...args: Parameters<AbortSignal["removeEventListener"]>) => {
      listeners--;
      AbortSignal.prototype.removeEventListener.apply(signal, args);
    },
  });
  const pipeline = Pipeline.start<number[]>()
    .map("one", (item) => item)
    .map("two", async (item) => await item, { parallel: true });
  for (const input of [[1, 2], "no list" as unknown as number[]]) {
    await pipeline.execute(input, { signal: counted });

    assertEquals(listeners, 0);
  }
});

test("an abort after the end changes nothing", async () => {
  const controller = new AbortController();
  const result = await Pipeline.start<number[]>()
    .map("stage", (item) => item)
    .execute([1], { signal: controller.signal });
  controller.abort();

  assertEquals(result.success, true);
});
