// batch() with limits of weight, and what it refuses.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { assertRefused, type Methods, NO_NUMBERS } from "../support/refused.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const weigh = (item: number) => item;

test("[L9] batch() refuses limits that are not valid", () => {
  const refuse = (
    options: object,
    errorClass: typeof TypeError | typeof RangeError,
    rule: string,
  ) =>
    assertRefused(
      () => (start as unknown as Methods).batch!("key", options),
      errorClass,
      `Cannot add the stage "key" (batch): ${rule}`,
    );
  for (const [value, shown] of NO_NUMBERS) {
    refuse({ size: value }, RangeError, `size must be a positive integer, got ${shown}`);
    const time = `maxWaitMs must be a finite number of at least 1, got ${shown}`;
    refuse({ maxWaitMs: value }, RangeError, time);
    const weight = `maxWeight must be a positive number, got ${shown}`;
    refuse({ maxWeight: value, weigh }, RangeError, weight);
  }
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

test("[L10] an item over the weight comes out at once, after the batch before it", async () => {
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

  test(`[L6] batch() ${mode} fails for an item over the weight where its options say so`, async () => {
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

test("batch() fails where a weight is none, and says what it is", async () => {
  const bad: readonly [unknown, string][] = [
    [NaN, "NaN"],
    [-1, "-1"],
    [Infinity, "Infinity"],
    ["1", "string"],
    [undefined, "undefined"],
  ];
  for (const maxWaitMs of [undefined, 60_000]) {
    for (const [weight, shown] of bad) {
      const pipeline = start.batch("b", { maxWeight: 1, weigh: () => weight as number, maxWaitMs });

      const { error } = await readFailure(pipeline.execute([1]));

      const message = `An item's weight must be a non-negative number, got ${shown}`;
      assertEquals((error.cause as Error).message, message);
    }
  }
});
