// Retry settings cross the bridge: the failed item alone is tried again, as often and after the
// waits that its step asks for, and nothing comes out twice.

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  Pipeline,
  pipelineToStreaming,
  type RetryOptions,
  StreamingPipeline,
  streamingStepToStep,
  streamingToPipeline,
} from "../../../mod.ts";
import { Attempts, busy } from "../../errors/_work.ts";
import { dataOf, failuresOf, itemStep } from "../_helpers.ts";
import { test } from "../../harness.ts";
import { withFakeClock } from "../../support/fake_clock.ts";
import { watch } from "../../support/turns.ts";
import { CROSSINGS } from "./_helpers.ts";

const THRICE: RetryOptions = { maxAttempts: 3, backoffMs: 100, jitter: 0 };
const LONG_MS = 1e9;

for (const { name, stepName = "the step", run } of CROSSINGS) {
  test(`[defect] retry crosses the bridge, for the failed item alone: ${name}`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock, (item) => item === 2 ? 2 : 0);
      const done = watch(run(attempts.work, { retry: THRICE })([1, 2, 3]));
      await clock.advance(LONG_MS);

      assertEquals(done.value, { data: [2, 4, 6] });
      assertEquals(attempts.items.toSorted(), [1, 2, 2, 2, 3]);
      assertEquals(clock.waiting, 0);
    });
  });

  test(`retry that crosses the bridge waits as long as it says: ${name}`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock, () => 2);
      const done = watch(run(attempts.work, { retry: THRICE })([5]));
      await clock.advance(LONG_MS);

      assertEquals([done.value, attempts.waits], [{ data: [10] }, [100, 200]]);
    });
  });

  test(`retry that crosses the bridge gives up with the last error: ${name}`, async () => {
    await withFakeClock(async (clock) => {
      const causes = [busy(), busy(), busy({ code: "ETIMEDOUT" })];
      const attempts = new Attempts(clock, undefined, (attempt) => causes[attempt - 1]);
      const done = watch(run(attempts.work, { retry: THRICE })([5]));
      await clock.advance(LONG_MS);

      const { failure } = done.value!;
      assertEquals([failure?.code, failure?.stepName, attempts.items.length], [
        "ETIMEDOUT",
        stepName,
        3,
      ]);
      assertStrictEquals(failure?.cause, causes[2]);
    });
  });

  test(`retry that crosses the bridge keeps its rules: ${name}`, async () => {
    await withFakeClock(async (clock) => {
      const asked: unknown[] = [];
      const cause = new Error("mine");
      const attempts = new Attempts(clock, undefined, () => cause);
      const retry: RetryOptions = {
        maxAttempts: 9,
        backoffMs: 1,
        shouldRetry: (error, attempt) => (asked.push(error), attempt < 2),
      };
      const done = watch(run(attempts.work, { retry })([5]));
      await clock.advance(LONG_MS);

      assertStrictEquals(done.value?.failure?.cause, cause);
      assertEquals([asked, attempts.items.length], [[cause, cause], 2]);
    });
  });

  test(`without retry, what crosses the bridge is tried once: ${name}`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock);
      const done = watch(run(attempts.work)([5]));
      await clock.advance(LONG_MS);

      assertEquals([done.value?.failure?.code, attempts.items.length], ["RATE_LIMIT", 1]);
    });
  });

  test(`[L7] null and undefined are kept where they are tried again: ${name}`, async () => {
    await withFakeClock(async (clock) => {
      for (const value of [null, undefined]) {
        const attempts = new Attempts(clock, (item) => item === 2 ? 1 : 0);
        const done = watch(
          run((item) => (attempts.work(item), value), { retry: THRICE })([1, 2, 3]),
        );
        await clock.advance(LONG_MS);

        assertEquals(done.value, { data: [value, value, value] });
      }
    });
  });

  test(`[L13] an abort between two attempts ends what crosses the bridge: ${name}`, async () => {
    await withFakeClock(async (clock) => {
      const controller = new AbortController();
      const attempts = new Attempts(clock);
      const done = watch(
        run(attempts.work, { retry: THRICE })([5], { signal: controller.signal }),
      );
      await clock.advance(50);
      controller.abort(new Error("enough"));
      await clock.advance(0);

      assertEquals([done.state === "pending", attempts.items.length], [false, 1]);
      assertEquals(clock.waiting, 0);
    });
  });
}

