// map() with `batch`: which items share a call, and what becomes of each of them.

import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { createStep, type FailedItem, StreamingPipeline } from "../../mod.ts";
import { map, pipe } from "../../src/operators/mod.ts";
import { adaptive, bisect, policy, rateLimit, semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { withFakeClock } from "../support/fake_clock.ts";
import { settle, watch } from "../support/turns.ts";
import type { OutputOf } from "../types/_types.ts";

const start = () => StreamingPipeline.start<number>();
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const double = (item: number) => item * 2;

/** Doubles all items, and notes what each call was for. */
function loader() {
  const calls: number[][] = [];
  const load = (items: readonly number[]) => {
    calls.push([...items]);
    return Promise.resolve(items.map(double));
  };
  return { calls, load };
}

/** A source that gives an item whenever it is told to. */
function tap() {
  const waiting: (() => void)[] = [];
  let index = 0;
  async function* items() {
    for (;;) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      yield index++;
    }
  }
  return { items: items(), give: () => waiting.shift()!() };
}

test("an item gets its own answer of a call for many, sync or async", async () => {
  const { calls, load } = loader();
  const pipeline = start()
    .map("double", load, { batch: { size: 3 } })
    .map("text", (items) => items.map((item, index) => `${item}.${index}`), { batch: { size: 2 } });

  assertType<IsExact<OutputOf<typeof pipeline>, string>>();
  assertEquals(await pipeline.executeToArray(range(7)), [
    ...["0.0", "2.1", "4.0", "6.0", "8.1", "10.0", "12.0"],
  ]);
  assertEquals(calls, [[0, 1, 2], [3, 4, 5], [6]]);
});

test("each call gets its number, a signal and the context, and no state", async () => {
  const seen: unknown[] = [];
  const pipeline = StreamingPipeline.start<number, { name: string }>(() => ({ name: "mill" }))
    .map("double", (items, number, context) => {
      seen.push([number, context.signal.aborted, context.context.name, context.traceId.length]);
      assertThrows(() => (context as unknown as { state: unknown }).state, TypeError, "no item");
      return items.map(double);
    }, { batch: { size: 2 } });

  assertEquals(await pipeline.executeToArray(range(3)), [0, 2, 4]);
  assertEquals(seen, [[0, false, "mill", 32], [1, false, "mill", 32]]);
});

test("a call waits for no more than maxWaitMs, and no timer is left over", () =>
  withFakeClock(async (clock) => {
    const { calls, load } = loader();
    const { items, give } = tap();
    const pipeline = start().map("double", load, { batch: { size: 3, maxWaitMs: 50 } });
    const read: number[] = [];
    const reading = pipeline.executeForEach(items, (item) => void read.push(item), {
      signal: AbortSignal.any([]),
    }).catch(() => {});
    await settle();

    give();
    await clock.advance(40);
    give();
    await settle();
    assertEquals([calls, clock.waiting], [[], 1]);

    await clock.advance(10);
    assertEquals([calls, read, clock.waiting], [[[0, 1]], [0, 2], 0]);

    for (let count = 0; count < 3; count++) {
      give();
      await settle();
    }
    assertEquals([calls[1], read, clock.waiting], [[2, 3, 4], [0, 2, 4, 6, 8], 0]);
    void reading;
  }));

test("nothing is waited for when the source has ended or failed, or the run is stopped", () =>
  withFakeClock(async (clock) => {
    const { calls, load } = loader();
    const pipeline = start().map("double", load, { batch: { size: 10, maxWaitMs: 1_000 } });

    assertEquals(await pipeline.executeToArray(range(3)), [0, 2, 4]);
    const failing = (function* () {
      yield* range(2);
      throw new Error("the source has failed");
    })();
    const read: number[] = [];
    await assertRejects(() => pipeline.executeForEach(failing, (item) => void read.push(item)));
    assertEquals(read, [0, 2]);

    const { items, give } = tap();
    const run = pipeline.run(items);
    const first = watch(run[Symbol.asyncIterator]().next());
    await settle();
    give();
    await settle();
    run.stop();
    await settle();
    assertEquals(first.value, { value: 0, done: false });
    assertEquals(await run[Symbol.asyncIterator]().next(), { value: undefined, done: true });
    assertEquals([calls, clock.waiting], [[[0, 1, 2], [0, 1], [0]], 0]);
  }));

test("items that are aborted before their call begins are not called for, and leave no timer", () =>
  withFakeClock(async (clock) => {
    const { calls, load } = loader();
    const { items, give } = tap();
    const controller = new AbortController();
    const pipeline = start().map("double", load, { batch: { size: 3, maxWaitMs: 50 } });
    const reading = watch(pipeline.executeToArray(items, { signal: controller.signal }));
    await settle();
    give();
    await settle();
    assertEquals(clock.waiting, 1);

    controller.abort(new Error("aborted by the test"));
    await settle();

    assertEquals([reading.state, calls, clock.waiting], ["rejected", [], 0]);
    const { steps: [step] } = await pipeline.getMetadata();
    assertEquals([step!.inputCount, step!.abandonedCount], [1, 1]);
  }));

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
  withFakeClock(async (clock) => {
    const { calls, load } = failing({ 1: [busy()], 2: [busy(), busy()], 3: [refused()] });
    const pipeline = start().map("loaded", load, {
      batch: { size: 5 },
      retry: { maxAttempts: 3, backoffMs: 100, jitter: 0 },
      errorStrategy: "COLLECT_ERRORS",
    });
    const reading = watch(pipeline.executeToArray(range(5)));
    await settle();
    assertEquals([calls.length, clock.waiting], [1, 1]);

    await clock.advance(100);
    await clock.advance(200);

    assertEquals(reading.value, [0, 1, 2, 4]);
    assertEquals(calls, [[0, 1, 2, 3, 4], [1, 2], [2]]);
    const { steps: [step] } = await pipeline.getMetadata();
    assertEquals([step!.retryCount, step!.errors?.map(({ attempts }) => attempts)], [2, [1]]);
  }));

