// batch() with a limit of time.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { arriveAt, type Ending, readTimed, TimedSource } from "../support/timed_source.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { assertRefused, untyped } from "../support/refused.ts";
import { count } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

const byTime = (size: number | undefined, maxWaitMs: number) =>
  start.batch("b", { ...(size !== undefined && { size }), maxWaitMs });

test("batch() closes a batch when its time is up, counted from its first item", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(10, 40, 70, 95, 300, 310));

    const { items } = await readTimed(clock, byTime(undefined, 50).execute(source));

    assertEquals(items, [[60, [0, 1]], [120, [2, 3]], [310, [4, 5]]]);
  });
});

test("existing bufferTime: the first item after a gap does not come out alone", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 1_007, 1_020, 1_050), "ends");

    const { items } = await readTimed(clock, byTime(undefined, 50).execute(source));

    assertEquals(items, [[50, [0]], [1_050, [1, 2, 3]]]);
  });
});

test("existing bufferTime: a source error does not throw away the partial batch", async () => {
  await new TestClock().use(async (clock) => {
    const failure = new Error("broken");
    const source = new TimedSource(clock, arriveAt(0, 10, 20), failure);

    const { items, error } = await readTimed(clock, byTime(2, 50).execute(source));

    assertEquals(items, [[10, [0, 1]], [20, [2]]]);
    assertEquals((error as Error).cause, failure);
    assertEquals(clock.timerCount, 0);
  });
});

test("existing bufferTime: a break while idle returns at once and leaves no timer", async () => {
  await new TestClock().use(async (clock) => {
    for (const arrivals of [[], [0]]) {
      const source = new TimedSource(clock, arriveAt(...arrivals), "is silent");
      const items = byTime(10, 50).execute(source);
      const waiting = watch(items.next());
      await settle();

      const returned = watch(items.return());
      await settle();

      assertEquals([waiting.value?.done, returned.state, source.closed], [true, "resolved", 1]);
      assertEquals(clock.timerCount, 0);
    }
  });
});

test("existing bufferTime: a batch that is never asked for again keeps no timer for ever", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 0, 0), "is silent");
    const items = byTime(2, 50).execute(source);
    await items.next();

    await clock.advance(1_000);

    assertEquals(clock.timerCount, 0);
    await items.return();
  });
});

test("existing bufferTime: batch(NaN) and a time of NaN do not swallow everything", () => {
  const { batch } = untyped(start);
  assertRefused(
    () => batch!("key", NaN),
    RangeError,
    `Cannot add the stage "key" (batch): size must be a positive integer, got NaN`,
  );
  assertRefused(
    () => batch!("key", { maxWaitMs: NaN }),
    RangeError,
    `Cannot add the stage "key" (batch): maxWaitMs must be a finite number of at least 1, got NaN`,
  );
});

test("batch() closes a batch by count before its time is up, and counts anew from the next", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 10, 45, 60, 200));

    const { items } = await readTimed(clock, byTime(2, 50).execute(source));

    assertEquals(items, [[10, [0, 1]], [60, [2, 3]], [200, [4]]]);
  });
});

test("batch() by time is never empty and loses nothing, whatever arrives when", async () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 30 });
  const pauses = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 5 });
  const endings = fc.constantFrom<Ending>("ends", new Error("broken"));
  const size = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(gaps, pauses, endings, size, async (gaps, pauses, ending, size) => {
      await new TestClock().use(async (clock) => {
        let at = 0;
        const moments = gaps.map((gap) => at += gap);
        const source = new TimedSource(clock, arriveAt(...moments), ending);
        let read = 0;
        const pause = () => pauses[read++ % pauses.length]!;

        const { items, error } = await readTimed(clock, byTime(size, 50).execute(source), pause);

        const batches = items.map(([, batch]) => batch);
        assertEquals(batches.flat(), moments.map((_, index) => index));
        assertEquals(
          batches.every((batch) => batch.length > 0 && batch.length <= (size ?? 99)),
          true,
        );
        assertEquals((error as Error | undefined)?.cause, ending === "ends" ? undefined : ending);
        assertEquals(clock.timerCount, 0);
      });
    }),
    { numRuns: 60 },
  );
});

test("batch() by time is as an eager reader sees it: full, or due 50 ms after its first item", async () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(gaps, async (gaps) => {
      await new TestClock().use(async (clock) => {
        let at = 0;
        const moments = gaps.map((gap) => at += gap);

        const { items } = await readTimed(
          clock,
          byTime(4, 50).execute(new TimedSource(clock, arriveAt(...moments))),
        );

        for (const [index, [atMs, batch]] of items.entries()) {
          const firstAt = moments[batch[0]!]!;
          const lastAt = moments[batch.at(-1)!]!;
          if (batch.length === 4) assertEquals(atMs, lastAt);
          else if (index < items.length - 1) assertEquals(atMs, firstAt + 50);
          else assertEquals(atMs <= firstAt + 50, true);
        }
      });
    }),
    { numRuns: 60 },
  );
});

test("a batch that is due waits while no read is pending, and grows to its limits, not over them", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 60, 70, 80, 90, 100, 110), "is silent");
    const items = byTime(4, 50).execute(source);
    const first = watch(items.next());
    await clock.advance(55);
    assertEquals(first.value?.value, [0]);

    await clock.advance(1_000);

    // Item 1 was asked for before; the batch that it began was filled, and no more was read.
    assertEquals(source.pulls, 5);
    assertEquals((await items.next()).value, [1, 2, 3, 4]);
    await items.return();
  });
});

test("[L2] batch() by time reads nothing after a full batch without a read", async () => {
  const clock = new TestClock();
  const source = new TimedSource(clock, arriveAt(0, 0, 0, 0, 0, 0));
  const items = byTime(2, 50).execute(source);

  assertEquals(source.pulls, 0);
  await items.next();
  await settle();

  assertEquals(source.pulls, 2);
  await items.return();
});

test("[L5] a weigh in flight is waited for when batch() by time is closed", async () => {
  let answer: (weight: number) => void = () => {};
  const pipeline = start.batch("b", {
    maxWaitMs: 50,
    maxWeight: 5,
    weigh: () => new Promise<number>((resolve) => answer = resolve),
  });
  const items = pipeline.execute(count());
  const waiting = watch(items.next());
  await settle();

  const returned = watch(items.return());
  await settle();
  assertEquals([waiting.state, returned.state], ["resolved", "pending"]);
  answer(1);
  await settle();

  assertEquals(returned.state, "resolved");
});

test("batch() by time shows the path of the item that came last", async () => {
  const pipeline = start.map("double", (item) => item * 2)
    .batch("b", { size: 2, maxWaitMs: 1_000 })
    .map("last", (_batch, _, { state }) => state.accumulated.double);

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [4, 6]);
});
