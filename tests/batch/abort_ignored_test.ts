// Work that ignores that its run was aborted: it is let go after `closeTimeoutMs`.

import { assertEquals } from "@std/assert";
import { createParallel, createStep, Pipeline, singleToList, type Step } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { until, watch } from "../../src/testing/turns.ts";
import { coded, errorOf, MODES } from "./_helpers.ts";

const range = (length: number) => Array.from({ length }, (_, index) => index);

const first = createStep("first", ({ input }: { input: number }) => input);

for (const { mode, options } of MODES) {
  test(`[L5] work that ignores the abort holds the result up for closeTimeoutMs, ${mode}`, async () => {
    await new TestClock().use(async (clock) => {
      const controller = new AbortController();
      let begun = 0;
      const done = watch(
        Pipeline.start<number[]>()
          .map("stage", () => (begun++, new Promise<number>(() => {})), options)
          .execute(range(9), { signal: controller.signal, closeTimeoutMs: 700 }),
      );
      await until("calls have begun", () => begun > 0);
      controller.abort(coded("SHUTDOWN"));
      await clock.advance(699);
      assertEquals(done.state, "pending");
      await clock.advance(1);

      assertEquals(errorOf(done.value!).code, "SHUTDOWN");
      assertEquals(done.value!.metadata.stepName, "stage");
      assertEquals(clock.timerCount, 0);
    });
  });
}

/** Every way to put a step that ignores its signal into a pipeline. */
const IGNORING: Readonly<
  Record<string, (step: Step<number, number>) => Pipeline<number[], unknown, unknown>>
> = {
  "a step of map()": (step) => Pipeline.start<number[]>().map("stage", step),
  "a step of branch()": (step) =>
    Pipeline.start<number[]>().branch("stage", () => true, takeFirst(step), takeFirst(step)),
  "a list step of branch()": (step) =>
    Pipeline.start<number[]>()
      .branch("stage", () => true, singleToList(step), singleToList(step)),
  "singleToList": (step) =>
    Pipeline.start<number[]>().add("stage", singleToList(step, { parallel: true })),
  "createParallel": (step) =>
    Pipeline.start<number[]>().add("stage", createParallel("both", [takeFirst(step)])),
  "createParallel of lists": (step) =>
    Pipeline.start<number[]>().add("stage", createParallel("both", [singleToList(step)])),
};

/** A step on a list that runs `step` on its first item. */
function takeFirst(step: Step<number, number>): Step<number[], number> {
  return {
    name: step.name,
    execute: ({ input, ...rest }) => step.execute({ input: input[0]!, ...rest }),
  };
}

for (const [name, build] of Object.entries(IGNORING)) {
  for (const closeTimeoutMs of [700, 60_000]) {
    test(`[L5] [L12] ${name} that ignores an abort is let go after ${closeTimeoutMs} ms, without a timer left`, async () => {
      await new TestClock().use(async (clock) => {
        const controller = new AbortController();
        let begun = 0;
        const hangs = createStep("hangs", (_: { input: number }) => {
          begun++;
          return new Promise<number>(() => {});
        });
        const done = watch(
          build(hangs).execute([1, 2], { signal: controller.signal, closeTimeoutMs }),
        );
        await until("calls have begun", () => begun > 0);
        controller.abort(coded("SHUTDOWN"));
        await clock.advance(closeTimeoutMs - 1);
        assertEquals(done.state, "pending");
        await clock.advance(1);

        assertEquals(errorOf(done.value!).code, "SHUTDOWN");
        assertEquals(clock.timerCount, 0);
      });
    });
  }
}

test("[L5] a step that ignores the abort is let go after closeTimeoutMs, and named", async () => {
  await new TestClock().use(async (clock) => {
    const controller = new AbortController();
    let begun = false;
    const hangs = createStep("hangs", () => {
      begun = true;
      return new Promise<number>(() => {});
    });
    const done = watch(
      Pipeline.start<number>().add("first", first).add("stage", hangs)
        .execute(1, { signal: controller.signal, closeTimeoutMs: 50 }),
    );
    await until("it has begun", () => begun);
    controller.abort();
    await clock.advance(50);

    const { metadata } = done.value!;
    assertEquals([metadata.stepName, metadata.durationMs], ["hangs", 50]);
    assertEquals(metadata.steps?.map(({ stepName, durationMs }) => [stepName, durationMs]), [
      ["first", 0],
      ["hangs", 50],
    ]);
  });
});
