// L6: items finished before the failure come out first, in order; then the error, once.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { drive, PICKS } from "../support/drive.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";
import { collectUntilError, ENDS, EXECUTE, pull } from "./_ends.ts";
import { KEY, range, ROWS, SEPARATE_ROWS, TYPICAL_ROWS } from "./_rows.ts";

const FAILURE = new TypeError("this item is bad");

/** The call that fails: one that every operator makes. */
const FAILING = 3;

/** Its answers are read side by side, so that their items mix. */
const MIXES = /^flatMap\(\) to .* unordered/;

for (const row of ROWS) {
  if (row.isProbed) {
    test(`[L6] ${row.title} gives the items before a failure, then the error, then nothing`, async () => {
      const calls = new CallProbe({ failures: new Map([[FAILING, FAILURE]]) });
      const items = row.build(calls).execute(range(40));
      const seen: unknown[] = [];
      let error: unknown;
      try {
        for await (const item of items) seen.push(item);
      } catch (caught) {
        error = caught;
      }

      const before = row.model(range(FAILING), row.handsOutKept);
      if (row.mode.ordered) assertEquals(seen, before);
      else expectSome(seen, row.model(range(40)));
      assertInstanceOf(error, StreamingError);
      assertStrictEquals(error.cause, FAILURE);
      assertEquals([error.key, error.itemIndex, error.item], [KEY, FAILING, FAILING]);
      assertEquals([error.attempts, error.retryable, error.code], [1, false, "STEP_ERROR"]);
      assertEquals(await items.next(), { done: true, value: undefined });
      assertEquals(calls.running, 0);
    });
  }

  test(`[L6] ${row.title} gives the items before a failure of the source, then that`, async () => {
    const probe = new SourceProbe("an async iterable", { failAfter: 8, failure: FAILURE });
    const pipeline = row.build(new CallProbe());

    const { items, error } = await collectUntilError(EXECUTE, pipeline, probe.source);

    // Out of order, what is still being worked on is given up.
    if (row.mode.ordered) assertEquals(items, row.model(range(8)));
    else expectSome(items, row.model(range(8)));
    assertInstanceOf(error, StreamingError);
    assertStrictEquals(error.cause, FAILURE);
    assertEquals([error.key, error.stepName, error.itemIndex], ["source", "source", undefined]);
  });
}

for (const row of SEPARATE_ROWS.filter(({ mode }) => mode.parallel && mode.limit > 2)) {
  // Calls that skipWhile does not make cannot fail.
  if (row.title.startsWith("skipWhile()")) continue;

  for (const [order, createPick] of Object.entries(PICKS)) {
    const which = row.mode.ordered ? "first in input order" : "first in time";
    test(`[L6] ${row.title} reports the failure that is ${which} when calls end ${order}`, async () => {
      const failures = new Map([2, 5, 9].map((index) => [index, new Error(`item ${index}`)]));
      const calls = new CallProbe({ hold: true, failures });
      const work = collectUntilError(EXECUTE, row.build(calls), range(12));

      const { value: { items, error }, released } = await drive(work, calls, createPick());

      const first = row.mode.ordered ? 2 : released.find((index) => failures.has(index))!;
      assertStrictEquals((error as Error).cause, failures.get(first));
      assertEquals((error as StreamingError).itemIndex, first);
      assertEquals(calls.running, 0);
      const before = row.mode.ordered ? range(2) : released.slice(0, released.indexOf(first));
      if (MIXES.test(row.title)) expectSome(items, row.model(range(12)));
      else assertEquals(items, row.model(before, false));
    });
  }

  test(`[L6] ${row.title} aborts the rest of the work when an item fails`, async () => {
    const calls = new CallProbe({
      hold: (index) => index !== 0,
      failures: new Map([[0, FAILURE]]),
    });
    const probe = new SourceProbe("a sync iterable");

    const work = collectUntilError(EXECUTE, row.build(calls), probe.source);
    // What cannot be told to stop has to be let go.
    const { value: { items, error } } = row.hasSignal
      ? { value: await work }
      : await drive(work, calls, () => 0);

    calls.finish();
    await settle();
    assertEquals([items, (error as Error).cause], [[], FAILURE]);
    assertEquals([calls.running, calls.late, probe.closed], [0, 0, 1]);
    if (row.hasSignal) assertEquals(calls.aborted > 0, true);
  });
}

