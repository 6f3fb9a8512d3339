// L14: every item that entered a stage is accounted for exactly once, at every moment.

import { assert, assertEquals } from "@std/assert";
import {
  type FailedItem,
  type PipelineRun,
  type StreamingErrorStrategy,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { drive, PICKS } from "../support/drive.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";
import { FLOWING_ROWS, inOrder, KEY, range, type Row, ROWS } from "./_rows.ts";

const FAILURE = new Error("this item is bad");

/** The calls that fail, among those that every operator makes. */
const FAILING = [1, 3, 4];

const SKIPPING = ["SKIP_FAILED", "COLLECT_ERRORS", "SPLIT_ERRORS"] as const;

type Counts = Record<
  "in" | "out" | "passed" | "dropped" | "failed" | "abandoned" | "inFlight",
  number
>;

/** The figures of the stage under test, which must add up. */
function readCounts(run: PipelineRun<unknown>, key = KEY): Counts {
  const step = run.metadata().steps.find((each) => each.key === key)!;
  expectBalance(step);
  return {
    in: step.inputCount,
    out: step.outputCount,
    passed: step.passedCount,
    dropped: step.droppedCount,
    failed: step.errorCount,
    abandoned: step.abandonedCount,
    inFlight: step.inFlightCount,
  };
}

async function readToEnd(run: PipelineRun<unknown>, look: (seen: number) => void) {
  const seen: unknown[] = [];
  for await (const item of run) {
    seen.push(item);
    look(seen.length);
  }
  return seen;
}

/** A generator's first call comes a little later than a function's beside it. */
function sorted(items: readonly unknown[]): unknown[] {
  return [...items].sort((a, b) => Number(a) - Number(b));
}

/** How many items the stage reads to give what its model gives: some stop before the end. */
function inputsOf(row: Row, count: number): number {
  const all = row.model(range(count)).length;
  if (row.title.startsWith("take()")) return 10;
  if (!row.title.startsWith("takeWhile()")) return count;
  return all === count ? count : all + 1;
}

for (const row of ROWS) {
  test(`[L14] the figures of ${row.title} add up at every moment and to its end`, async () => {
    const calls = new CallProbe();
    const run = row.build(calls).run(range(40));

    const seen = await readToEnd(run, (count) => {
      const counts = readCounts(run);
      assertEquals(counts.out, count);
      assert(counts.in >= calls.started);
    });

    const counts = readCounts(run);
    assertEquals([counts.out, counts.failed], [seen.length, 0]);
    // Items that were worked on beside the one that ended the stream stay in flight.
    if (row.mode.parallel && row.title.startsWith("takeWhile()")) return;
    assertEquals([counts.in, counts.inFlight], [inputsOf(row, 40), 0]);
    assertEquals(counts.dropped, row.drops ? counts.in - counts.passed : 0);
  });

  if (!row.isProbed) continue;
  test(`[L14] ${row.title} hands each item to its function exactly once`, async () => {
    for (const failing of [[], [3]]) {
      const calls = new CallProbe({ failures: new Map(failing.map((at) => [at, FAILURE])) });
      await row.build(calls).executeToArray(range(40)).catch(() => {});

      assertEquals(sorted(calls.items), range(calls.started));
      assertEquals(calls.indexes, calls.items);
    }
  });

  test(`[L14] the figures of ${row.title} add up while its calls are in flight`, async () => {
    const calls = new CallProbe({ hold: true });
    const run = row.build(calls).run(range(40));
    const moments: Counts[] = [];
    const work = readToEnd(run, () => {});
    const createPick = PICKS["in a mixed order"]!;
    const pick = createPick();

    await drive(work, calls, (count) => {
      const counts = readCounts(run);
      assert(counts.in >= calls.started && counts.inFlight >= calls.running);
      moments.push(counts);
      return pick(count);
    });

    assert(row.mode.isAsync ? moments.length > 0 : moments.length === 0);
    assertEquals(readCounts(run).out, (await work).length);
  });

  test(`[L14] the figures of ${row.title} add up after a failure`, async () => {
    const calls = new CallProbe({ failures: new Map([[3, FAILURE]]) });
    const run = row.build(calls).run(range(40));

    await readToEnd(run, () => readCounts(run)).catch(() => {});

    const counts = readCounts(run);
    assertEquals([counts.failed, counts.in >= calls.started], [1, true]);
    assertEquals(run.metadata().status, "failed");
  });

  for (const errorStrategy of SKIPPING) {
    // A function that is not called cannot fail.
    if (row.title.startsWith("skipWhile()")) continue;

    test(`[L14] ${row.title} with ${errorStrategy} leaves out the failed items, and counts them`, async () => {
      const calls = new CallProbe({ failures: new Map(FAILING.map((at) => [at, FAILURE])) });
      const failedItems: FailedItem[] = [];
      const run = row.build(calls, { errorStrategy })
        .run(range(12), { errorsTo: (failed: FailedItem) => failedItems.push(failed) });

      const seen = await readToEnd(run, () => readCounts(run));

      const good = range(12).filter((item) => !FAILING.includes(item));
      assertEquals(inOrder(row, seen), inOrder(row, row.model(good)));
      const counts = readCounts(run);
      assertEquals([counts.in, counts.failed, counts.out], [12, FAILING.length, seen.length]);
      assertEquals([counts.inFlight, sorted(calls.items)], [0, range(12)]);
      expectReported(run, errorStrategy, failedItems);
    });
  }
}

for (const row of FLOWING_ROWS.filter(({ isProbed }) => isProbed)) {
  test(`[L14] the figures of ${row.title} add up after a break`, async () => {
    const calls = new CallProbe({ hold: (index) => index > 8 });
    const run = row.build(calls).run(new SourceProbe("an async iterable").source);
    for await (const _ of run) {
      await settle();
      calls.releaseAll();
      break;
    }

    const counts = readCounts(run);
    assertEquals([counts.failed, counts.in >= calls.started], [0, true]);
    assertEquals(run.metadata().status, "closed");
  });
}

/** Each failed item is reported where its strategy says so, and nowhere else. */
function expectReported(
  run: PipelineRun<unknown>,
  strategy: StreamingErrorStrategy,
  failedItems: readonly FailedItem[],
): void {
  const { errors } = run.metadata().steps.find(({ key }) => key === KEY)!;
  const kept = strategy === "COLLECT_ERRORS" ? errors ?? [] : [];
  const expected = strategy === "SKIP_FAILED" ? [] : FAILING;
  const told = strategy === "SPLIT_ERRORS" ? failedItems.map(({ error }) => error) : kept;
  assertEquals(sorted(told.map(({ itemIndex }) => itemIndex)), expected);
  assert(told.every(({ cause, key }) => cause === FAILURE && key === KEY));
  assertEquals(run.metadata().status, "completed");
}

test("[L14] what comes out of a stage is what goes into the next, at every moment", async () => {
  const keys = ["first", "second", "third", "fourth", "fifth"] as const;
  const look = (item: number) => {
    const steps = keys.map((key) => run.metadata().steps.find((step) => step.key === key)!);
    for (const [index, step] of steps.entries()) {
      expectBalance(step);
      if (index > 0) assertEquals(step.inputCount, steps[index - 1]!.outputCount, step.key);
    }
    return item;
  };
  const lookLater = async (item: number) => {
    look(item);
    await undefined;
    return look(item);
  };
  const parallel = { parallel: true, concurrencyLimit: 3 };
  const run: PipelineRun<number> = StreamingPipeline.start<number>()
    .map(keys[0], look)
    .map(keys[1], lookLater, parallel)
    .tap(keys[2], lookLater)
    .add(keys[3], async function* ({ input }) {
      for await (const item of input) yield look(item);
    })
    .map(keys[4], lookLater, { ...parallel, ordered: false })
    .run(range(30));

  const seen = await readToEnd(run, () => look(0));

  assertEquals(seen.length, 30);
  assertEquals(run.metadata().steps.map(({ outputCount }) => outputCount), keys.map(() => 30));
});
