import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { type GroupByOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { drive, PICKS } from "../support/drive.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { arriveAt, TimedSource } from "../support/timed_source.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const byTen = (item: number) => item % 10;
const same = (group: StreamingPipeline<number, number, unknown>) => group;

testOptions("groupBy", (options, methods) => methods.groupBy!("key", byTen, same, options), [
  [{ maxKeys: 0 }, RangeError, "maxKeys must be a positive integer, got 0"],
  [{ maxKeys: Infinity }, RangeError, "maxKeys must be a positive integer, got Infinity"],
  [{ idleMs: 0 }, RangeError, "idleMs must be a finite number of at least 1, got 0"],
  [{ whenFull: "drop" }, TypeError, `whenFull must be one of error, evict, got "drop"`],
  [{ concurrencyLimit: 0 }, RangeError, "concurrencyLimit must be a positive integer, got 0"],
]);

/** Batches of two per key, each with its key. */
const pairs = (options?: GroupByOptions) =>
  start.groupBy(
    "groups",
    byTen,
    (group, key) => group.batch("pair", 2).map("keyed", (pair) => ({ key, pair })),
    options,
  );

test("groupBy() runs a pipeline of its own over the items of each key", async () => {
  const items = await pairs().executeToArray([1, 2, 11, 21, 12, 31, 41]);

  assertEquals(items, [
    { key: 1, pair: [1, 11] },
    { key: 2, pair: [2, 12] },
    { key: 1, pair: [21, 31] },
    { key: 1, pair: [41] },
  ]);
  assertEquals(await pairs().executeToArray([]), []);
});

test("groupBy() gives its groups the context, and a state of their own", async () => {
  const pipeline = StreamingPipeline.start<number, { unit: string }>(() => ({ unit: "ms" }))
    .map("double", (item) => item * 2)
    .groupBy("g", byTen, (group) =>
      group.scan("sum", (sum: number, item) => sum + item, 0)
        .map("text", (_, __, { context, state }) => `${state.accumulated.sum}${context.unit}`))
    .map("seen", (text, _, { state }) => [text, state.accumulated.g]);

  const items = await pipeline.executeToArray([1, 2, 6]);

  assertEquals(items, [["2ms", "2ms"], ["4ms", "4ms"], ["14ms", "14ms"]]);
});

for (const [order, createPick] of Object.entries(PICKS)) {
  test(`[L3] groupBy() keeps each key's order and loses nothing when calls end ${order}`, async () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 49 }), { maxLength: 20 });
    const limit = fc.integer({ min: 1, max: 4 });
    await fc.assert(
      fc.asyncProperty(numbers, limit, async (all, concurrencyLimit) => {
        const calls = new CallProbe({ hold: true });
        const work = calls.wrap((item) => item, true);
        // The probe tells calls apart by their index, which each group counts for itself.
        let call = 0;
        const pipeline = start.groupBy(
          "g",
          byTen,
          (group, key) =>
            group.map("work", (item, _, context) => work(item, call++, context))
              .batch("pair", 2)
              .map("keyed", (pair) => ({ key, pair })),
          { concurrencyLimit },
        );

        const { value } = await drive(pipeline.executeToArray(all), calls, createPick());

        for (const key of new Set(all.map(byTen))) {
          const ofKey = value.filter((each) => each.key === key).flatMap(({ pair }) => pair);
          assertEquals(ofKey, all.filter((item) => byTen(item) === key));
        }
        assertEquals(value.flatMap(({ pair }) => pair).length, all.length);
        assertLessOrEqual(calls.peak, concurrencyLimit);
      }),
      { numRuns: 30 },
    );
  });
}

test("groupBy() with any bound and any reader never stands still, and loses nothing", async () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 30 });
  const bound = fc.integer({ min: 1, max: 5 });
  await fc.assert(
    fc.asyncProperty(numbers, bound, bound, async (all, maxKeys, concurrencyLimit) => {
      const pipeline = pairs({ maxKeys, whenFull: "evict", concurrencyLimit });

      const items = await pipeline.executeToArray(all);

      const seen = items.flatMap(({ pair }) => pair);
      assertEquals([...seen].sort(), [...all].sort());
      assertEquals(items.every(({ key, pair }) => pair.every((item) => byTen(item) === key)), true);
    }),
  );
});

