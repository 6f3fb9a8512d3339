// map() with `batch`: which items share a call, and what becomes of each of them.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { createStep, StreamingPipeline } from "../../mod.ts";
import { map, pipe } from "../../src/operators/mod.ts";
import { adaptive, policy, rateLimit, semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
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

/** A source that yields an item at each call of `give`. */
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
  new TestClock().use(async (clock) => {
    const { calls, load } = loader();
    const { items, give } = tap();
    const pipeline = start().map("double", load, { batch: { size: 3, maxWaitMs: 50 } });
    const read: number[] = [];
    void pipeline.executeForEach(items, (item) => void read.push(item));
    await settle();

    give();
    await clock.advance(40);
    give();
    await settle();
    assertEquals([calls, clock.timerCount], [[], 1]);

    await clock.advance(10);
    assertEquals([calls, read, clock.timerCount], [[[0, 1]], [0, 2], 0]);

    for (let count = 0; count < 3; count++) {
      give();
      await settle();
    }
    assertEquals([calls[1], read, clock.timerCount], [[2, 3, 4], [0, 2, 4, 6, 8], 0]);
  }));

test("nothing is waited for when the source has ended or failed, or the run is stopped", () =>
  new TestClock().use(async (clock) => {
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
    assertEquals([calls, clock.timerCount], [[[0, 1, 2], [0, 1], [0]], 0]);
  }));

test("items that are aborted before their call begins are not called for, and leave no timer", () =>
  new TestClock().use(async (clock) => {
    const { calls, load } = loader();
    const { items, give } = tap();
    const controller = new AbortController();
    const pipeline = start().map("double", load, { batch: { size: 3, maxWaitMs: 50 } });
    const reading = watch(pipeline.executeToArray(items, { signal: controller.signal }));
    await settle();
    give();
    await settle();
    assertEquals(clock.timerCount, 1);

    controller.abort(new Error("aborted by the test"));
    await settle();

    assertEquals([reading.state, calls, clock.timerCount], ["rejected", [], 0]);
    const { steps: [step] } = await pipeline.getMetadata();
    assertEquals([step!.inputCount, step!.abandonedCount], [1, 1]);
  }));

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

test("as an operator, in a pipe and after an optimized skip it does what the method does", async () => {
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
      "concurrencyLimit counts items where there is a batch: give the policy as policy",
    ],
  ];
  for (const [build, ErrorClass, message] of refusals) {
    assertThrows(build, ErrorClass, `Cannot add the stage "users" (map): ${message}`);
  }
});
