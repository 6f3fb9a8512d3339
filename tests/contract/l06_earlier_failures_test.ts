// L6: what a failure of the source, or of an earlier stage, does to work in flight; which of several
// failures comes out, and where the others are.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { type PipelineRun, StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { ABORTABLE_ROWS, type AnyPipeline, KEY, PARALLEL_ROWS, range } from "./_rows.ts";

const FAILURE = new Error("what comes first");

const start = () => StreamingPipeline.start<number>();

/** Gives its items at once, and fails on demand. */
function createFailing(items: readonly number[]) {
  const { promise, reject } = createDeferred<void>();
  promise.catch(() => {});
  async function* source() {
    yield* items;
    await promise;
  }
  return { source: source(), fail: () => reject(FAILURE) };
}

/** Reads to the end; what came out, and how it ended. */
function readAll(run: PipelineRun<unknown>) {
  const items: unknown[] = [];
  const reading = watch((async () => {
    for await (const item of run) items.push(item);
  })());
  return { items, reading };
}

function stageOf(run: PipelineRun<unknown>, key = KEY) {
  const stage = run.metadata().steps.find((step) => step.key === key)!;
  expectBalance(stage);
  return stage;
}

/** What stands between the failure and the stage. */
const BEFORE: Readonly<Record<string, (pipeline: AnyPipeline) => AnyPipeline>> = {
  "the source": (pipeline) => start().compose(pipeline),
  "a source before a buffer": (pipeline) => start().buffer("before", 4).compose(pipeline),
  "a source before an unordered stage": (pipeline) =>
    start()
      .map("before", (item) => Promise.resolve(item), { parallel: true, ordered: false })
      .compose(pipeline),
};

/** `skipWhile` makes fewer calls, a batch ends as one, and steps of one item have no signal. */
const HELD_ROWS = PARALLEL_ROWS.filter(({ title, mode, endsTogether }) =>
  mode.limit > 2 && !endsTogether && !title.startsWith("skipWhile()")
);
const UNORDERED_ROWS = HELD_ROWS.filter(({ mode }) => !mode.ordered);

for (const row of UNORDERED_ROWS.filter((row) => ABORTABLE_ROWS.includes(row))) {
  for (const [name, put] of Object.entries(BEFORE)) {
    test(`[L6] a failure of ${name} ends what ${row.title} works on at once`, async () => {
      const calls = new CallProbe({ hold: true });
      const { source, fail } = createFailing([0, 1, 2]);
      const run = put(row.build(calls)).run(source);
      const { items, reading } = readAll(run);
      await until("all are worked on", () => calls.running === 3);

      fail();
      await settle();

      assertEquals([reading.state, calls.running, calls.aborted], ["rejected", 0, 3]);
      assertInstanceOf(reading.error, StreamingError);
      assertEquals([reading.error.key, reading.error.cause], ["source", FAILURE]);
      assertEquals([reading.error.suppressed, items], [[], []]);
      const { abandonedCount, errorCount } = stageOf(run);
      assertEquals([abandonedCount, errorCount], [3, 0]);
    });
  }

  test(`[L6] a failure of an earlier stage ends what ${row.title} works on at once`, async () => {
    const calls = new CallProbe({ hold: true });
    const open = createDeferred<void>();
    const run = start()
      .map("earlier", async (item) => {
        if (item < 2) return item;
        await open.promise;
        throw FAILURE;
      })
      .compose(row.build(calls))
      .run(range(3));
    const { reading } = readAll(run);
    await until("two are worked on", () => calls.running === 2);

    open.resolve();
    await settle();

    assertEquals([reading.state, calls.running, calls.aborted], ["rejected", 0, 2]);
    assertEquals((reading.error as StreamingError).key, "earlier");
    assertEquals(stageOf(run).abandonedCount, 2);
  });
}

for (const row of UNORDERED_ROWS) {
  test(`[L6] what ${row.title} has finished comes out before a failure of the source`, async () => {
    const calls = new CallProbe({ hold: true });
    const { source, fail } = createFailing([0, 1, 2]);
    const { items, reading } = readAll(row.build(calls).run(source));
    await until("all are worked on", () => calls.running === 3);
    calls.release(1);
    await settle();

    fail();
    calls.releaseAll();
    await settle();

    assertEquals(reading.state, "rejected");
    assert(row.model([1], false).every((item) => items.includes(item)));
  });

  test(`[L6] a failure that follows that of the source in ${row.title} is kept with it`, async () => {
    const failures = new Map(range(3).map((index) => [index, new Error(`item ${index}`)]));
    const calls = new CallProbe({ hold: true, obeys: false, failures });
    const { source, fail } = createFailing([0, 1, 2]);
    const run = row.build(calls).run(source);
    const { reading } = readAll(run);
    await until("all are worked on", () => calls.running === 3);

    fail();
    await settle();
    for (const index of [1, 0, 2]) {
      calls.release(index);
      await settle();
    }

    const error = reading.error as StreamingError;
    assertEquals([error.key, error.suppressedCount], ["source", 3]);
    const kept = error.suppressed as StreamingError[];
    assertEquals(
      kept.map(({ key, itemIndex }) => [key, itemIndex]),
      [1, 0, 2].map((at) => [KEY, at]),
    );
    assertEquals(kept.map(({ cause }) => cause), [1, 0, 2].map((at) => failures.get(at)));
    const { errorCount, abandonedCount } = stageOf(run);
    assertEquals([errorCount, abandonedCount], [3, 0]);
  });
}

