// What a stage leaves out by its own rule counts as dropped, and what it keeps back as in flight: the
// exact figures, while it runs and at the end.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type PipelineRun, StreamingError } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { collect } from "../state/_support.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { type Arrival, arriveAt, TimedSource } from "../support/timed_source.ts";
import { settle } from "../../src/testing/turns.ts";
import { expectFigures, type Figures } from "./_figures.ts";
import { start } from "./_stages.ts";

type Moment = readonly [atMs: number, figures: Figures];

/** Reads the run to its end on fake time, and looks at the figures at each of the moments. */
async function expectAt(
  clock: TestClock,
  run: PipelineRun<unknown>,
  moments: readonly Moment[],
): Promise<void> {
  const reading = collect(run);
  for (const [atMs, figures] of moments) {
    await clock.advance(atMs - clock.now());
    expectFigures(run, figures);
  }
  await reading;
}

/** How many items of the stage wait, as the metrics show it. */
async function readWaiting(run: PipelineRun<unknown>): Promise<number> {
  for await (const { steps } of run.metrics) {
    return steps.find(({ key }) => key === "stage")!.waitingCount;
  }
  throw new Error("The run is over");
}

test("[L14] window() with a slide beyond its size drops what lies between", async () => {
  const run = start().window("stage", { size: 2, slide: 4 }).run([0, 1, 2, 3, 4, 5, 6]);
  const windows = run[Symbol.asyncIterator]();

  await windows.next();
  expectFigures(run, { in: 2, passed: 2 });
  await windows.next();
  expectFigures(run, { in: 6, passed: 4, dropped: 2 });
  await windows.next();
  expectFigures(run, { in: 7, passed: 4, dropped: 3 });
});

for (const isAsync of [false, true]) {
  const title = isAsync ? "an asynchronous sink" : "a sink";
  test(`[L14] windowTime() drops late items, with ${title}, and keeps back what is open`, async () => {
    const told: number[] = [];
    const run: PipelineRun<unknown> = start().windowTime("stage", {
      sizeMs: 10,
      timestamp: (item) => item,
      lateItems({ item }) {
        told.push(item);
        if (!isAsync) return;
        // It is in flight until its outcome is counted.
        return settle().then(() => expectFigures(run, { in: 4, passed: 2, held: 2 }));
      },
    }).run([1, 2, 12, 5, 31]);
    const windows = run[Symbol.asyncIterator]();

    await windows.next();
    expectFigures(run, { in: 3, passed: 2, held: 1 });
    await windows.next();
    expectFigures(run, { in: 5, passed: 3, dropped: 1, held: 1 });
    await windows.next();
    await windows.next();
    expectFigures(run, { in: 5, passed: 4, dropped: 1 });
    assertEquals(told, [5]);
  });
}

test("[L14] windowTime() drops what lies between two windows", async () => {
  const pipeline = start().windowTime("stage", {
    sizeMs: 5,
    slideMs: 10,
    timestamp: (item) => item,
  });
  const run = pipeline.run([1, 7, 12]);
  await collect(run);
  expectFigures(run, { in: 3, passed: 2, dropped: 1 });
});

test("[L14] windowTime() by the clock: an item is kept back until its last window comes out", () =>
  new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(1, 7, 12, 25));
    const run = start().windowTime("stage", { sizeMs: 10, slideMs: 5 }).run(source);
    await expectAt(clock, run, [
      [1, { in: 1, passed: 0, held: 1 }],
      [6, { in: 1, passed: 0, held: 1 }],
      [8, { in: 2, passed: 0, held: 2 }],
      [10, { in: 2, passed: 1, held: 1 }],
      [15, { in: 3, passed: 2, held: 1 }],
      [20, { in: 3, passed: 3 }],
      [25, { in: 4, passed: 4 }],
    ]);
  }));

test("[L14] windowTime() by the clock drops what comes between two windows", () =>
  new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(1, 7, 12));
    const run = start().windowTime("stage", { sizeMs: 5, slideMs: 10 }).run(source);
    await expectAt(clock, run, [
      [5, { in: 1, passed: 1 }],
      [8, { in: 2, passed: 1, dropped: 1 }],
      [12, { in: 3, passed: 2, dropped: 1 }],
    ]);
  }));

test("[L14] debounce() drops what is superseded, and keeps the latest back", () =>
  new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 1, 2, 50, 51));
    const run = start().debounce("stage", 10).run(source);
    await expectAt(clock, run, [
      [0, { in: 1, passed: 0, held: 1 }],
      [2, { in: 3, passed: 0, dropped: 2, held: 1 }],
      [11, { in: 3, passed: 0, dropped: 2, held: 1 }],
      [12, { in: 3, passed: 1, dropped: 2 }],
      [51, { in: 5, passed: 2, dropped: 3 }],
    ]);
  }));

