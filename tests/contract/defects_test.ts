// The defects that were measured in the pipeline that this one replaces: each has a test here that
// would show it.

import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { assertStrictEquals, assertThrows } from "@std/assert";
import { type StageOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { collectUntilError, EXECUTE, pull } from "./_ends.ts";
import { range } from "./_rows.ts";

const start = () => StreamingPipeline.start<number>();

const LIMIT = 4;
const ORDERS: Readonly<Record<string, StageOptions>> = {
  ordered: { parallel: true, concurrencyLimit: LIMIT, ordered: true },
  unordered: { parallel: true, concurrencyLimit: LIMIT, ordered: false },
};

const later = (item: number) => Promise.resolve(item);

/** Gives 0, 1, 2… at once, and counts. */
function countPulls() {
  const counted = {
    pulls: 0,
    *[Symbol.iterator]() {
      for (;;) yield counted.pulls++;
    },
  };
  return counted;
}

for (const [order, options] of Object.entries(ORDERS)) {
  test(`[defect] an ${order} parallel map reads no more than its bounds before its first output`, async () => {
    const source = countPulls();
    const items = start().map("work", later, options).execute(source);

    await items.next();
    await settle();

    assertLessOrEqual(source.pulls, 1 + 2 * LIMIT);
    await items.return();
  });

  test(`[defect] take(3) after an ${order} parallel map of an endless source returns`, async () => {
    const pipeline = start().map("work", later, options).take("three", 3);

    assertEquals(await pipeline.executeToArray(countPulls()), [0, 1, 2]);
  });

  test(`[defect] an ${order} parallel map gives its results while the source is silent`, async () => {
    const probe = new SourceProbe("an async generator", { silentAfter: 2 });
    const items = start().map("work", later, options).execute(probe.source);

    const given = watch(pull(items, 2));
    await settle();

    assertEquals(given.value, [0, 1]);
    await items.return();
  });

  test(`[defect] an ${order} parallel map that fails while its slots still fill rejects, and that is all`, async () => {
    const gate = createDeferred<void>();
    const slow = (index: number) => index === 0 ? undefined : gate.promise;
    const probe = new SourceProbe("an async iterable", { gate: slow });
    const failure = new Error("the first call fails while the second item is not there yet");
    const pipeline = start().map("work", () => Promise.reject(failure), options);

    const running = watch(pipeline.executeToArray(probe.source));
    await settle();
    const before = running.state;
    gate.resolve();
    await settle();

    assertEquals([before, running.state, probe.closed], ["rejected", "rejected", 1]);
    assertStrictEquals((running.error as StreamingError).cause, failure);
  });

  test(`[defect] an ${order} parallel map keeps results that are undefined or null`, async () => {
    const empty = (item: number) => Promise.resolve(item % 2 === 0 ? undefined : null);

    const given = await start().map("work", empty, options).executeToArray(range(4));

    assertEquals(given, [undefined, null, undefined, null]);
  });

  test(`[defect] an ${order} parallel map takes a sync function`, async () => {
    const given = await start().map("work", (item) => item * 2, options).executeToArray(range(5));

    assertEquals(given, [0, 2, 4, 6, 8]);
  });

  test(`[defect] an ${order} parallel map reports a sync function that throws`, async () => {
    const failure = new Error("at once");
    const pipeline = start().map("work", (): number => {
      throw failure;
    }, options);

    const error = await assertRejects(() => pipeline.executeToArray(range(3)), StreamingError);

    assertStrictEquals(error.cause, failure);
  });

  test(`[defect] no work of an ${order} parallel map runs on after a break`, async () => {
    const calls = new CallProbe({ hold: (index) => index > 0 });
    const pipeline = start().map("work", calls.wrap((item) => item, true), options);

    for await (const _ of pipeline.execute(countPulls())) break;

    calls.finish();
    await settle();
    assertEquals([calls.running, calls.late], [0, 0]);
    assertEquals(calls.aborted, calls.started - 1);
  });
}

test("[defect] results that were finished before a failing item come out", async () => {
  const calls = new CallProbe({ failures: new Map([[3, new Error("no")]]) });
  const pipeline = start().map("work", calls.wrap((item) => item, true), ORDERS["ordered"]);

  const { items } = await collectUntilError(EXECUTE, pipeline, range(8));

  assertEquals(items, [0, 1, 2]);
});

test("[defect] the first of several errors is reported, not the last", async () => {
  const failures = new Map([0, 1, 2, 3].map((index) => [index, new Error(`call ${index}`)]));
  const calls = new CallProbe({ hold: true, failures });
  const pipeline = start().map("work", calls.wrap((item) => item, true), ORDERS["ordered"]);
  const running = watch(pipeline.executeToArray(range(4)));
  await settle();

  for (const index of [3, 2, 1, 0]) {
    calls.release(index);
    await settle();
  }

  assertStrictEquals((running.error as StreamingError).cause, failures.get(0));
});

for (const concurrencyLimit of [NaN, 0, -1, Infinity]) {
  test(`[defect] a concurrencyLimit of ${concurrencyLimit} is refused`, () => {
    const build = () => start().map("work", later, { parallel: true, concurrencyLimit });

    const error = assertThrows(build, RangeError);

    assert((error as Error).message.endsWith(`got ${concurrencyLimit}`));
  });
}

test("[defect] batch(NaN) is refused", () => {
  assertThrows(() => start().batch("batches", NaN), RangeError, "got NaN");
});

test("[defect] a batch begun comes out when its source fails", async () => {
  const failure = new Error("the source fails");
  const probe = new SourceProbe("an async iterable", { failAfter: 5, failure });
  const pipeline = start().batch("threes", 3);

  const { items, error } = await collectUntilError(EXECUTE, pipeline as never, probe.source);

  assertEquals(items, [[0, 1, 2], [3, 4]]);
  assertStrictEquals((error as StreamingError).cause, failure);
});

test("[defect] a string is one item, not its characters", async () => {
  const pipeline = StreamingPipeline.start<string>();

  assertEquals(await pipeline.map("same", (text) => text).executeToArray("abc"), ["abc"]);
  const many = pipeline.flatMap("many", (text) => [text, text]);
  assertEquals(await many.executeToArray("ab"), ["ab", "ab"]);
});

test("[defect] 130,000 results do not overflow the stack", async () => {
  const count = 130_000;

  const many = await start().flatMap("many", () => range(count)).executeToArray([0]);
  const flat = await start().batch("all", count).flatten("flat").executeToArray(range(count));

  assertEquals([many.length, flat.length], [count, count]);
});

test("[defect] a parallel map that fails at its first item does not run them all", async () => {
  const calls = new CallProbe({ failures: new Map([[0, new Error("no")]]) });
  const pipeline = start().map("work", calls.wrap((item) => item, true), ORDERS["ordered"]);

  await assertRejects(() => pipeline.executeToArray(range(1_000)));

  assertLessOrEqual(calls.started, 8);
});

test("[defect] the context is built once per run", async () => {
  let built = 0;
  const pipeline = StreamingPipeline.start<number, number>(() => ++built)
    .map("first", (_, __, { context }) => context)
    .map("second", (_, __, { context }) => context, { parallel: true })
    .add("third", async function* ({ input, context }) {
      for await (const item of input) yield [item, context];
    });

  assertEquals([await pipeline.executeToArray([1, 2]), built], [[[1, 1], [1, 1]], 1]);
});

test("[defect] a plain object that is thrown comes out as an Error that has it as its cause", async () => {
  const thrown = { message: "a plain object", code: "E_PLAIN" };
  const pipeline = start().map("work", () => Promise.reject(thrown));

  const error = await assertRejects(() => pipeline.executeToArray([1]), StreamingError);

  assert(error instanceof Error);
  assertEquals([error.code, error.key], ["E_PLAIN", "work"]);
  assertStrictEquals(error.cause, thrown);
});
