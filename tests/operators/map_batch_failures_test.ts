// map() with `batch`: what becomes of the items of a call that fails, for all of them or for some.

import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { type FailedItem, StreamingPipeline } from "../../mod.ts";
import { bisect } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import type { OutputOf } from "../types/_types.ts";

const start = () => StreamingPipeline.start<number>();
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const double = (item: number) => item * 2;

test("an Error among the answers fails its item alone, as the error strategy says", async () => {
  const failed: FailedItem[] = [];
  const load = (items: readonly number[]) =>
    items.map((item) => item % 3 === 1 ? new RangeError(`no ${item}`) : item);
  const build = (errorStrategy: "FAIL_FAST" | "SPLIT_ERRORS") =>
    start().map("loaded", load, { batch: { size: 4 }, errorStrategy });

  const split = build("SPLIT_ERRORS");
  assertType<IsExact<OutputOf<typeof split>, number>>();
  const rows = start().map("row", (items) => items.map(() => ({ name: "a", message: "b" })), {
    batch: { size: 2 },
  });
  assertType<IsExact<OutputOf<typeof rows>, { name: string; message: string }>>();
  const items = await split.executeToArray(range(6), {
    errorsTo: (each) => void failed.push(each),
  });
  assertEquals(items, [0, 2, 3, 5]);
  assertEquals(failed.map(({ item, itemIndex }) => [item, itemIndex]), [[1, 1], [4, 4]]);
  assertInstanceOf(failed[0]!.error.cause, RangeError);

  const read: number[] = [];
  await assertRejects(
    () => build("FAIL_FAST").executeForEach(range(6), (item) => void read.push(item)),
    Error,
    'Stage "loaded" failed at item 1: RangeError',
  );
  assertEquals(read, [0]);
});

test("a call that fails fails all of its items, each for itself", async () => {
  const pipeline = start().map("loaded", (items) => {
    if (items.includes(2)) throw new Error("down");
    return items;
  }, { batch: { size: 2 }, errorStrategy: "COLLECT_ERRORS" });

  assertEquals(await pipeline.executeToArray(range(6)), [0, 1, 4, 5]);
  const { steps: [step] } = await pipeline.getMetadata();
  assertEquals(step!.errors!.map(({ itemIndex }) => itemIndex), [2, 3]);
});

test("more or fewer answers than items are an error that names both numbers", async () => {
  const shorter = start().map("loaded", (items) => items.slice(1), { batch: { size: 3 } });
  const none = start().map("loaded", () => "abc" as never, { batch: { size: 3 } });

  const error = await assertRejects(() => shorter.executeToArray(range(3)), Error, "WRONG_COUNT");
  assertInstanceOf(error.cause, RangeError);
  assertEquals(error.cause.message, "A batch of 3 items must have as many answers, got 2");
  const other = await assertRejects(() => none.executeToArray(range(3)), Error);
  assertEquals(
    (other.cause as Error).message,
    "A function over batches must return an array, with an answer for each item, got string",
  );
});

/** Fails with these errors, in this order, for the items of these numbers. */
function failing(failures: Readonly<Record<number, unknown[]>>) {
  const calls: number[][] = [];
  const load = (items: readonly number[]) => {
    calls.push([...items]);
    return items.map((item) => (failures[item]?.shift() ?? item) as number | Error);
  };
  return { calls, load };
}

const busy = () => Object.assign(new Error("busy"), { status: 503 });
const refused = () => Object.assign(new Error("refused"), { status: 400 });

test("an attempt that failed for some items is made again for these alone, after one wait", () =>
  new TestClock().use(async (clock) => {
    const { calls, load } = failing({ 1: [busy()], 2: [busy(), busy()], 3: [refused()] });
    const pipeline = start().map("loaded", load, {
      batch: { size: 5 },
      retry: { maxAttempts: 3, backoffMs: 100, jitter: 0 },
      errorStrategy: "COLLECT_ERRORS",
    });
    const reading = watch(pipeline.executeToArray(range(5)));
    await settle();
    assertEquals([calls.length, clock.timerCount], [1, 1]);

    await clock.advance(100);
    await clock.advance(200);

    assertEquals(reading.value, [0, 1, 2, 4]);
    assertEquals(calls, [[0, 1, 2, 3, 4], [1, 2], [2]]);
    const { steps: [step] } = await pipeline.getMetadata();
    assertEquals([step!.retryCount, step!.errors?.map(({ attempts }) => attempts)], [2, [1]]);
  }));

