// What retries mean to a batch pipeline alone: its counts, times, and the stages around. What every
// stage keeps to is in tests/errors/retry_test.ts.

import { assert, assertEquals } from "@std/assert";
import { createStep, ListErrorStrategy, Pipeline, type RetryOptions } from "../../mod.ts";
import { Attempts } from "../errors/_work.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { dataOf, errorOf, failuresOf, itemStep, MODES } from "./_helpers.ts";

const THRICE: RetryOptions = { maxAttempts: 3, backoffMs: 100, jitter: 0 };
const LONG_MS = 1e9;

test("[defect] retry: a stage after the one that is tried again runs once", async () => {
  await new TestClock().use(async (clock) => {
    const calls: string[] = [];
    const note = (name: string) =>
      createStep(name, ({ input }: { input: number }) => (calls.push(name), input));
    const attempts = new Attempts(clock, () => 2);
    const result = watch(
      Pipeline.start<number>()
        .add("before", note("before"))
        .add("flaky", itemStep(attempts.work, THRICE))
        .add("after", note("after") as never)
        .execute(1),
    );
    await clock.advance(LONG_MS);

    assertEquals(dataOf<unknown>(result.value!), 2);
    assertEquals(calls, ["before", "after"]);
  });
});

for (const { mode, options } of MODES) {
  test(`retry: indices and counts of a list are those of items, not of attempts, ${mode}`, async () => {
    await new TestClock().use(async (clock) => {
      const attempts = new Attempts(clock, (item) => item === 1 ? 2 : item === 3 ? 9 : 0);
      const result = watch(
        Pipeline.start<number[]>()
          .map("stage", attempts.work, {
            ...options,
            retry: THRICE,
            errorStrategy: ListErrorStrategy.COLLECT_ERRORS,
          })
          .execute([0, 1, 2, 3, 4]),
      );
      await clock.advance(LONG_MS);

      assertEquals(failuresOf(result.value!).map(({ index, error }) => [index, error.code]), [
        [3, "RATE_LIMIT"],
      ]);
      const { totalItems, successCount, failureCount } = result.value!.metadata.listMetadata!;
      assertEquals([totalItems, successCount, failureCount], [5, 4, 1]);
      assertEquals(attempts.items.toSorted(), [0, 1, 1, 1, 2, 3, 3, 3, 4]);
    });
  });

  test(`[defect] retry: a step's own retry is honoured in a list, and a stage's comes before it, ${mode}`, async () => {
    await new TestClock().use(async (clock) => {
      for (const [retry, count] of [[undefined, 3], [{ ...THRICE, maxAttempts: 2 }, 2]] as const) {
        const attempts = new Attempts(clock);
        const result = watch(
          Pipeline.start<number[]>()
            .map("stage", itemStep(attempts.work, THRICE), { ...options, ...(retry && { retry }) })
            .execute([1]),
        );
        await clock.advance(LONG_MS);

        assertEquals(errorOf(result.value!).code, "RATE_LIMIT");
        assertEquals(attempts.items.length, count);
      }
    });
  });

  test(`retry: a filter is tried again for the item that failed, ${mode}`, async () => {
    await new TestClock().use(async (clock) => {
      const attempts = new Attempts(clock, (item) => item === 2 ? 1 : 0);
      const result = watch(
        Pipeline.start<number[]>()
          .filter("stage", (item) => attempts.work(item) > 2, { ...options, retry: THRICE })
          .execute([1, 2, 3]),
      );
      await clock.advance(LONG_MS);

      assertEquals(dataOf(result.value!), [2, 3]);
      assertEquals(attempts.items.toSorted(), [1, 2, 2, 3]);
    });
  });
}

test("timeoutMs is of each attempt, and its end is a failure that is tried again", async () => {
  await new TestClock().use(async (clock) => {
    const aborted: boolean[] = [];
    const result = watch(
      Pipeline.start<number[]>()
        .map(
          "stage",
          (_item, _index, { signal }) =>
            new Promise<number>((_, reject) =>
              signal.addEventListener("abort", () => {
                aborted.push(true);
                reject(signal.reason);
              })
            ),
          { timeoutMs: 1_000, retry: THRICE },
        )
        .execute([1]),
    );
    await clock.advance(LONG_MS);

    const { code, retryable } = errorOf(result.value!);
    assertEquals([code, retryable, aborted.length], ["TimeoutError", true, 3]);
    assertEquals(clock.timerCount, 0);
  });
});

test("the times of a stage that is tried again are of all its attempts", async () => {
  await new TestClock().use(async (clock) => {
    const attempts = new Attempts(clock, () => 2);
    const result = watch(
      Pipeline.start<number>().add("stage", itemStep(attempts.work, THRICE)).execute(1),
    );
    await clock.advance(LONG_MS);

    const { steps = [], durationMs } = result.value!.metadata;
    assertEquals(
      steps.map(({ startTime, endTime, durationMs }) => [startTime, endTime, durationMs]),
      [
        [0, 300, 300],
      ],
    );
    assertEquals(durationMs, 300);
    assert(result.value!.success);
  });
});