test("[L14] sample() drops what is superseded, and keeps the latest back", () =>
  new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(1, 2, 3, 12, 13));
    const run = start().sample("stage", 10).run(source);
    await expectAt(clock, run, [
      [3, { in: 3, passed: 0, dropped: 2, held: 1 }],
      [10, { in: 3, passed: 1, dropped: 2 }],
      [12, { in: 4, passed: 1, dropped: 2, held: 1 }],
      [13, { in: 5, passed: 2, dropped: 3 }],
    ]);
  }));

test("[L14] takeUntil(): what it has emitted has passed, and nothing is left in flight", async () => {
  const stop = createDeferred<void>();
  const run = start().takeUntil("stage", stop.promise).run((async function* () {
    yield 1;
    await stop.promise;
    await settle();
    yield 2;
  })());
  const items = run[Symbol.asyncIterator]();
  await items.next();
  expectFigures(run, { in: 1, passed: 1 });
  const last = items.next();
  stop.resolve();
  assertEquals((await last).done, true);
  expectFigures(run, { in: 1, passed: 1 });
});

for (
  const [title, weigh] of [
    ["", undefined],
    [", weighed at once", () => 1],
    [", weighed later", () => Promise.resolve(1)],
  ] as const
) {
  test(`[L14] batch() by time keeps back what its batch has so far${title}`, () =>
    new TestClock().use(async (clock) => {
      const source = new TimedSource(clock, arriveAt(0, 1, 2, 3, 30));
      const limits = weigh === undefined ? {} : { weigh, maxWeight: 100 };
      const run = start().batch("stage", { size: 3, maxWaitMs: 10, ...limits }).run(source);
      await expectAt(clock, run, [
        [0, { in: 1, passed: 0, held: 1 }],
        [1, { in: 2, passed: 0, held: 2 }],
        [2, { in: 3, passed: 3 }],
        [12, { in: 4, passed: 3, held: 1 }],
        [13, { in: 4, passed: 4 }],
        [30, { in: 5, passed: 5 }],
      ]);
    }));
}

test("[L14] batch() by time: what is kept back is waiting in the metrics", () =>
  new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 1), "is silent");
    const run = start().batch("stage", { size: 9, maxWaitMs: 50 }).run(source, {
      metricsIntervalMs: 10,
    });
    const reading = run[Symbol.asyncIterator]();
    const waiting = readWaiting(run);
    const first = reading.next();
    await clock.advance(20);
    assertEquals(await waiting, 2);
    await clock.advance(40);
    assertEquals((await first).value, [0, 1]);
    await reading.return();
  }));

test("[L14] batch() by time whose weighing fails: what was kept has passed, the item has failed", async () => {
  const run = start().batch("stage", {
    maxWaitMs: 1_000,
    maxWeight: 9,
    weigh(item) {
      if (item === 2) throw new Error("two");
      return 1;
    },
  }).run([0, 1, 2]);
  const batches = run[Symbol.asyncIterator]();

  assertEquals((await batches.next()).value, [0, 1]);
  expectFigures(run, { in: 3, passed: 2, failed: 1 });
  await assertRejects(() => batches.next(), StreamingError);
  expectFigures(run, { in: 3, passed: 2, failed: 1 });
});

test("[L14] batch() by weight that is asynchronous never counts an item twice", async () => {
  const run: PipelineRun<unknown> = start()
    .batch("stage", { maxWeight: 3, weigh: () => Promise.resolve(1) })
    .run([0, 1, 2, 3]);
  let isOver = false;
  const reading = collect(run).finally(() => isOver = true);
  while (!isOver) {
    const { inputCount, passedCount, inFlightCount } = run.metadata().steps[0]!;
    assert(passedCount >= 0 && inFlightCount >= 0);
    assertEquals(passedCount + inFlightCount, inputCount);
    await undefined;
  }
  assertEquals(await reading, [[0, 1, 2], [3]]);
});

test("[L14] what a stage keeps back when the reader stops is abandoned", () =>
  new TestClock().use(async (clock) => {
    const arrivals: Arrival<number>[] = arriveAt(0, 1, 2);
    const run = start().batch("stage", { size: 2, maxWaitMs: 5 })
      .run(new TimedSource(clock, arrivals, "is silent"));
    const batches = run[Symbol.asyncIterator]();
    const first = batches.next();
    await clock.advance(1);
    assertEquals((await first).value, [0, 1]);
    const second = batches.next();
    await clock.advance(1);
    await batches.return();
    await second;
    expectFigures(run, { in: 3, passed: 2, abandoned: 1 });
  }));
