// How many attempts beyond the first a stage has made.

import { assertEquals } from "@std/assert";
import { type RunMetrics, StreamingPipeline } from "../../mod.ts";
import { Attempts, WORKS } from "../errors/_work.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";

const RETRY = { maxAttempts: 3, backoffMs: 10, jitter: 0 };

for (const { name, build } of WORKS) {
  test(`retryCount: the attempts of ${name} beyond the first are counted, of all items`, async () => {
    await new TestClock().use(async (clock) => {
      // Of four items, one needs no other attempt, two need some, and one fails for good.
      const attempts = new Attempts(clock, (item) => [0, 1, 2, Infinity][item]!);
      const pipeline = build(attempts.work, { retry: RETRY, errorStrategy: "SKIP_FAILED" });
      const result = watch(pipeline.executeToArray([0, 1, 2, 3]));
      await clock.advance(1_000);
      const [stage] = (await pipeline.getMetadata()).steps;

      assertEquals(result.state, "resolved");
      assertEquals([stage!.retryCount, stage!.errorCount], [5, 1]);
      assertEquals(attempts.items.length, 4 + stage!.retryCount);
    });
  });

  test(`retryCount of ${name} is 0 where nothing failed, and where nothing is tried again`, async () => {
    await new TestClock().use(async (clock) => {
      const failing = () => new Attempts(clock).work;
      const options = { errorStrategy: "SKIP_FAILED" } as const;
      const once = { ...RETRY, maxAttempts: 1 };
      for (
        const pipeline of [
          build((item) => item, { ...options, retry: RETRY }),
          build(failing(), { ...options, retry: once }),
          build(failing(), options),
        ]
      ) {
        await pipeline.executeToArray([0, 1, 2]);
        assertEquals((await pipeline.getMetadata()).steps[0]!.retryCount, 0);
      }
    });
  });
}

test("retryCount is seen while the run lives, in metadata and metrics, as each attempt begins", async () => {
  await new TestClock().use(async (clock) => {
    const attempts = new Attempts(clock);
    const run = StreamingPipeline.start<number>()
      .map("stage", attempts.work, { retry: { ...RETRY, maxAttempts: 4 } })
      .run([7], { metricsIntervalMs: 15 });
    const result = watch(run[Symbol.asyncIterator]().next());
    const counts: number[] = [];
    const metrics: number[] = [];
    const watching = (async () => {
      for await (const { steps } of run.metrics as AsyncIterable<RunMetrics>) {
        metrics.push(steps[0]!.retryCount);
      }
    })();
    for (const waitMs of [0, 9, 1, 19, 1, 40]) {
      await clock.advance(waitMs);
      counts.push(run.metadata().steps[0]!.retryCount);
    }
    await watching;

    assertEquals([counts, result.state], [[0, 0, 1, 1, 2, 3], "rejected"]);
    // Snapshots at 15, 30, 45 and 60 ms, and at the end; attempts at 0, 10, 30 and 70 ms.
    assertEquals([metrics[0], metrics[2], metrics.at(-1)], [1, 2, 3]);
  });
});

test("retryCount: an attempt that an abort has prevented is not counted", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = StreamingPipeline.start<number>()
      .map("stage", new Attempts(clock).work, { retry: RETRY });
    const run = pipeline.run([7]);
    const result = watch(run[Symbol.asyncIterator]().next());
    await clock.advance(5);
    await run.abort("enough");
    await clock.advance(1_000);

    assertEquals([result.error, run.metadata().steps[0]!.retryCount], ["enough", 0]);
  });
});
