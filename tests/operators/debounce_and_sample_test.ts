import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import {
  type Arrival,
  arriveAt,
  type Ending,
  readTimed,
  TimedSource,
} from "../support/timed_source.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { assertRefused, NO_NUMBERS, untyped } from "../support/refused.ts";

const start = StreamingPipeline.start<number>();

/** What an eager reader gets of items that come at these moments. */
type Model = (arrivals: readonly Arrival<number>[], ms: number) => readonly number[];

const debounced: Model = (arrivals, ms) =>
  arrivals.filter(([atMs], index) => {
    const next = arrivals[index + 1];
    return next === undefined || next[0] > atMs + ms;
  }).map(([, item]) => item);

const sampled: Model = (arrivals, ms) =>
  arrivals.filter(([atMs], index) => {
    const next = arrivals[index + 1];
    return next === undefined || Math.floor(next[0] / ms) > Math.floor(atMs / ms);
  }).map(([, item]) => item);

const OPERATORS = [
  { name: "debounce", option: "waitMs", model: debounced },
  { name: "sample", option: "intervalMs", model: sampled },
] as const;

for (const { name, option, model } of OPERATORS) {
  const build = (ms: number) => start[name]("stage", ms);

  test(`[L9] ${name}() refuses a time that is not valid`, () => {
    for (const [value, shown] of [...NO_NUMBERS, [0, "0"], [undefined, "undefined"]] as const) {
      assertRefused(
        () => untyped(start)[name]!("key", value),
        RangeError,
        `Cannot add the stage "key" (${name}): ${option} must be a finite number of at least 1, got ${shown}`,
      );
    }
  });

  test(`${name}() agrees with a model of arrivals`, async () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(gaps, async (gaps) => {
        await new TestClock().use(async (clock) => {
          let at = 0;
          // Odd moments, so that no item comes at the moment when another is due.
          const arrivals = arriveAt(...gaps.map((gap) => at += 2 * gap)).map(([atMs, item]) =>
            [atMs + (item % 2 === 0 ? 0.5 : 0.75), item] as const
          );
          const source = new TimedSource(clock, arrivals);

          const { items } = await readTimed(clock, build(50).execute(source));

          assertEquals(items.map(([, item]) => item), model(arrivals, 50));
          assertEquals(clock.timerCount, 0);
        });
      }),
      { numRuns: 60 },
    );
  });

  for (const ending of ["ends", new Error("broken")] as Ending[]) {
    const how = ending === "ends" ? "its source ends" : "its source fails";
    test(`[L6] ${name}() hands the last item out at once when ${how}`, async () => {
      await new TestClock().use(async (clock) => {
        const source = new TimedSource(clock, arriveAt(0, 1, 2), ending);

        const { items, endedAtMs, error } = await readTimed(clock, build(50).execute(source));

        assertEquals([items, endedAtMs], [[[2, 2]], 2]);
        assertEquals((error as Error | undefined)?.cause, ending === "ends" ? undefined : ending);
      });
    });
  }

  test(`[L5] ${name}() can be closed while it waits, and leaves no timer`, async () => {
    await new TestClock().use(async (clock) => {
      for (const arrivals of [[], [0]]) {
        const source = new TimedSource(clock, arriveAt(...arrivals), "is silent");
        const items = build(50).execute(source);
        const waiting = watch(items.next());
        await settle();

        await items.return();

        assertEquals([waiting.value?.done, clock.timerCount, source.closed], [true, 0, 1]);
      }
    });
  });

  test(`[L13] ${name}() can be aborted while it waits`, async () => {
    await new TestClock().use(async (clock) => {
      const controller = new AbortController();
      const source = new TimedSource(clock, arriveAt(0), "is silent");
      const reading = watch(
        build(50).executeToArray(source, { signal: controller.signal }),
      );
      await settle();
      const reason = new Error("enough");

      controller.abort(reason);
      await settle();

      assertEquals([reading.error, clock.timerCount, source.closed], [reason, 0, 1]);
    });
  });

  test(`[L2] ${name}() reads nothing before it is asked, nor while no read is pending`, async () => {
    await new TestClock().use(async (clock) => {
      const source = new TimedSource(clock, arriveAt(0, 200, 300, 400), "is silent");
      const items = build(50).execute(source);
      await clock.advance(10);
      assertEquals(source.pulls, 0);
      const first = watch(items.next());
      await clock.advance(60);
      assertEquals(first.value?.value, 0);
      await clock.advance(1_000);

      // One item was being waited for; it is due now, and the last of what was read.
      assertEquals(source.pulls, 2);
      assertEquals((await items.next()).value, 1);
      await items.return();
    });
  });

  test(`[L7] ${name}() hands out any value`, async () => {
    const pipeline = StreamingPipeline.start<unknown>()[name]("stage", 50);

    for (const value of [undefined, null, false, 0, []]) {
      assertEquals(await pipeline.executeToArray([1, value]), [value]);
    }
    assertEquals(await pipeline.executeToArray([]), []);
  });
}