test("existing groupBy deadlock: a key over the bound is an error with a code, after what is kept", async () => {
  const { items, error } = await readFailure(pairs({ maxKeys: 2 }).execute([1, 2, 11, 3, 4]));

  assertEquals(items, [{ key: 1, pair: [1, 11] }, { key: 2, pair: [2] }]);
  assertEquals([error.key, error.code, error.itemIndex, error.item], [
    "groups",
    "TOO_MANY_KEYS",
    3,
    3,
  ]);
  const rule = "raise maxKeys, or end groups with idleMs or whenFull";
  assertEquals(
    (error.cause as Error).message,
    `More than 2 keys have a group at a time: ${rule}`,
  );
});

test("groupBy() ends the group that had its last item longest ago, and begins it anew", async () => {
  const pipeline = pairs({ maxKeys: 2, whenFull: "evict" });

  assertEquals(await pipeline.executeToArray([1, 2, 11, 21, 3, 31, 12]), [
    { key: 1, pair: [1, 11] },
    { key: 2, pair: [2] },
    { key: 1, pair: [21, 31] },
    { key: 3, pair: [3] },
    { key: 2, pair: [12] },
  ]);
});

test("groupBy() drops what a group does not read any more", async () => {
  const firsts = start.groupBy("g", byTen, (group) => group.take("first", 1));
  const probe = new SourceProbe("an async iterable", { items: [1, 11, 2, 21, 12, 3] });

  assertEquals(await firsts.executeToArray(probe.source), [1, 2, 3]);
});

test("[L2] groupBy() reads nothing while no read is pending", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = start.groupBy("g", byTen, same, { concurrencyLimit: 1 }).execute(probe.source);
  await settle();
  assertEquals(probe.pulls, 0);

  await items.next();
  await settle();

  assertEquals(probe.pulls, 1);
  await items.return();
});

test("[L2] groupBy() reads no further than as many groups may work", async () => {
  const calls = new CallProbe({ hold: true });
  const probe = new SourceProbe("an async iterable");
  const pipeline = start.groupBy(
    "g",
    byTen,
    (group) => group.map("work", calls.wrap((item) => item, true)),
    { concurrencyLimit: 3 },
  );
  const items = pipeline.execute(probe.source);
  const waiting = watch(items.next());
  await settle();

  assertEquals([waiting.state, calls.running, probe.given], ["pending", 3, 3]);
  await items.return();
  assertEquals([calls.running, calls.aborted], [0, 3]);
});

test("[L5] groupBy() can be closed while the source and all groups are idle", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 0, 0), "is silent");
    const pipeline = start.groupBy("g", byTen, (group) => group.batch("b", { maxWaitMs: 100 }), {
      idleMs: 1_000,
    });
    const items = pipeline.execute(source);
    const waiting = watch(items.next());
    await settle();

    const returned = watch(items.return());
    await settle();

    assertEquals([waiting.value?.done, returned.state], [true, "resolved"]);
    assertEquals([clock.timerCount, source.closed], [0, 1]);
  });
});

test("[L10] groupBy() hands on what a group makes by its own time while the source is silent", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 10), "is silent");
    const pipeline = start.groupBy("g", byTen, (group) => group.batch("b", { maxWaitMs: 100 }));
    const items = pipeline.execute(source);
    const first = watch(items.next());
    await clock.advance(105);
    const second = watch(items.next());
    await clock.advance(10);

    assertEquals([first.value?.value, second.value?.value], [[0], [1]]);
    await items.return();
    assertEquals(clock.timerCount, 0);
  });
});