for (const row of HELD_ROWS.filter(({ mode }) => mode.ordered)) {
  test(`[L6] ${row.title} completes the items before a failure of the source`, async () => {
    const calls = new CallProbe({ hold: true });
    const { source, fail } = createFailing([0, 1, 2]);
    const run = row.build(calls).run(source);
    const { items, reading } = readAll(run);
    await until("all are worked on", () => calls.running === 3);

    fail();
    await settle();
    assertEquals([calls.running, calls.aborted, reading.state], [3, 0, "pending"]);
    calls.releaseAll();
    await until("the run has failed", () => reading.state === "rejected");

    assertEquals(items, row.model([0, 1, 2]));
    assertEquals((reading.error as StreamingError).key, "source");
    assertEquals(stageOf(run).abandonedCount, 0);
  });
}

for (const row of HELD_ROWS) {
  test(`[L6] ${row.title} keeps what fails beside the failure that comes out`, async () => {
    const failures = new Map(range(4).map((index) => [index, new Error(`item ${index}`)]));
    const calls = new CallProbe({ hold: true, obeys: false, failures });
    const run = row.build(calls).run(range(4));
    const { reading } = readAll(run);
    await until("all are worked on", () => calls.running === 4);

    for (const index of [2, 3, 1, 0]) {
      calls.release(index);
      await settle();
    }

    const error = reading.error as StreamingError;
    const first = row.mode.ordered ? 0 : 2;
    assertStrictEquals(error.cause, failures.get(first));
    const kept = (error.suppressed as StreamingError[]).map(({ itemIndex }) => itemIndex);
    assertEquals(kept.toSorted(), range(4).filter((index) => index !== first));
    assertEquals([error.suppressedCount, stageOf(run).errorCount], [3, 4]);
  });

  test(`[L6] ${row.title} keeps no more failures than maxErrors, and counts the rest`, async () => {
    const failures = new Map(range(8).map((index) => [index, new Error(`item ${index}`)]));
    const calls = new CallProbe({ hold: true, obeys: false, failures });
    const run = StreamingPipeline.start<number>(undefined, { metadata: { maxErrors: 2 } })
      .compose(row.build(calls)).run(range(8));
    const { reading } = readAll(run);
    await until("all are worked on", () => calls.running === 8);

    calls.releaseAll();
    await settle();

    const error = reading.error as StreamingError;
    assertEquals([error.suppressed.length, error.suppressedCount], [2, 7]);
    assertEquals([stageOf(run).errorCount, stageOf(run).errors?.length], [8, 2]);
  });
}

for (const row of UNORDERED_ROWS.filter((row) => ABORTABLE_ROWS.includes(row))) {
  test(`[L6] abort reasons are not among the failures that ${row.title} keeps`, async () => {
    const failures = new Map([[1, FAILURE]]);
    const calls = new CallProbe({ hold: true, failures });
    const run = row.build(calls).run(range(4));
    const { reading } = readAll(run);
    await until("all are worked on", () => calls.running === 4);

    calls.release(1);
    await settle();

    const error = reading.error as StreamingError;
    assertStrictEquals(error.cause, FAILURE);
    assertEquals([error.suppressed, error.suppressedCount], [[], 0]);
    const { errorCount, abandonedCount } = stageOf(run);
    assertEquals([errorCount, abandonedCount], [1, 3]);
  });
}

test("[L6] the abort of a client of HTTP, or of a timer, is no failure", async () => {
  const abort = (signal: AbortSignal) =>
    new Promise((_, reject) =>
      signal.addEventListener("abort", () => {
        const { reason } = signal;
        reject(
          [
            new DOMException("aborted", "AbortError"),
            Object.assign(new Error("aborted"), { name: "AbortError" }),
            new Error("aborted", { cause: reason }),
          ][kind++],
        );
      })
    );
  let kind = 0;
  const { source, fail } = createFailing([0, 1, 2]);
  const run = start()
    .map(KEY, (_, __, { signal }) => abort(signal), { parallel: true, ordered: false })
    .run(source);
  const { reading } = readAll(run);
  await settle();

  fail();
  await settle();

  assertEquals([(reading.error as StreamingError).suppressed, kind], [[], 3]);
  assertEquals([stageOf(run).abandonedCount, stageOf(run).errorCount], [3, 0]);
});

test("[L6] a failure upstream aborts nothing after a stage that may end before it comes", async () => {
  const open = createDeferred<void>();
  const signals: AbortSignal[] = [];
  const { source, fail } = createFailing([0, 1, 2]);
  const run = start()
    .buffer("ahead", 4)
    .take("enough", 2)
    .map(KEY, async (item, _, { signal }) => {
      signals.push(signal);
      await open.promise;
      return item;
    }, { parallel: true, ordered: false, concurrencyLimit: 1 })
    .run(source);
  const { items, reading } = readAll(run);
  await settle();

  fail();
  await settle();
  open.resolve();
  await until("the run has ended", () => reading.state !== "pending");

  assertEquals([items, reading.state], [[0, 1], "resolved"]);
  assertEquals(signals.map(({ aborted }) => aborted), [false, false]);
});

test("[L2] what comes out because of a failure waits for the places of aborted calls", async () => {
  const calls = new CallProbe({ hold: true, obeys: false });
  const { source, fail } = createFailing([0, 1, 2]);
  const run = start()
    .buffer("ahead", 4)
    .map(KEY, calls.wrap((item) => item, true), {
      parallel: true,
      ordered: false,
      concurrencyLimit: 1,
    })
    .run(source);
  const { items, reading } = readAll(run);
  await settle();

  fail();
  await settle();
  assertEquals([calls.started, calls.aborted], [1, 1]);
  for (const index of range(3)) {
    calls.release(index);
    await settle();
  }

  assertEquals([items, calls.peak, reading.state], [[1, 2], 1, "rejected"]);
  assertEquals(stageOf(run).abandonedCount, 1);
});
