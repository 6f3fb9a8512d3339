// L2 in a parallel stage: how many calls run, and how many results wait.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { createStreamingStep, type StageOptions, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { type Call, CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, settleMicrotasks, watch } from "../../src/testing/turns.ts";
import { type AnyPipeline, ASYNC_ROWS, PARALLEL_ROWS, range } from "./_rows.ts";

for (const row of ASYNC_ROWS) {
  const { limit, highWaterMark, ordered } = row.mode;

  test(`[L2] ${row.title} has as many calls running as its limit, and no more`, async () => {
    const calls = new CallProbe({ hold: true });
    const items = row.build(calls).execute(new SourceProbe("a sync iterable").source);

    const first = items.next();
    await settle();

    assertEquals([calls.running, calls.peak, calls.started], [limit, limit, limit]);
    calls.releaseAll();
    await settleMicrotasks();
    assertLessOrEqual(calls.peak, limit);
    const closing = items.return();
    calls.releaseAll();
    await Promise.all([first, closing]);
  });

  // Where results come out as they finish, those after a slow call do not wait.
  if (!ordered) continue;
  test(`[L2] ${row.title} has no more than its bounds inside while a slow call is waited for`, async () => {
    const calls = new CallProbe({ hold: true });
    const items = row.build(calls).execute(new SourceProbe("a sync iterable").source);
    const first = watch(items.next());
    await settle();

    for (let round = 0; round < 3; round++) {
      for (const index of range(calls.started).slice(1)) calls.release(index);
      await settleMicrotasks();
      if (first.state === "pending") {
        assertLessOrEqual(calls.started, limit + highWaterMark);
      }
      assertLessOrEqual(calls.peak, limit);
    }
    const closing = items.return();
    calls.releaseAll();
    await closing;
  });
}

for (const row of PARALLEL_ROWS.filter(({ title }) => title.startsWith("map() parallel"))) {
  const { limit, highWaterMark, ordered } = row.mode;

  test(`[L2] ${row.title} lets ${highWaterMark} finished results wait while nobody asks`, async () => {
    const calls = new CallProbe({ hold: true });
    const items = row.build(calls).execute(new SourceProbe("an async iterable").source);
    const first = items.next();
    await settle();

    calls.release(0);
    await first;
    await releaseUntilQuiet(calls);

    assertEquals(calls.started, 1 + highWaterMark);
    assertLessOrEqual(calls.peak, limit);
    await items.return();
  });

  if (!ordered) continue;
  test(`[L2] ${row.title} works up to its bounds behind a slow head`, async () => {
    const calls = new CallProbe({ hold: true });
    const items = row.build(calls).execute(new SourceProbe("a sync iterable").source);
    const first = watch(items.next());
    await settle();

    for (let round = 0; round < 4; round++) {
      for (const index of range(calls.started).slice(1)) calls.release(index);
      await settleMicrotasks();
    }

    // With a limit of 1 the slow call is the only one that runs.
    const inside = limit === 1 ? 1 : limit + highWaterMark;
    assertEquals([first.state, calls.started], ["pending", inside]);
    const closing = items.return();
    calls.releaseAll();
    await closing;
  });
}

const BOUNDS = [
  { limit: 2, highWaterMark: 0, started: 2 },
  { limit: 2, highWaterMark: 1, started: 2 },
  { limit: 2, highWaterMark: 5, started: 6 },
  { limit: 16, highWaterMark: 3, started: 16 },
] as const;

for (const ordered of [true, false]) {
  for (const { limit, highWaterMark, started } of BOUNDS) {
    const order = ordered ? "ordered" : "unordered";
    test(`[L2] map() parallel ${limit} ${order} with highWaterMark ${highWaterMark} starts ${started} calls for one item`, async () => {
      const calls = new CallProbe({ hold: true });
      const options = { parallel: true, concurrencyLimit: limit, highWaterMark, ordered };
      const pipeline = StreamingPipeline.start<number>()
        .map("stage", calls.wrap((item) => item, true), options);
      const items = pipeline.execute(new SourceProbe("an async iterable").source);
      const first = items.next();
      await settle();

      calls.release(0);
      await first;
      await releaseUntilQuiet(calls);

      assertEquals(calls.started, started);
      await items.return();
    });
  }
}

/** Stages whose work is done while an iterator is read: each item takes three pulls, which are probed. */
const READ_SIDE_BY_SIDE: Readonly<
  Record<string, (pull: Call, options: StageOptions) => AnyPipeline>
> = {
  "flatMap() to generators": (pull, options) =>
    StreamingPipeline.start<number>().flatMap("stage", async function* (item, _, context) {
      for (const at of range(3)) yield await pull(item, 3 * item + at, context);
    }, options),
  "map() with a streaming step": (pull, options) => {
    const step = createStreamingStep<number, unknown>("probed", async function* (context) {
      for await (const item of context.input) {
        for (const at of range(3)) yield await pull(item, 3 * item + at, context);
      }
    });
    return StreamingPipeline.start<number>().map("stage", step, options);
  },
};

for (const [name, build] of Object.entries(READ_SIDE_BY_SIDE)) {
  for (const ordered of [true, false]) {
    const order = ordered ? "" : " unordered";
    for (const highWaterMark of [0, 1, 4, 9]) {
      const options = { parallel: true, concurrencyLimit: 4, ordered, highWaterMark };

      test(`[L2] ${name} parallel 4${order} with highWaterMark ${highWaterMark} works on 4 items while a reader waits`, async () => {
        const pulls = new CallProbe({ hold: true });
        const pipeline = build(pulls.wrap((item) => item, true), options);
        const items = pipeline.execute(new SourceProbe("an async iterable").source);

        const first = items.next();
        await settle();

        assertEquals([pulls.running, pulls.started], [4, 4]);
        const closing = items.return();
        pulls.releaseAll();
        await Promise.all([first, closing]);
      });

      test(`[L2] ${name} parallel 4${order} with highWaterMark ${highWaterMark} starts no other work while nobody reads`, async () => {
        const pulls = new CallProbe({ hold: true });
        const pipeline = build(pulls.wrap((item) => item, true), options);
        const items = pipeline.execute(new SourceProbe("an async iterable").source);
        const first = items.next();
        await settle();

        pulls.release(0);
        await first;
        await releaseUntilQuiet(pulls);

        // Three have worked ahead; the one that was read does where one more may.
        assertEquals(pulls.started, 4 + (highWaterMark > 3 ? 1 : 0));
        assertLessOrEqual(pulls.peak, 4);
        await items.return();
      });
    }
  }
}

test("[L2] a parallel stage after a parallel stage keeps both within their bounds", async () => {
  const first = new CallProbe({ hold: true });
  const second = new CallProbe({ hold: true });
  const pipeline = StreamingPipeline.start<number>()
    .map("first", first.wrap(Number, true), { parallel: true, concurrencyLimit: 4 })
    .map("second", second.wrap(Number, true), { parallel: true, concurrencyLimit: 2 });
  const items = pipeline.execute(new SourceProbe("an async generator").source);
  const waiting = items.next();

  for (let round = 0; round < 5; round++) {
    await settle();
    first.releaseAll();
  }

  assertEquals([first.peak, second.peak, second.running], [4, 2, 2]);
  assertLessOrEqual(first.started, 2 + 4 + 4);
  const closing = items.return();
  second.releaseAll();
  await Promise.all([waiting, closing]);
});

/** Releases calls until no more are made. */
async function releaseUntilQuiet(calls: CallProbe): Promise<void> {
  for (let before = -1; before !== calls.started;) {
    before = calls.started;
    calls.releaseAll();
    await settle();
  }
}