test("an item that fails at every attempt says how many there were", () =>
  withFakeClock(async (clock) => {
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
  withFakeClock(async (clock) => {
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

test("an item that is aborted between attempts is let go of, and the others are tried again", () =>
  withFakeClock(async (clock) => {
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
    assertEquals(clock.waiting, 0);
  }));

test("timeoutMs is for one call, whose signal is aborted", () =>
  withFakeClock(async (clock) => {
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
    assertEquals([step!.errorCount, clock.waiting], [3, 0]);
  }));

test("retry.totalMs ends a call that runs, and fails all that are left with it", () =>
  withFakeClock(async (clock) => {
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

    assertEquals([reading.value, calls, clock.waiting], [[0], 2, 0]);
    const { steps: [step] } = await pipeline.getMetadata();
    assertEquals(step!.errors!.map(({ code, attempts }) => [code, attempts]), [
      ["TimeoutError", 2],
      ["TimeoutError", 2],
    ]);
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

test("concurrencyLimit counts items: as many calls run as it has room for", async () => {
  let [running, most] = [0, 0];
  const pipeline = start().map("loaded", async (items) => {
    most = Math.max(most, ++running);
    await settle();
    running--;
    return items;
  }, { batch: { size: 2 }, concurrencyLimit: 6 });

  assertEquals(await pipeline.executeToArray(range(20)), range(20));
  assertEquals(most, 3);
});

test("a reader that is slow gets whole batches, and not the items that it has made room for", async () => {
  const { calls, load } = loader();
  const pipeline = start().map("double", load, { batch: { size: 4 } });

  for await (const _ of pipeline.execute(range(12))) await settle();

  assertEquals(calls.map(({ length }) => length), [4, 4, 4]);
});

test("a policy is asked for each call, with its items", async () => {
  const inputs: number[] = [];
  const provider = policy(
    semaphore(1),
    rateLimit({
      limit: 100,
      intervalMs: 1_000,
      cost: (items: readonly number[]) => {
        inputs.push(items.length);
        return items.length;
      },
    }),
  );
  const pipeline = start().map("loaded", (items) => Promise.resolve(items), {
    batch: { size: 3 },
    policy: provider,
  });

  assertEquals(await pipeline.executeToArray(range(7)), range(7));
  assertEquals(inputs, [3, 3, 1]);
  assertEquals(provider.metrics.startedCount, 3);
});

test("what bisect answers is what a batch takes", async () => {
  const refuse = (items: readonly number[]) =>
    items.includes(5) ? Promise.reject(refused()) : Promise.resolve(items.map(double));
  const load = bisect(refuse, { whenFailed: (_item, error) => error as Error });
  const pipeline = start()
    .map("double", load, { batch: { size: 8 }, errorStrategy: "SKIP_FAILED" });

  assertEquals(await pipeline.executeToArray(range(8)), [0, 2, 4, 6, 8, 12, 14]);
});

test("as an operator, in a pipe and behind an optimized skip it is what it is as a method", async () => {
  const { calls, load } = loader();
  const double = map(load, { batch: { size: 3 }, pure: true });
  const pipeline = StreamingPipeline.start<number>(undefined, { optimize: true })
    .use("double", pipe(map((item: number) => item), double))
    .skip("rest", 4);

  assertType<IsExact<OutputOf<typeof pipeline>, number>>();
  assertEquals(await pipeline.executeToArray(range(7)), [8, 10, 12]);
  assertEquals(calls, [[4, 5, 6]]);
});

test("[L9] a batch is checked when the stage is added", () => {
  const { load } = loader();
  const step = createStep("step", ({ input }: { input: readonly number[] }) => [...input]);
  const add = (options: object, work: unknown = load) => () =>
    start().map("users", work as never, options as never);
  const refusals: readonly [() => unknown, ErrorConstructor, string][] = [
    [add({ batch: 3 }), TypeError, "batch must be an object, got 3"],
    [add({ batch: {} }), RangeError, "batch.size must be a positive integer, got undefined"],
    [add({ batch: { size: 0 } }), RangeError, "batch.size must be a positive integer, got 0"],
    [
      add({ batch: { size: 1, maxWaitMs: 0 } }),
      RangeError,
      "batch.maxWaitMs must be a finite number of at least 1, got 0",
    ],
    [
      add({ batch: { size: 1, maxWait: 5 } }),
      TypeError,
      'unknown option "maxWait"; it takes size, maxWaitMs. Did you mean maxWaitMs?',
    ],
    [
      add({ batch: { size: 3 } }, step),
      TypeError,
      "its function over arrays must be a function, got an object",
    ],
    [
      add({ batch: { size: 3 }, parallel: false }),
      TypeError,
      "batch works on items side by side: parallel must be true",
    ],
    [
      add({ batch: { size: 64 }, concurrencyLimit: 4 }),
      RangeError,
      "concurrencyLimit must be at least batch.size, for it counts items, got 4; " +
      "for 4 full calls at a time, 256",
    ],
    [
      add({ batch: { size: 64 }, concurrencyLimit: adaptive({ min: 1, max: 4 }) }),
      TypeError,
      "concurrencyLimit counts items where there is a batch: give the policy as policy, " +
      "which is asked for each call",
    ],
  ];
  for (const [build, ErrorClass, message] of refusals) {
    assertThrows(build, ErrorClass, `Cannot add the stage "users" (map): ${message}`);
  }
});
