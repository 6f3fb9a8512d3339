import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { drive, PICKS } from "../support/drive.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { NO_NUMBERS } from "../support/refused.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const same = (item: number) => item;
const byTen = (item: number) => item % 10;

testOptions(
  "mapPartitioned",
  (options, methods) => methods.mapPartitioned!("key", same, same, options),
  [
    ...NO_NUMBERS.map(([value, shown]) =>
      [
        { concurrencyLimit: value },
        RangeError,
        `concurrencyLimit must be a positive integer, got ${shown}`,
      ] as const
    ),
    ...NO_NUMBERS.map(([value, shown]) =>
      [
        { waitingLimit: value },
        RangeError,
        `waitingLimit must be a non-negative integer, got ${shown}`,
      ] as const
    ),
    [{ ordered: 1 }, TypeError, "ordered must be a boolean, got 1"],
  ],
);

/** The items of each key, in the order in which they come. */
function byKey(items: readonly number[]): Map<number, number[]> {
  const lists = new Map<number, number[]>();
  for (const item of items) lists.set(byTen(item), [...lists.get(byTen(item)) ?? [], item]);
  return lists;
}

for (const [order, createPick] of Object.entries(PICKS)) {
  for (const kind of ["a sync", "an async"]) {
    test(`[L3] mapPartitioned() with ${kind} key keeps each key's order when calls end ${order}`, async () => {
      const keyOf = kind === "a sync" ? byTen : async (item: number) => {
        for (let hops = 0; hops < (item * 7) % 5; hops++) await undefined;
        return byTen(item);
      };
      const numbers = fc.array(fc.integer({ min: 0, max: 49 }), { maxLength: 25 });
      await fc.assert(
        fc.asyncProperty(numbers, fc.integer({ min: 1, max: 5 }), async (all, limit) => {
          const calls = new CallProbe({ hold: true });
          let isApart = true;
          const running = new Set<number>();
          const work = calls.wrap((item) => item, true);
          const pipeline = start.mapPartitioned("m", keyOf, async (item, index, context) => {
            if (running.has(byTen(item))) isApart = false;
            running.add(byTen(item));
            try {
              return await work(item, index, context);
            } finally {
              running.delete(byTen(item));
            }
          }, { concurrencyLimit: limit });

          const { value } = await drive(pipeline.executeToArray(all), calls, createPick());

          assertEquals(byKey(value), byKey(all));
          assert(isApart);
          assertLessOrEqual(calls.peak, limit);
        }),
        { numRuns: 30 },
      );
    });
  }
}

test("mapPartitioned() works on other keys while one is slow", async () => {
  const calls = new CallProbe({ hold: (index) => index === 0 });
  const pipeline = start.mapPartitioned("m", byTen, calls.wrap(same, true), {
    concurrencyLimit: 2,
    waitingLimit: 3,
  });
  const items = pipeline.execute([1, 11, 2, 3, 21, 4]);

  const others = [(await items.next()).value, (await items.next()).value];
  const third = (await items.next()).value;
  calls.releaseAll();
  const rest = [];
  for await (const item of items) rest.push(item);

  assertEquals([others, third, rest], [[2, 3], 4, [1, 11, 21]]);
});

test("mapPartitioned() with ordered gives results in the order of all items", async () => {
  const calls = new CallProbe({ hold: true });
  const pipeline = start.mapPartitioned("m", byTen, calls.wrap(same, true), { ordered: true });
  const pick = PICKS["last to first"]!();

  const { value, released } = await drive(pipeline.executeToArray([1, 2, 11, 3]), calls, pick);

  assertEquals([value, released[0]], [[1, 2, 11, 3], 3]);
});

test("[L2] mapPartitioned() reads no more than may wait, however hot a key is", async () => {
  const calls = new CallProbe({ hold: true });
  const probe = new SourceProbe("an async iterable");
  const pipeline = start.mapPartitioned("m", () => "hot", calls.wrap(same, true), {
    concurrencyLimit: 3,
    waitingLimit: 5,
  });
  const items = pipeline.execute(probe.source);
  const waiting = watch(items.next());
  await settle();

  assertEquals([calls.running, probe.given], [1, 8]);
  calls.releaseAll();
  await settle();
  assertEquals(waiting.value?.value, 0);
  await items.return();
});

test("mapPartitioned() says how many items it works on at a time, not how many it takes in", async () => {
  const options = { concurrencyLimit: 3, waitingLimit: 5, highWaterMark: 4 };
  const pipeline = start.mapPartitioned("m", byTen, same, options);
  await pipeline.executeToArray([1, 2]);

  const { concurrencyLimit, highWaterMark, ordered } = (await pipeline.getMetadata()).steps[0]!;
  assertEquals([concurrencyLimit, highWaterMark, ordered], [3, 4, false]);
  assertEquals(
    pipeline.explain().text,
    "source\nm (mapPartitioned; 3 at a time, as they finish, 4 ahead)",
  );
});