test("[L6] a failing group fails the stage, with the group's own error as its cause", async () => {
  const failure = Object.assign(new Error("bad"), { code: "EBAD" });
  const probe = new SourceProbe("an async iterable");
  const closed: number[] = [];
  const pipeline = start.groupBy(
    "g",
    byTen,
    (group, key) =>
      group.add("step", async function* ({ input }) {
        try {
          for await (const item of input) {
            if (item === 3) throw failure;
            yield item;
          }
        } finally {
          closed.push(key);
        }
      }),
    { concurrencyLimit: 1 },
  );

  const { items, error } = await readFailure(pipeline.execute(probe.source));

  assertEquals([items, error.key, error.code], [[0, 1, 2], "g", "EBAD"]);
  const inner = error.cause as StreamingError;
  assertEquals([inner instanceof StreamingError, inner.key, inner.cause], [true, "step", failure]);
  assertEquals([probe.closed, closed.sort()], [1, [0, 1, 2, 3]]);
});

test("[L6] what the groups keep comes out before an error of the source", async () => {
  const failure = new Error("broken");
  const probe = new SourceProbe("an async iterable", { items: [1, 2], failAfter: 2, failure });

  const { items, error } = await readFailure(pairs().execute(probe.source));

  assertEquals(items, [{ key: 1, pair: [1] }, { key: 2, pair: [2] }]);
  assertEquals([error.key, error.cause], ["source", failure]);
});

test("[L6] groupBy() fails where its build gives no pipeline, and where keyOf throws", async () => {
  const noPipeline = start.groupBy("g", byTen, () => [] as never);
  const noKey = start.groupBy("g", () => {
    throw new Error("no key");
  }, same);

  const first = await readFailure(noPipeline.execute(count()));
  const second = await readFailure(noKey.execute(count()));

  assertEquals(
    (first.error.cause as Error).message,
    'Cannot run the stage "g" (groupBy): its build must return a pipeline, got an array',
  );
  assertEquals((second.error.cause as Error).message, "no key");
});

test("groupBy() takes keys of any kind, and an async keyOf", async () => {
  const pipeline = StreamingPipeline.start<unknown>()
    .groupBy("g", async (item) => await item, (group) => group.batch("b", 9));

  const items = await pipeline.executeToArray([NaN, undefined, NaN, "1", 1, undefined]);

  assertEquals(items, [[NaN, NaN], ["1"], [1], [undefined, undefined]]);
});

test("[L8] runs of groupBy() have groups of their own", async () => {
  const pipeline = pairs();
  const left = pipeline.execute(count());
  await left.next();

  assertEquals(await pipeline.executeToArray([1, 11]), [{ key: 1, pair: [1, 11] }]);
  await left.return();
});

test("[L4] a group is not begun where its key is known when the run is over", async () => {
  const key = createDeferred<number>();
  let built = 0;
  const pipeline = start.groupBy("stage", () => key.promise, (group) => (built++, group));
  const items = pipeline.execute([0]);
  const waiting = watch(items.next());
  await settle();

  const returned = items.return();
  key.resolve(0);
  await returned;
  await settle();

  assertEquals([waiting.value?.done, built], [true, 0]);
});

test("[L4] a group that cannot be closed while a key is waited for is reported once that is there", async () => {
  const reason = new Error("not closed");
  const key = createDeferred<number>();
  const many = () => new SourceProbe("a sync iterable", { closeFailure: reason }).source;
  const pipeline = start.groupBy(
    "stage",
    (item) => item === 0 ? 0 : key.promise,
    (group) => group.flatMap("many", many),
  );
  const items = pipeline.execute([0, 1]);
  await items.next();
  await items.next();
  const returned = watch(items.return());
  await settle();
  assertEquals(returned.state, "pending");
  key.resolve(1);
  await settle();

  assertEquals(returned.state, "rejected");
  const { cleanupErrors } = await pipeline.getMetadata();
  assertEquals(cleanupErrors.map((error) => rootOf(error)), [reason]);
});

/** What an error comes from. */
function rootOf(error: unknown): unknown {
  return error instanceof StreamingError ? rootOf(error.cause) : error;
}