for (const row of TYPICAL_ROWS) {
  for (const end of ENDS) {
    test(`[L6] ${end.name} of ${row.title} rejects with a failure of the stage, once`, async () => {
      const calls = new CallProbe({ failures: new Map([[FAILING, FAILURE]]) });

      const { items, error } = await collectUntilError(end, row.build(calls), range(40));

      assertEquals(items, end.streams ? [0, 2, 4] : []);
      assertStrictEquals((error as Error).cause, FAILURE);
    });

    for (const kind of SOURCE_KINDS) {
      test(`[L6] ${end.name} of ${row.title} rejects with a failure of ${kind}`, async () => {
        const probe = new SourceProbe(kind, { failAfter: 2, failure: FAILURE });
        const pipeline = row.build(new CallProbe());

        const { items, error } = await collectUntilError(end, pipeline, probe.source);

        assertEquals(items, end.streams ? [0, 2] : []);
        assertStrictEquals((error as Error).cause, FAILURE);
        assertEquals((error as StreamingError).key, "source");
      });
    }
  }

  test(`[L6] ${row.title} reports a source that cannot be opened`, async () => {
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]() {
        throw FAILURE;
      },
    };

    const { error } = await collectUntilError(EXECUTE, row.build(new CallProbe()), source);

    assertStrictEquals((error as Error).cause, FAILURE);
    assertEquals((error as StreamingError).key, "source");
  });

  test(`[L6] ${row.title} reports a source that answers with something else than a result`, async () => {
    const source = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(7 as never) }),
    };

    const { error } = await collectUntilError(EXECUTE, row.build(new CallProbe()), source);

    assertInstanceOf((error as Error).cause, TypeError);
    assertEquals((error as StreamingError).key, "source");
  });

  test(`[L6] ${row.title} reports a context builder that fails as it is`, async () => {
    const probe = new SourceProbe("an async iterable");
    const failing = StreamingPipeline.start<number>(() => {
      throw FAILURE;
    }).compose(row.build(new CallProbe()));

    for (const end of ENDS) {
      const { error } = await collectUntilError(end, failing, probe.source);
      assertStrictEquals(error, FAILURE);
    }
    assertEquals(probe.opened, 0);
  });
}

for (const row of TYPICAL_ROWS) {
  for (const thrown of [undefined, null, 0, "text", Symbol("thrown")]) {
    test(`[L6] ${row.title} keeps ${String(thrown)} as the cause when it is thrown`, async () => {
      const calls = new CallProbe({ failures: new Map([[1, thrown]]) });

      const { items, error } = await collectUntilError(EXECUTE, row.build(calls), range(3));

      assertEquals(items, [0]);
      assertInstanceOf(error, StreamingError);
      assert("cause" in error);
      assertStrictEquals(error.cause, thrown);
    });
  }
}

test("[L6] a failure does not surface before the items in front of it are read", async () => {
  const calls = new CallProbe({ failures: new Map([[4, FAILURE]]) });
  const items = StreamingPipeline.start<number>()
    .map(KEY, calls.wrap((item) => item, true), { parallel: true, concurrencyLimit: 8 })
    .execute(range(8));

  await settle();
  assertEquals(await pull(items, 4), [0, 1, 2, 3]);

  assertEquals(await items.next().catch((error) => error.cause), FAILURE);
});

test("[L6] a failure that nobody reads is nobody's unhandled rejection", async () => {
  const calls = new CallProbe({ failures: new Map([[1, FAILURE], [2, FAILURE]]) });
  const items = StreamingPipeline.start<number>()
    .map(KEY, calls.wrap((item) => item, true), { parallel: true })
    .execute(range(8));

  await items.next();
  await settle();

  assertEquals(await items.return(), { done: true, value: undefined });
});

/** Each at most once, and none that is not possible. */
function expectSome(items: readonly unknown[], possible: readonly unknown[]): void {
  assertEquals(new Set(items).size, items.length);
  assert(items.every((item) => possible.includes(item)));
}