test("[L4] mapPartitioned() begins no work that waited when the run is closed", async () => {
  const calls = new CallProbe({ hold: true });
  const probe = new SourceProbe("an async iterable");
  const pipeline = start.mapPartitioned("m", byTen, calls.wrap(same, true), {
    concurrencyLimit: 2,
  });
  const items = pipeline.execute(probe.source);
  const waiting = watch(items.next());
  await settle();

  await items.return();
  calls.finish();
  await settle();

  assertEquals([waiting.value?.done, calls.started, calls.aborted, calls.late], [true, 2, 2, 0]);
  assertEquals([calls.running, probe.closed], [0, 1]);
});

test("[L6] mapPartitioned() fails with the first failure, and aborts the rest", async () => {
  const failure = new Error("bad");
  const pipeline = start.mapPartitioned("m", byTen, async (item) => {
    await undefined;
    if (item === 3) throw failure;
    return item;
  }, { concurrencyLimit: 2 });

  const { error } = await readFailure(pipeline.execute(count()));

  assertEquals([error.key, error.item, error.cause], ["m", 3, failure]);
});

for (const kind of ["a sync", "an async"]) {
  test(`[L6] mapPartitioned() with ${kind} key lets nothing overtake what was given up`, async () => {
    const failure = new Error("no more");
    const calls = new CallProbe({ hold: (index) => index === 0 });
    const keyOf = (item: number) => item % 2 === 0 ? "even" : "odd";
    // 5 and 6 are kept by the batch, and come out because the source has failed.
    const run = start
      .batchUntil("batch", (item) => item === 3)
      .flatten("items")
      .mapPartitioned(
        "work",
        kind === "a sync" ? keyOf : async (item) => {
          await undefined;
          return keyOf(item);
        },
        calls.wrap(same, true),
      )
      .run(failAfter([1, 3, 5, 6], failure));

    const { items, error } = await readFailure(run);

    assertEquals([items, error.key, error.cause], [[6], "source", failure]);
    assertEquals([calls.items, calls.aborted], [[1, 6], 1]);
    assertEquals(run.metadata().steps.at(-1)!.abandonedCount, 3);
  });
}

async function* failAfter(items: readonly number[], failure: unknown) {
  for (const item of items) {
    await settle();
    yield item;
  }
  throw failure;
}

test("[L6] mapPartitioned() puts a failure of its keyOf down to the item", async () => {
  for (const isAsync of [false, true]) {
    const fail = (item: number) => {
      if (item === 2) throw new Error("no key");
      return item;
    };
    const keyOf = isAsync ? async (item: number) => await fail(item) : fail;
    const pipeline = start.mapPartitioned("m", keyOf, same, { errorStrategy: "SKIP_FAILED" });
    const failing = start.mapPartitioned("m", keyOf, same);

    assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 3]);
    assertEquals((await readFailure(failing.execute([1, 2, 3]))).error.item, 2);
  }
});

test("mapPartitioned() tries an item again before the next of its key", async () => {
  await new TestClock().use(async (clock) => {
    let fails = 1;
    const seen: number[] = [];
    const pipeline = start.mapPartitioned("m", byTen, (item) => {
      seen.push(item);
      if (item === 1 && fails-- > 0) throw Object.assign(new Error("busy"), { status: 503 });
      return item;
    }, { retry: { maxAttempts: 2, backoffMs: 10, jitter: 0 } });
    const running = watch(pipeline.executeToArray([1, 11, 2]));
    await clock.advance(20);

    assertEquals(running.value, [2, 1, 11]);
    assertEquals(seen, [1, 2, 1, 11]);
  });
});

test("mapPartitioned() counts a time limit from when an item's turn has come", async () => {
  await new TestClock().use(async (clock) => {
    const wait = () => new Promise<void>((resolve) => clock.schedule(resolve, 30));
    const pipeline = start.mapPartitioned("m", () => "one", wait, { timeoutMs: 50 });
    const running = watch(pipeline.executeToArray([1, 2, 3]));
    await clock.advance(100);

    assertEquals([running.state, clock.timerCount], ["resolved", 0]);
  });
});

test("[L3] mapPartitioned() keeps the order of a key whose work answers at once or later", async () => {
  const items = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (const keyOf of [() => "key", () => Promise.resolve("key"), byParity]) {
    for (const waitingLimit of [0, 1, 5]) {
      for (let hops = 0; hops < 8; hops++) {
        const work = async (item: number) => {
          for (let hop = 0; hop < hops; hop++) await undefined;
          return item;
        };
        const pipeline = start.mapPartitioned(
          "work",
          keyOf,
          (item) => item % 4 === 1 ? work(item) : item,
          { concurrencyLimit: 2, waitingLimit },
        );

        assertEquals(await pipeline.executeToArray(items), items);
      }
    }
  }
});

/** The key of every other item comes later. */
function byParity(item: number): unknown {
  return item % 2 === 0 ? "key" : Promise.resolve("key");
}