test("an item that fails at every attempt says how many there were", () =>
  new TestClock().use(async (clock) => {
    const { calls, load } = failing({ 1: [busy(), busy()] });
    const pipeline = start().map("loaded", load, {
      batch: { size: 2 },
      retry: { maxAttempts: 2, backoffMs: 100, jitter: 0 },
    });
    const reading = watch(pipeline.executeToArray(range(2)));
    await settle();
    await clock.advance(100);

    assertEquals(calls, [[0, 1], [1]]);
    assertEquals(reading.state, "rejected");
    assertEquals(
      (reading.error as Error).message,
      'Stage "loaded" failed at item 1 after 2 attempts: HTTP_503',
    );
  }));

test("a whole call is tried again as one, and shouldRetry is asked once for it", () =>
  new TestClock().use(async (clock) => {
    const asked: unknown[] = [];
    let calls = 0;
    const pipeline = start().map("loaded", (items) => {
      if (++calls === 1) throw new Error("down");
      return items;
    }, {
      batch: { size: 3 },
      retry: {
        maxAttempts: 2,
        backoffMs: 10,
        jitter: 0,
        shouldRetry: (error) => {
          asked.push((error as Error).message);
          return Promise.resolve(true);
        },
      },
    });
    const reading = watch(pipeline.executeToArray(range(3)));
    await settle();
    await clock.advance(10);

    assertEquals([reading.value, calls, asked], [range(3), 2, ["down"]]);
  }));

test("an item that is aborted between attempts is released, and the others are tried again", () =>
  new TestClock().use(async (clock) => {
    const { calls, load } = failing({ 0: [busy()], 1: [refused()], 2: [busy()] });
    const pipeline = start().map("loaded", load, {
      batch: { size: 3 },
      retry: { maxAttempts: 2, backoffMs: 100, jitter: 0 },
    });
    const read: number[] = [];
    const reading = watch(pipeline.executeForEach(range(3), (item) => void read.push(item)));
    await settle();

    // The refusal of item 1 fails the run, when item 0 has come out: item 2 is of no use any more.
    await clock.advance(100);
    assertEquals([calls, read, reading.state], [[[0, 1, 2], [0]], [0], "rejected"]);
    assertEquals(clock.timerCount, 0);
  }));

test("timeoutMs is for one call, whose signal is aborted", () =>
  new TestClock().use(async (clock) => {
    const signals: AbortSignal[] = [];
    const pipeline = start().map("loaded", (_items, _number, { signal }) => {
      signals.push(signal);
      return new Promise<number[]>(() => {});
    }, { batch: { size: 3 }, timeoutMs: 50, errorStrategy: "COLLECT_ERRORS" });
    const reading = watch(pipeline.executeToArray(range(3)));
    await settle();
    await clock.advance(50);

    assertEquals(reading.value, []);
    assertEquals(signals.map(({ aborted }) => aborted), [true]);
    const { steps: [step] } = await pipeline.getMetadata();
    assertEquals([step!.errorCount, clock.timerCount], [3, 0]);
  }));

test("an answer that is a promise has the time of its call, and fails its item alone", () =>
  new TestClock().use(async (clock) => {
    const answers: Readonly<Record<number, () => unknown>> = {
      0: () => Promise.resolve("zero"),
      1: () => Promise.reject(new RangeError("one")),
      2: () => "two",
      3: () => Promise.reject("three"),
      4: () => new Promise(() => {}),
    };
    const load = (items: readonly number[]) => items.map((item) => answers[item]!() as string);
    const options = { batch: { size: 4 }, timeoutMs: 50, errorStrategy: "COLLECT_ERRORS" } as const;
    const pipeline = start().map("loaded", load, options);
    const reading = watch(pipeline.executeToArray(range(5)));
    await settle();
    await clock.advance(50);

    assertEquals(reading.value, ["zero", "two"]);
    const { steps: [step] } = await pipeline.getMetadata();
    const causes = step!.errors!.map(({ itemIndex, cause }) => [itemIndex, String(cause)]);
    assertEquals(causes.slice(0, 2), [[1, "RangeError: one"], [3, "three"]]);
    assertEquals([step!.errors![2]!.code, clock.timerCount], ["TimeoutError", 0]);
  }));