test("the retry of a list's stage stays per item behind pipelineToStreaming", async () => {
  await withFakeClock(async (clock) => {
    const attempts = new Attempts(clock, (item) => item % 2);
    const pipeline = pipelineToStreaming(
      Pipeline.start<number[]>()
        .map("stage", attempts.work, { retry: THRICE, parallel: true, concurrencyLimit: 2 })
        .batch("pairs", 2),
    );
    const done = watch(pipeline.executeToArray([[1, 2], [3, 4, 6]]));
    await clock.advance(LONG_MS);

    assertEquals(done.value, [[[2, 4]], [[6, 8], [12]]]);
    assertEquals(attempts.items.toSorted(), [1, 1, 2, 3, 3, 4, 6]);
  });
});

test("the retry of a stage stays behind streamingToPipeline, and the others run once", async () => {
  await withFakeClock(async (clock) => {
    const attempts = new Attempts(clock, (item) => item === 20 ? 2 : 0);
    const calls: number[] = [];
    const pipeline = streamingToPipeline(
      StreamingPipeline.start<number>()
        .map("before", (item) => (calls.push(item), item * 10))
        .map("stage", attempts.work, { retry: THRICE })
        .map("after", (item) => (calls.push(item), item)),
    );
    const done = watch(pipeline.execute([1, 2, 3]));
    await clock.advance(LONG_MS);

    assertEquals(dataOf(done.value!), [20, 40, 60]);
    assertEquals([calls, attempts.items], [[1, 20, 2, 40, 3, 60], [10, 20, 20, 20, 30]]);
  });
});

test("what a step yields before it fails comes out once", async () => {
  await withFakeClock(async (clock) => {
    let failures = 2;
    const twice = createStreamingStep<number, string>("twice", async function* ({ input }) {
      for await (const item of input) {
        yield `${item}a`;
        if (item === 2 && failures-- > 0) throw busy();
        yield `${item}b`;
      }
    }, { retry: THRICE });
    const done = watch(
      Pipeline.start<number[]>().add("stage", streamingStepToStep(twice)).execute([1, 2, 3]),
    );
    await clock.advance(LONG_MS);

    assertEquals(dataOf(done.value!), ["1a", "1b", "2a", "2b", "3a", "3b"]);
  });
});

test("each failure of a list that is worked on whole has had its attempts", async () => {
  await withFakeClock(async (clock) => {
    const attempts = new Attempts(clock, (item) => item > 1 ? Infinity : 0);
    const list = Pipeline.start<number[]>()
      .map("stage", itemStep(attempts.work, THRICE), { errorStrategy: "COLLECT_ERRORS" });
    const done = watch(streamingToPipeline(pipelineToStreaming(list)).execute([[1, 2, 3]]));
    await clock.advance(LONG_MS);

    assertEquals(failuresOf(done.value!).map(({ index, error }) => [index, error.code]), [
      [1, "RATE_LIMIT"],
      [2, "RATE_LIMIT"],
    ]);
    assertEquals(attempts.items, [1, 2, 2, 2, 3, 3, 3]);
  });
});

test("a stage's own retry comes before that of a step that has crossed", async () => {
  await withFakeClock(async (clock) => {
    const own = { maxAttempts: 2, backoffMs: 7, jitter: 0 };
    const attempts = new Attempts(clock, () => 5);
    const step = createStep<number, number>("step", ({ input }) => attempts.work(input), {
      retry: THRICE,
    });
    const done = watch(
      Pipeline.start<number[]>().map("stage", step, { retry: own }).execute([1]),
    );
    await clock.advance(LONG_MS);

    assertEquals([done.value?.success, attempts.waits], [false, [7]]);
  });
});
