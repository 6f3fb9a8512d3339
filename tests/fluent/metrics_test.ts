// run.metrics: the figures of a run while it lives.

import { assert, assertEquals } from "@std/assert";
import { type RunMetrics, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";

type Pipeline = StreamingPipeline<number, number, unknown>;

const INTERVAL_MS = 500;

const start = (): Pipeline => StreamingPipeline.start<number>();

/** Gathers the snapshots of a run until it ends. */
function listen(metrics: AsyncIterable<RunMetrics>): RunMetrics[] {
  const snapshots: RunMetrics[] = [];
  (async () => {
    for await (const snapshot of metrics) snapshots.push(snapshot);
  })();
  return snapshots;
}

test("run.metrics gives rates since the snapshot before, of what went in and what came out", async () => {
  await new TestClock().use(async (clock) => {
    const gates = Array.from({ length: 12 }, () => createDeferred<void>());
    const run = start()
      .map("step", async (item) => (await gates[item]!.promise, item))
      .filter("even", (item) => item % 2 === 0)
      .run(gates.keys(), { metricsIntervalMs: INTERVAL_MS });
    const snapshots = listen(run.metrics);
    const reading = collect(run);
    let opened = 0;
    // 1, then 4, then none, then 5 items within an interval.
    for (const count of [1, 4, 0, 5]) {
      for (let left = count; left > 0; left--) gates[opened++]!.resolve();
      await clock.advance(INTERVAL_MS);
    }
    for (const gate of gates) gate.resolve();
    await reading;
    await settle();

    const rates = snapshots.map(({ elapsedMs, steps: [step, even] }) => [
      elapsedMs,
      step!.inputPerSecond,
      step!.outputPerSecond,
      even!.inputPerSecond,
      even!.outputPerSecond,
    ]);
    assertEquals(rates, [
      // The item that is being worked on has entered as well.
      [500, 4, 2, 2, 2],
      [1_000, 8, 8, 8, 4],
      [1_500, 0, 0, 0, 0],
      [2_000, 10, 10, 10, 4],
      // The last snapshot is taken when the run ends: no time has passed on this clock.
      [2_000, 0, 0, 0, 0],
    ]);
    assertEquals(snapshots.at(-1)!.steps.map(({ outputCount }) => outputCount), [12, 6]);
  });
});

test("run.metrics shows what was dropped and what has failed", async () => {
  const run = start()
    .filter("odd", (item) => item % 2 === 1)
    .map("step", (item) => {
      if (item === 3) throw new Error("three");
      return item;
    }, { errorStrategy: "SKIP_FAILED" })
    .run([1, 2, 3, 4, 5]);
  const snapshots = listen(run.metrics);
  await collect(run);
  await settle();

  const [odd, step] = snapshots.at(-1)!.steps;
  assertEquals([odd!.inputCount, odd!.droppedCount, odd!.outputCount], [5, 2, 3]);
  assertEquals([step!.stepName, step!.inputCount, step!.errorCount, step!.outputCount], [
    "step",
    3,
    1,
    2,
  ]);
});

type Run = ReturnType<Pipeline["run"]>;

/** Ways for a run to end, of which none takes time. */
const ENDINGS: Readonly<Record<string, (run: Run) => Promise<unknown>>> = {
  "is read to its end": (run) => collect(run),
  "is left": async (run) => {
    for await (const _ of run) break;
  },
  "fails": async (run) => {
    for await (const item of run) if (item === 2) throw new Error("the reader fails");
  },
  "is aborted": async (run) => {
    await run[Symbol.asyncIterator]().next();
    await run.abort("enough");
  },
  "is aborted before it begins": (run) => run.abort("enough"),
  "is closed before it begins": (run) => run[Symbol.asyncDispose](),
  "is cancelled": async (run) => {
    const reader = run.readable.getReader();
    await reader.read();
    await reader.cancel();
  },
};

for (const [ending, end] of Object.entries(ENDINGS)) {
  test(`run.metrics ends with a last snapshot when the run ${ending}, and leaves no timer`, async () => {
    await new TestClock().use(async (clock) => {
      const run = start().map("step", (item) => item).run([1, 2, 3]);
      const reader = run.metrics[Symbol.asyncIterator]();
      const [last, after] = [watch(reader.next()), watch(reader.next())];
      await settle();
      assertEquals([last.state, clock.timerCount], ["pending", 1]);
      await end(run).catch(() => {});
      await settle();

      assertEquals(clock.timerCount, 0);
      assertEquals(last.value!.value!.steps.map(({ key }: { readonly key: string }) => key), [
        "step",
      ]);
      assertEquals([after.value, (await reader.next()).done], [
        { done: true, value: undefined },
        true,
      ]);
    });
  });
}

test("run.metrics of a run that is over gives its last figures, once", async () => {
  await new TestClock().use(async (clock) => {
    const run = start().map("step", (item) => item).run([1, 2, 3]);
    await collect(run);
    const snapshots = await collect(run.metrics);

    assertEquals(snapshots.map(({ steps }) => steps[0]!.outputCount), [3]);
    assertEquals(clock.timerCount, 0);
  });
});

test("run.metrics has no timer while nobody listens", async () => {
  await new TestClock().use(async (clock) => {
    const run = start().map("step", (item) => item).run([1, 2]);
    const snapshots = run.metrics[Symbol.asyncIterator]();
    const timers = [clock.timerCount];
    const first = snapshots.next();
    timers.push(clock.timerCount);
    await clock.advance(1_000);
    await first;
    timers.push(clock.timerCount);
    const asked = snapshots.next();
    timers.push(clock.timerCount);
    await snapshots.return?.();
    timers.push(clock.timerCount);

    assertEquals(timers, [0, 1, 0, 1, 0]);
    assertEquals(await asked, { done: true, value: undefined });
    await collect(run);
    assertEquals(clock.timerCount, 0);
  });
});

test("run.metrics: two listeners each have their own time, rates and end", async () => {
  await new TestClock().use(async (clock) => {
    const gates = Array.from({ length: 4 }, () => createDeferred<void>());
    const run = start().map("step", async (item) => (await gates[item]!.promise, item))
      .run(gates.keys(), { metricsIntervalMs: INTERVAL_MS });
    const reading = collect(run);
    const early = listen(run.metrics);
    gates[0]!.resolve();
    await clock.advance(250);
    const late = listen(run.metrics);
    const brief = run.metrics[Symbol.asyncIterator]();
    const first = brief.next();
    gates[1]!.resolve();
    await clock.advance(250);
    gates[2]!.resolve();
    await clock.advance(250);
    await first;
    await brief.return?.();
    gates[3]!.resolve();
    await reading;
    await settle();

    const figures = (snapshots: RunMetrics[]) =>
      snapshots.map(({ elapsedMs, steps: [step] }) => [
        elapsedMs,
        step!.outputCount,
        step!.outputPerSecond,
      ]);
    assertEquals(figures(early), [[500, 2, 4], [750, 4, 8]]);
    // The first rate of a listener is that of all that came before it listened, too.
    assertEquals(figures(late), [[500, 3, 6], [500, 4, 0]]);
    assertEquals(clock.timerCount, 0);
  });
});

test("run.metrics does not hold the run up, however slow its listener is", async () => {
  await new TestClock().use(async (clock) => {
    const run = start().map("step", (item) => item).run([1, 2, 3]);
    const snapshots = run.metrics[Symbol.asyncIterator]();
    const asked = snapshots.next();
    const items = await collect(run);
    await asked;

    assertEquals(items, [1, 2, 3]);
    assert(clock.timerCount === 0);
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
