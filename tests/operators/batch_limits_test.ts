// batch() with limits of weight and time.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { FakeClock, withFakeClock } from "../support/fake_clock.ts";
import { SourceProbe } from "../support/source_probe.ts";
import { arriveAt, type Ending, readTimed, TimedSource } from "../support/timed_source.ts";
import { settle, watch } from "../support/turns.ts";
import { assertRefused, type Methods, NO_NUMBERS, testKeys, untyped } from "./_bad_input.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const weigh = (item: number) => item;

testKeys("batch", { maxWaitMs: 1 });

test("[L9] batch() refuses limits that are not valid", () => {
  const refuse = (
    options: object,
    errorClass: typeof TypeError | typeof RangeError,
    rule: string,
  ) =>
    assertRefused(
      () => (start as unknown as Methods).batch!("key", options),
      errorClass,
      `Cannot batch stage "key": ${rule}`,
    );
  for (const [value, shown] of NO_NUMBERS) {
    refuse({ size: value }, RangeError, `size must be a positive integer, got ${shown}`);
    const time = `maxWaitMs must be a number from 1 to 2147483647, got ${shown}`;
    refuse({ maxWaitMs: value }, RangeError, time);
    const weight = `maxWeight must be a positive number, got ${shown}`;
    refuse({ maxWeight: value, weigh }, RangeError, weight);
  }
  refuse(
    { maxWaitMs: 2 ** 31 },
    RangeError,
    "maxWaitMs must be a number from 1 to 2147483647, " +
      "got 2147483648",
  );
  refuse({ maxWeight: 1, weigh: 1 }, TypeError, "weigh must be a function, got 1");
  const oversize = `oversize must be one of alone, error, got "drop"`;
  refuse({ maxWeight: 1, weigh, oversize: "drop" }, TypeError, oversize);
  refuse({ maxWeight: 1 }, TypeError, "maxWeight needs weigh");
  refuse({ size: 1, weigh }, TypeError, "weigh needs maxWeight");
  refuse({ size: 1, oversize: "alone" }, TypeError, "oversize needs maxWeight");
  refuse(
    { Size: 1 },
    TypeError,
    'unknown option "Size"; it takes size, maxWaitMs, maxWeight, ' +
      "weigh, oversize",
  );
  refuse(
    {},
    TypeError,
    "one of size, maxWaitMs and maxWeight must be given, or no batch is ever " +
      "full",
  );
});

/** What batches by count and weight must be. */
function model(items: readonly number[], size: number, maxWeight: number): number[][] {
  const batches: number[][] = [];
  let open: number[] = [];
  const sum = () => open.reduce((total, item) => total + item, 0);
  const close = () => {
    if (open.length > 0) batches.push(open);
    open = [];
  };
  for (const item of items) {
    if (sum() + item > maxWeight) close();
    open.push(item);
    if (open.length === size || sum() >= maxWeight) close();
  }
  close();
  return batches;
}

test("batch() closes a batch by weight before the item that does not fit", async () => {
  const pipeline = start.batch("b", { maxWeight: 10, weigh });

  assertEquals(await pipeline.executeToArray([4, 4, 4, 6, 1]), [[4, 4], [4, 6], [1]]);
  assertEquals(await pipeline.executeToArray([0, 10, 0]), [[0, 10], [0]]);
});

test("batch() makes a batch of its own of an item over the weight", async () => {
  const pipeline = start.batch("b", { maxWeight: 10, weigh });

  assertEquals(await pipeline.executeToArray([4, 11, 4, 12, 13]), [[4], [11], [4], [12], [13]]);
});

test("[L10] an item over the weight comes out at once, behind the batch before it", async () => {
  for (const maxWaitMs of [undefined, 60_000]) {
    const probe = new SourceProbe("an async iterable", { items: [4, 11, 4], silentAfter: 2 });
    const items = start.batch("b", { maxWeight: 10, weigh, ...(maxWaitMs && { maxWaitMs }) })
      .execute(probe.source);

    assertEquals((await items.next()).value, [4]);
    assertEquals((await items.next()).value, [11]);
    await items.return();
  }
});

