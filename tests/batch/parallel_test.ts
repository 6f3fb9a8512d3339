// Lists that are worked on side by side, and each defect that the existing pipeline had there.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createStep, ListErrorStrategy, Pipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { drive, PICKS } from "../support/drive.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { coded, dataOf, errorOf, MODES } from "./_helpers.ts";

const { COLLECT_ERRORS, SKIP_FAILED } = ListErrorStrategy;

const range = (length: number) => Array.from({ length }, (_, index) => index);

for (const { mode, options } of MODES) {
  test(`[defect] undefined results and items of a list are kept, ${mode}`, async () => {
    const result = await Pipeline.start<(number | undefined)[]>()
      .filter("given", () => true, options)
      .map("nothing", () => Promise.resolve(undefined), options)
      .map("same", (item) => item, options)
      .filter("kept", () => true, options)
      .flatMap("flat", (item) => Promise.resolve([item]), options)
      .execute([1, undefined, 3]);

    assertEquals(dataOf(result), [undefined, undefined, undefined]);
  });
}

test("[L7] any item passes through a parallel list", async () => {
  const items = [undefined, null, NaN, false, 0, "", [], [[]], () => 1, undefined];
  const result = await Pipeline.start<unknown[]>()
    .map("async", async (item) => await item, { parallel: true, concurrencyLimit: 4 })
    .map("sync", (item) => item, { parallel: true, concurrencyLimit: 4 })
    .execute(items);

  const data = dataOf(result);
  assertEquals(data.length, items.length);
  assert(items.every((item, index) => Object.is(item, data[index])));
});

test("[defect] a sync function works under parallel", async () => {
  const options = { parallel: true, concurrencyLimit: 2 };
  const result = await Pipeline.start<number[]>()
    .map("map", (item) => item + 1, options)
    .filter("filter", (item) => item > 2, options)
    .flatMap("flatMap", (item) => [item, item], options)
    .execute([1, 2, 3]);

  assertEquals(dataOf(result), [3, 3, 4, 4]);
});

for (const [order, createPick] of Object.entries(PICKS)) {
  test(`[L3] results keep the order of their items, finished ${order}`, async () => {
    const probe = new CallProbe({ hold: true });
    const work = probe.wrap((item) => item * 10, true);
    const done = Pipeline.start<number[]>()
      .map("stage", work, { parallel: true, concurrencyLimit: 3 })
      .execute(range(9));

    const { value } = await drive(done, probe, createPick());

    assertEquals(dataOf(value), range(9).map((item) => item * 10));
    assertEquals([probe.peak, probe.started], [3, 9]);
  });

  test(`[defect] of several failures the first item's is reported, finished ${order}`, async () => {
    const causes = new Map([[1, coded("FIRST")], [2, coded("SECOND")], [3, coded("THIRD")]]);
    const probe = new CallProbe({ hold: true, obeys: false, failures: causes });
    const done = Pipeline.start<number[]>()
      .map("stage", probe.wrap((item) => item, true), { parallel: true, concurrencyLimit: 4 })
      .execute(range(8));

    const { value } = await drive(done, probe, createPick());

    assertEquals(errorOf(value).code, "FIRST");
    assertStrictEquals(errorOf(value).cause, causes.get(1));
  });
}

test("[defect] results that were finished before a failure are kept where failures are not the end", async () => {
  const probe = new CallProbe({ hold: true, failures: new Map([[4, coded("LATE")]]) });
  const work = probe.wrap((item) => item, true);
  const done = Pipeline.start<number[]>()
    .map("stage", work, { parallel: true, concurrencyLimit: 5, errorStrategy: SKIP_FAILED })
    .execute(range(5));

  const { value } = await drive(done, probe, PICKS["first to last"]!());

  assertEquals(dataOf(value), [0, 1, 2, 3]);
});

test("[defect] a failure counts what was finished before it", async () => {
  const probe = new CallProbe({ hold: true, failures: new Map([[3, coded("LATE")]]) });
  const done = Pipeline.start<number[]>()
    .map("stage", probe.wrap((item) => item, true), { parallel: true, concurrencyLimit: 4 })
    .execute(range(100));

  const { value } = await drive(done, probe, PICKS["first to last"]!());

  const { successCount, failureCount } = value.metadata.listMetadata!;
  assertEquals([errorOf(value).code, successCount, failureCount], ["LATE", 3, 1]);
});

test("[defect] FAIL_FAST starts nothing after a failure", async () => {
  for (const isAsync of [true, false]) {
    const probe = new CallProbe({ failures: new Map([[2, coded("FAST")]]) });
    const work = probe.wrap((item) => item, isAsync);
    const result = await Pipeline.start<number[]>()
      .map("stage", work, { parallel: true, concurrencyLimit: 3 })
      .execute(range(1_000));
    probe.finish();
    await settle();

    assertEquals(errorOf(result).code, "FAST");
    assert(probe.started <= 6, `${probe.started} calls were made`);
    assertEquals(probe.late, 0);
  }
});

