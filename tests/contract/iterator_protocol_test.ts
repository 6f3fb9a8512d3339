// What `execute` hands out behaves as an async generator does: calls that overlap, calls after the
// end, and what its methods answer.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { range, ROWS, TYPICAL_ROWS } from "./_rows.ts";

const DONE = { done: true, value: undefined };
const FAILURE = new Error("thrown by the test");

for (const row of ROWS) {
  test(`[L3] ${row.title} answers calls of next() that overlap in their order`, async () => {
    const items = row.build(new CallProbe()).execute(range(20));
    const expected = row.model(range(20));

    const results = await Promise.all(range(expected.length + 2).map(() => items.next()));

    const given = results.slice(0, expected.length).map(({ value }) => value);
    if (row.mode.ordered) assertEquals(given, expected);
    assertEquals(results.slice(expected.length), [DONE, DONE]);
  });

  test(`[L4] ${row.title} stays at its end`, async () => {
    const calls = new CallProbe();
    const probe = new SourceProbe("an async iterable", { items: range(8) });
    const items = row.build(calls).execute(probe.source);
    while (!(await items.next()).done);
    const { pulls } = probe;

    assertEquals([await items.next(), await items.return(), await items.next()], [
      DONE,
      DONE,
      DONE,
    ]);
    assertEquals([probe.pulls, probe.closed], [pulls, 0]);
  });
}

for (const row of TYPICAL_ROWS) {
  const open = () => {
    const probe = new SourceProbe("an async generator");
    return { probe, items: row.build(new CallProbe()).execute(probe.source) };
  };

  test(`[L4] return() of ${row.title} may be called twice, at the same time too`, async () => {
    const { probe, items } = open();
    await items.next();

    const results = await Promise.all([items.return(), items.return(), items.next()]);

    assertEquals([...results, await items.return()], [DONE, DONE, DONE, DONE]);
    assertEquals(probe.closed, 1);
  });

  test(`[L4] return() of ${row.title} while next() is pending answers both`, async () => {
    const { probe, items } = open();

    const pending = items.next();
    const closing = items.return();

    assertEquals(await closing, DONE);
    assertEquals((await watchUntilSettled(pending)).state, "resolved");
    assertEquals([probe.closed, await items.next()], [probe.opened, DONE]);
  });

  test(`[L4] throw() of ${row.title} rejects with what it is given, and closes the source`, async () => {
    const { probe, items } = open();
    await items.next();

    assertStrictEquals(await items.throw(FAILURE).catch((error) => error), FAILURE);
    assertStrictEquals(await items.throw(FAILURE).catch((error) => error), FAILURE);

    assertEquals([await items.next(), probe.closed], [DONE, 1]);
  });

  test(`[L4] throw() of ${row.title} before the first pull opens nothing`, async () => {
    const { probe, items } = open();

    assertStrictEquals(await items.throw(FAILURE).catch((error) => error), FAILURE);

    assertEquals([await items.next(), probe.opened], [DONE, 0]);
  });

  test(`[L4] iterating ${row.title} again after a break gives nothing`, async () => {
    const { probe, items } = open();
    const seen: unknown[] = [];

    for (let round = 0; round < 2; round++) {
      for await (const item of items) {
        seen.push(item);
        break;
      }
    }

    assertEquals([seen, probe.closed], [[0], 1]);
  });

  test(`[L4] ${row.title} works with await using`, async () => {
    const { probe, items } = open();
    {
      await using owned = items;
      await owned.next();
    }
    assertEquals(probe.closed, 1);
  });

  test(`[L6] calls of next() of ${row.title} that overlap a failure get it once`, async () => {
    const calls = new CallProbe({ failures: new Map([[1, FAILURE]]) });
    const items = row.build(calls).execute(range(3));

    const results = await Promise.all(range(4).map(() => watchUntilSettled(items.next())));

    assertEquals(results.map(({ state }) => state), [
      "resolved",
      "rejected",
      "resolved",
      "resolved",
    ]);
    assertEquals(results.slice(2).map(({ value }) => value), [DONE, DONE]);
  });

  test(`[L2] a run of ${row.title} hands out one iterator`, async () => {
    const run = row.build(new CallProbe()).run(range(4));

    const first = run[Symbol.asyncIterator]();
    const second = run[Symbol.asyncIterator]();

    assertEquals([(await first.next()).value, (await second.next()).value], [0, 2]);
    await run[Symbol.asyncDispose]();
    assertEquals([await first.next(), await second.next()], [DONE, DONE]);
  });
}

test("[L4] an iterator is its own async iterable", () => {
  const items = StreamingPipeline.start<number>().execute([]);

  assertStrictEquals(items[Symbol.asyncIterator](), items);
});

test("[L4] return() from inside a stage's function does not wait for that function", async () => {
  const probe = new SourceProbe("an async generator");
  const items: AsyncGenerator<number> = StreamingPipeline.start<number>()
    .tap("closes", (item) => {
      if (item === 2) items.return(undefined).catch(() => {});
    })
    .execute(probe.source);
  const seen: number[] = [];

  for await (const item of items) seen.push(item);

  // Whether the current item still comes out is left open.
  assertEquals([seen.slice(0, 2), probe.closed], [[0, 1], 1]);
});

async function watchUntilSettled<T>(promise: Promise<T>) {
  const watched = watch(promise);
  for (let turns = 0; watched.state === "pending" && turns < 100; turns++) await settle();
  return watched;
}