for (const maxWaitMs of [undefined, 60_000]) {
  const mode = maxWaitMs === undefined ? "by weight" : "by weight and time";
  const limits = maxWaitMs === undefined ? {} : { maxWaitMs };

  test(`batch() ${mode} agrees with an array model`, async () => {
    const items = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 40 });
    const limit = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(items, limit, limit, async (all, size, maxWeight) => {
        const expected = model(all, size, maxWeight);
        const sync = start.batch("b", { size, maxWeight, weigh, ...limits });
        const later = async (item: number) => await item;
        const async = start.batch("b", { size, maxWeight, weigh: later, ...limits });

        assertEquals(await sync.executeToArray(all), expected);
        assertEquals(await async.executeToArray(all), expected);
      }),
      { numRuns: 50 },
    );
  });

  test(`[L6] batch() ${mode} fails for an item over the weight where it is told to`, async () => {
    const pipeline = start.batch("b", { maxWeight: 10, weigh, oversize: "error", ...limits });

    const { items, error } = await readFailure(pipeline.execute([4, 5, 11, 1]));

    assertEquals(items, [[4, 5]]);
    assertEquals([error.code, error.key, error.itemIndex, error.item], [
      "ITEM_OVER_WEIGHT",
      "b",
      2,
      11,
    ]);
  });

  for (const isAsync of [false, true]) {
    test(`[L6] batch() ${mode} hands on what it has before ${isAsync ? "an async" : "a sync"} weigh fails`, async () => {
      const failure = new Error("no weight");
      const bad = (item: number) => {
        if (item === 3) throw failure;
        return item === 7 ? Number.NaN : item;
      };
      const pipeline = start.batch("b", {
        maxWeight: 100,
        weigh: isAsync ? async (item) => await bad(item) : bad,
        ...limits,
      });

      const thrown = await readFailure(pipeline.execute(count()));
      const noNumber = await readFailure(pipeline.execute([1, 7]));

      assertEquals([thrown.items, thrown.error.cause], [[[0, 1, 2]], failure]);
      assertEquals(noNumber.items, [[1]]);
      assertEquals(noNumber.error.cause instanceof RangeError, true);
    });
  }
}

const byTime = (size: number | undefined, maxWaitMs: number) =>
  start.batch("b", { ...(size !== undefined && { size }), maxWaitMs });

test("batch() closes a batch when its time is up, counted from its first item", async () => {
  await withFakeClock(async (clock) => {
    const source = new TimedSource(clock, arriveAt(10, 40, 70, 95, 300, 310));

    const { items } = await readTimed(clock, byTime(undefined, 50).execute(source));

    assertEquals(items, [[60, [0, 1]], [120, [2, 3]], [310, [4, 5]]]);
  });
});

test("existing bufferTime: the first item after a gap does not come out alone", async () => {
  await withFakeClock(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 1_007, 1_020, 1_050), "ends");

    const { items } = await readTimed(clock, byTime(undefined, 50).execute(source));

    assertEquals(items, [[50, [0]], [1_050, [1, 2, 3]]]);
  });
});

test("existing bufferTime: a source error does not throw away the partial batch", async () => {
  await withFakeClock(async (clock) => {
    const failure = new Error("broken");
    const source = new TimedSource(clock, arriveAt(0, 10, 20), failure);

    const { items, error } = await readTimed(clock, byTime(2, 50).execute(source));

    assertEquals(items, [[10, [0, 1]], [20, [2]]]);
    assertEquals((error as Error).cause, failure);
    assertEquals(clock.waiting, 0);
  });
});

test("existing bufferTime: a break while idle returns at once and leaves no timer", async () => {
  await withFakeClock(async (clock) => {
    for (const arrivals of [[], [0]]) {
      const source = new TimedSource(clock, arriveAt(...arrivals), "is silent");
      const items = byTime(10, 50).execute(source);
      const waiting = watch(items.next());
      await settle();

      const returned = watch(items.return());
      await settle();

      assertEquals([waiting.value?.done, returned.state, source.closed], [true, "resolved", 1]);
      assertEquals(clock.waiting, 0);
    }
  });
});

test("existing bufferTime: a batch that is never asked for again keeps no timer for ever", async () => {
  await withFakeClock(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 0, 0), "is silent");
    const items = byTime(2, 50).execute(source);
    await items.next();

    await clock.advance(1_000);

    assertEquals(clock.waiting, 0);
    await items.return();
  });
});

test("existing bufferTime: batch(NaN) and a time of NaN do not swallow everything", () => {
  const { batch } = untyped(start);
  assertRefused(
    () => batch!("key", NaN),
    RangeError,
    `Cannot batch stage "key": size must be a positive integer, got NaN`,
  );
  assertRefused(
    () => batch!("key", { maxWaitMs: NaN }),
    RangeError,
    `Cannot batch stage "key": maxWaitMs must be a number from 1 to 2147483647, got NaN`,
  );
});

test("batch() closes a batch by count before its time is up, and counts anew from the next", async () => {
  await withFakeClock(async (clock) => {
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
      await withFakeClock(async (clock) => {
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
        assertEquals(clock.waiting, 0);
      });
    }),
    { numRuns: 60 },
  );
});

test("batch() by time is as an eager reader sees it: full, or due 50 ms after its first item", async () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(gaps, async (gaps) => {
      await withFakeClock(async (clock) => {
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

test("a batch that is due waits while nobody asks, and grows to its limits, not over them", async () => {
  await withFakeClock(async (clock) => {
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

test("[L2] batch() by time reads nothing after a full batch that nobody asked it to", async () => {
  const clock = new FakeClock();
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