test("answers that are promises are tried again alone, and are handled where there are too many", async () => {
  const calls: (readonly number[])[] = [];
  const load = (items: readonly number[]) => {
    calls.push(items);
    return items.map((item) =>
      item === 1 && calls.length === 1 ? Promise.reject(new Error("once")) : item
    ) as number[];
  };
  const retry = { maxAttempts: 2, backoffMs: 1, shouldRetry: () => true };
  const again = start().map("loaded", load, { batch: { size: 3 }, retry });
  assertEquals(await again.executeToArray(range(3)), [0, 1, 2]);
  assertEquals(calls, [[0, 1, 2], [1]]);

  const many = start().map("loaded", (items) => {
    return [...items, 3].map(() => Promise.reject(new Error("unread"))) as never;
  }, { batch: { size: 3 } });
  await assertRejects(() => many.executeToArray(range(3)), Error, "WRONG_COUNT");
});

test("retry.totalMs ends a call that runs, and fails all that are left with it", () =>
  new TestClock().use(async (clock) => {
    let calls = 0;
    const pipeline = start().map("loaded", async (items) => {
      if (++calls === 1) return items.map((item) => item === 0 ? item : busy());
      return await new Promise<number[]>(() => {});
    }, {
      batch: { size: 3 },
      retry: { maxAttempts: 9, backoffMs: 10, jitter: 0, totalMs: 100 },
      errorStrategy: "COLLECT_ERRORS",
    });
    const reading = watch(pipeline.executeToArray(range(3)));
    await settle();
    await clock.advance(10);
    await clock.advance(90);

    assertEquals([reading.value, calls, clock.timerCount], [[0], 2, 0]);
    const { steps: [step] } = await pipeline.getMetadata();
    assertEquals(step!.errors!.map(({ code, attempts }) => [code, attempts]), [
      ["TimeoutError", 2],
      ["TimeoutError", 2],
    ]);
  }));

test("retry.totalMs aborts the call that runs, and leaves no timer of timeoutMs", () =>
  new TestClock().use(async (clock) => {
    const signals: AbortSignal[] = [];
    const pipeline = start().map("loaded", (_items, _number, { signal }) => {
      signals.push(signal);
      return new Promise<number[]>(() => {});
    }, { batch: { size: 2 }, retry: { maxAttempts: 2, totalMs: 50 }, timeoutMs: 1_000 });
    const reading = watch(pipeline.executeToArray(range(2)));
    await clock.advance(50);

    assertEquals([reading.state, clock.timerCount], ["rejected", 0]);
    assertEquals(signals.map(({ aborted }) => aborted), [true]);
  }));

test("a call's signal is aborted when none of its items is wanted any more", async () => {
  const signals: AbortSignal[] = [];
  const pipeline = start().map("loaded", (items, number, { signal }) => {
    signals.push(signal);
    if (number === 1) throw new Error("down");
    return new Promise<number[]>((resolve) => {
      signal.addEventListener("abort", () => resolve([...items]));
    });
  }, { batch: { size: 2 }, concurrencyLimit: 6, ordered: false });

  await assertRejects(() => pipeline.executeToArray(range(6)), Error, 'Stage "loaded" failed');
  assertEquals(signals.map(({ aborted }) => aborted), [true, false, true]);
});

test("what bisect answers is what a batch takes", async () => {
  const refuse = (items: readonly number[]) =>
    items.includes(5) ? Promise.reject(refused()) : Promise.resolve(items.map(double));
  const load = bisect(refuse, { whenFailed: (_item, error) => error as Error });
  const pipeline = start()
    .map("double", load, { batch: { size: 8 }, errorStrategy: "SKIP_FAILED" });

  assertEquals(await pipeline.executeToArray(range(8)), [0, 2, 4, 6, 8, 12, 14]);
});
