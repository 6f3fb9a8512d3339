// windowTime() by the clock, and what it refuses.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { arriveAt, type Ending, readTimed, TimedSource } from "../support/timed_source.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { NO_NUMBERS } from "../support/refused.ts";

const start = StreamingPipeline.start<number>();
const timestamp = (item: number) => item;
const NO_INTEGERS = [...NO_NUMBERS, [0, "0"], [0.5, "0.5"], [2 ** 53, "9007199254740992"]] as const;

testOptions("windowTime", (options, methods) => methods.windowTime!("key", options), [
  ...NO_INTEGERS.flatMap(([value, shown]) =>
    [
      [{ sizeMs: value }, RangeError, `sizeMs must be a positive integer, got ${shown}`],
      [
        { sizeMs: 1, slideMs: value },
        RangeError,
        `slideMs must be a positive integer, got ${shown}`,
      ],
      [{ timestamp, sizeMs: value }, RangeError, `sizeMs must be a positive integer, got ${shown}`],
      [{ timestamp, gapMs: value }, RangeError, `gapMs must be a positive integer, got ${shown}`],
    ] as const
  ),
  ...NO_NUMBERS.map(([value, shown]) =>
    [
      { timestamp, sizeMs: 1, allowedLatenessMs: value },
      RangeError,
      `allowedLatenessMs must be a finite number of at least 0, got ${shown}`,
    ] as const
  ),
  ...[{}, { timestamp }].map((options) =>
    [
      { ...options, sizeMs: 100_001, slideMs: 10 },
      RangeError,
      "sizeMs / slideMs must be at most 10000, for an item is in so many windows, got 10001",
    ] as const
  ),
  [{}, RangeError, "sizeMs must be a positive integer, got undefined"],
  [{ timestamp }, RangeError, "sizeMs must be a positive integer, got undefined"],
  [{ timestamp: 1, sizeMs: 1 }, TypeError, "timestamp must be a function, got 1"],
  [{ timestamp, sizeMs: 1, by: "user" }, TypeError, `by must be a function, got "user"`],
  [
    { timestamp, sizeMs: 1, lateItems: [] },
    TypeError,
    "lateItems must be a function or a WritableStream, got an array",
  ],
  [
    { timestamp, sizeMs: 1, gapMs: 1 },
    TypeError,
    "gapMs makes sessions, which have neither sizeMs nor slideMs",
  ],
  [
    { gapMs: 1 },
    TypeError,
    "gapMs needs timestamp",
  ],
  [
    { sizeMs: 1, by: () => "user" },
    TypeError,
    "by needs timestamp",
  ],
  [
    { sizeMs: 1, timestmp: timestamp },
    TypeError,
    'unknown option "timestmp"; it takes sizeMs, slideMs, aggregate, timestamp, gapMs, ' +
    "allowedLatenessMs, lateItems, by, errorStrategy",
  ],
]);

test("windowTime() hands out a window by the clock when its time is over", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(10, 40, 99, 100, 350));

    const { items } = await readTimed(
      clock,
      start.windowTime("w", { sizeMs: 100 }).execute(source),
    );

    assertEquals(items, [
      [100, { start: 0, end: 100, items: [0, 1, 2], key: undefined }],
      [200, { start: 100, end: 200, items: [3], key: undefined }],
      [350, { start: 300, end: 400, items: [4], key: undefined }],
    ]);
    assertEquals(clock.timerCount, 0);
  });
});

test("windowTime() by the clock slides", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = start.windowTime("w", { sizeMs: 100, slideMs: 50 });
    const source = new TimedSource(clock, arriveAt(60, 110, 1_000), "is silent");
    const items = pipeline.execute(source);
    const seen: unknown[] = [];
    const reading = watch((async () => {
      for await (const { start, end, items: kept } of items) seen.push([start, end, kept]);
    })());
    await clock.advance(900);

    assertEquals(seen, [[0, 100, [0]], [50, 150, [0, 1]], [100, 200, [1]]]);
    await items.return();
    assertEquals([reading.state, clock.timerCount], ["resolved", 1]);
  });
});

/** Every window that has an item, in the order of their ends. */
function model(moments: readonly number[], sizeMs: number, slideMs: number) {
  const windows = new Map<number, number[]>();
  moments.forEach((atMs, item) => {
    const first = Math.floor(atMs / slideMs) * slideMs;
    for (let start = first; start > atMs - sizeMs; start -= slideMs) {
      windows.set(start, [...windows.get(start) ?? [], item]);
    }
  });
  return [...windows].sort(([a], [b]) => a - b)
    .map(([start, items]) => ({ start, end: start + sizeMs, items, key: undefined }));
}

test("windowTime() by the clock agrees with an array model", async () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 25 });
  const length = fc.integer({ min: 1, max: 120 });
  const endings = fc.constantFrom<Ending>("ends", new Error("broken"));
  await fc.assert(
    fc.asyncProperty(gaps, length, length, endings, async (...given) => {
      const [gaps, sizeMs, slideMs, ending] = given;
      await new TestClock().use(async (clock) => {
        let at = 0;
        const moments = gaps.map((gap) => at += gap);
        const source = new TimedSource(clock, arriveAt(...moments), ending);
        const pipeline = start.windowTime("w", { sizeMs, slideMs });

        const { items, error } = await readTimed(clock, pipeline.execute(source));

        assertEquals(items.map(([, window]) => window), model(moments, sizeMs, slideMs));
        assertEquals(items.every(([atMs, { end }]) => atMs === Math.min(end, at)), true);
        assertEquals((error as Error | undefined)?.cause, ending === "ends" ? undefined : ending);
        assertEquals(clock.timerCount, 0);
      });
    }),
    { numRuns: 60 },
  );
});

test("[L2] windowTime() by the clock reads nothing while no read is pending", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 110, 120, 130), "is silent");
    const items = start.windowTime("w", { sizeMs: 100 }).execute(source);
    await clock.advance(10);
    assertEquals(source.pulls, 0);
    const first = watch(items.next());
    await clock.advance(1_000);

    assertEquals([first.value?.done, source.pulls], [false, 2]);
    await items.return();
  });
});

test("[L5] windowTime() by the clock can be closed while it waits, and leaves no timer", async () => {
  await new TestClock().use(async (clock) => {
    for (const moments of [[], [0]]) {
      const source = new TimedSource(clock, arriveAt(...moments), "is silent");
      const items = start.windowTime("w", { sizeMs: 100 }).execute(source);
      const waiting = watch(items.next());
      await settle();

      await items.return();

      assertEquals([waiting.value?.done, clock.timerCount, source.closed], [true, 0, 1]);
    }
  });
});