test("[defect] work in flight is aborted by a failure, and does not run on after the result", async () => {
  const probe = new CallProbe({
    hold: (index) => index > 0,
    failures: new Map([[0, coded("FAST")]]),
  });
  const result = await Pipeline.start<number[]>()
    .map("stage", probe.wrap((item) => item, true), { parallel: true, concurrencyLimit: 3 })
    .execute(range(9));

  assertEquals(errorOf(result).code, "FAST");
  assertEquals([probe.running, probe.aborted, probe.held], [0, 2, []]);
});

test("[L6] items before the one that failed are finished; those after it are aborted, none is begun", async () => {
  const probe = new CallProbe({
    hold: (index) => index !== 1,
    failures: new Map([[1, coded("FAST")]]),
  });
  const done = Pipeline.start<number[]>()
    .map("stage", probe.wrap((item) => item, true), { parallel: true, concurrencyLimit: 3 })
    .execute(range(9));
  await until("the items after it are aborted", () => probe.aborted > 0);
  await settle();
  assertEquals([probe.started, probe.aborted, probe.held], [3, 1, [0]]);
  probe.release(0);

  const { successCount, failureCount } = (await done).metadata.listMetadata!;
  assertEquals([errorOf(await done).code, successCount, failureCount], ["FAST", 1, 1]);
});

test("steps in flight are aborted by a failure too", async () => {
  const seen: boolean[] = [];
  const wait = createStep("wait", ({ input, signal }: { input: number; signal?: AbortSignal }) => {
    if (input === 0) throw coded("FAST");
    return new Promise((_, reject) =>
      signal!.addEventListener("abort", () => {
        seen.push(signal!.aborted);
        reject(signal!.reason);
      })
    );
  });
  const result = await Pipeline.start<number[]>()
    .map("stage", wait, { parallel: true, concurrencyLimit: 3 })
    .execute([0, 1, 2, 3]);

  assertEquals([errorOf(result).code, seen], ["FAST", [true, true]]);
});

test("[L5] a function that ignores its signal holds a failed list no longer than closeTimeoutMs", async () => {
  await new TestClock().use(async (clock) => {
    const never = new Promise<number>(() => {});
    const done = watch(
      Pipeline.start<number[]>()
        .map("stage", (item) => item === 0 ? Promise.reject(coded("FAST")) : never, {
          parallel: true,
          concurrencyLimit: 3,
        })
        .execute(range(9), { closeTimeoutMs: 700 }),
    );
    await clock.advance(699);
    assertEquals(done.state, "pending");
    await clock.advance(1);

    assertEquals([done.state, clock.timerCount], ["resolved", 0]);
    assertEquals(errorOf(done.value!).code, "FAST");
  });
});

test("no more calls run at a time than the limit says, 10 by default", async () => {
  for (const [concurrencyLimit, peak] of [[1, 1], [7, 7], [undefined, 10], [100, 30]] as const) {
    const probe = new CallProbe({ hold: true });
    const done = Pipeline.start<number[]>()
      .map("stage", probe.wrap((item) => item, true), {
        parallel: true,
        ...(concurrencyLimit !== undefined && { concurrencyLimit }),
      })
      .execute(range(30));

    await drive(done, probe, PICKS["in a mixed order"]!());

    assertEquals(probe.peak, peak);
  }
});

test("without parallel one call runs at a time, whatever the limit", async () => {
  const limits = [{}, { concurrencyLimit: 5 }, { parallel: false, concurrencyLimit: 5 }];
  for (const options of limits) {
    const probe = new CallProbe({ hold: true });
    const done = Pipeline.start<number[]>()
      .map("stage", probe.wrap((item) => item, true), options)
      .execute(range(5));

    const { value } = await drive(done, probe, PICKS["first to last"]!());

    assertEquals([probe.peak, probe.started], [1, 5]);
    assertEquals(value.metadata.listMetadata?.executionStrategy, "sequential");
  }
});

test("COLLECT_ERRORS works on all items, whatever fails", async () => {
  const failures = new Map(range(50).map((index) => [index, coded(`E${index}`)]));
  const probe = new CallProbe({ hold: true, failures });
  const done = Pipeline.start<number[]>()
    .map("stage", probe.wrap((item) => item, true), {
      parallel: true,
      concurrencyLimit: 4,
      errorStrategy: COLLECT_ERRORS,
    })
    .execute(range(60));

  const { value } = await drive(done, probe, PICKS["in a mixed order"]!());

  assertEquals(errorOf(value).message, "50 of 60 items failed");
  assertEquals([probe.started, probe.aborted], [60, 0]);
});

test("a failure while the first slots fill is nobody's unhandled rejection", async () => {
  const result = await Pipeline.start<number[]>()
    .map("stage", (item) => Promise.reject(coded(`E${item}`)), { parallel: true })
    .execute(range(20));

  assertEquals(errorOf(result).code, "E0");
});

test("the rest of a list does not wait for one slow item", async () => {
  const probe = new CallProbe({ hold: (index) => index === 0 });
  const done = watch(
    Pipeline.start<number[]>()
      .map("stage", probe.wrap((item) => item, true), { parallel: true, concurrencyLimit: 3 })
      .execute(range(6)),
  );
  await until("the others have begun", () => probe.started >= 3);
  assertEquals(done.state, "pending");
  probe.release(0);
  await until("the run is over", () => done.state !== "pending");

  assertEquals(dataOf(done.value!), range(6));
});
