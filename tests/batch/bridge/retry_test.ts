// What retries mean where whole pipelines have crossed the bridge. What every crossing keeps to is in
// tests/errors/retry_test.ts.

import { assertEquals } from "@std/assert";
import {
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
import { TestClock } from "../../../src/testing/test_clock.ts";
import { watch } from "../../../src/testing/turns.ts";

const THRICE: RetryOptions = { maxAttempts: 3, backoffMs: 100, jitter: 0 };
const LONG_MS = 1e9;

test("the retry of a list's stage stays per item inside pipelineToStreaming", async () => {
  await new TestClock().use(async (clock) => {
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

test("the retry of a stage stays inside streamingToPipeline, and the others run once", async () => {
  await new TestClock().use(async (clock) => {
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
  await new TestClock().use(async (clock) => {
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
  await new TestClock().use(async (clock) => {
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
