import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { createStep, createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { assertRefused } from "../support/refused.ts";
import { count, generate, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

test("[L9] map() refuses what is said of work on one item for a step that works on all of them", () => {
  const step = createStreamingStep<number, number>("all", ({ input }) => input);

  for (const options of [{ timeoutMs: 10 }, { pure: true }]) {
    const message = `Cannot add the stage "key" (map): ${Object.keys(options)[0]} is for work on ` +
      "one item, and a streaming step without parallel works on all";
    assertRefused(() => start.map("key", step, options), TypeError, message);
    start.map("key", step, { ...options, parallel: true });
  }
});

test("map() puts in each item's place what the function answers", async () => {
  const pipeline = start.map("squares", (item) => item ** 2);

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 4, 9]);
  assertEquals(await pipeline.executeToArray([]), []);
  assertEquals(await pipeline.executeToArray(4), [16]);
});

test("map() waits for what an async function promises, and for any thenable", async () => {
  const pipeline = start
    .map("promise", async (item) => await item + 1)
    .map("thenable", (item): PromiseLike<number> => ({
      then: (resolve) => Promise.resolve(item * 10).then(resolve),
    }));

  assertEquals(await pipeline.executeToArray([1, 2]), [20, 30]);
});

test("map() gives the index of the item among those that entered the stage", async () => {
  const pipeline = start
    .filter("even", (item) => item % 2 === 0)
    .map("indexes", (_item, index) => index);

  assertEquals(await pipeline.executeToArray([1, 2, 3, 4, 5, 6]), [0, 1, 2]);
});

test("[L7] map() lets any value pass, in and out", async () => {
  const noop = () => {};
  const values = [
    undefined,
    null,
    Number.NaN,
    false,
    0,
    "",
    noop,
    [[1]],
    new Map(),
    Symbol.iterator,
  ];
  const pipeline = StreamingPipeline.start<unknown>().map("same", (item) => item);

  assertEquals(await pipeline.executeToArray(values), values);
  const indexed = start.map("values", (item) => values[item]);
  assertEquals(await indexed.executeToArray(values.keys()), values);
});

test("map() runs a step once per item, with its state and context", async () => {
  const given: unknown[] = [];
  const step = createStep<number, number, { first: number }, { db: string }>(
    "add",
    ({ input, state, context }) => {
      given.push({ input, state: { ...state }, context });
      return input + state.first;
    },
  );
  const pipeline = StreamingPipeline.start<number, { db: string }>(() => ({ db: "a" }))
    .map("first", (item) => item * 10)
    .map("second", step);

  assertEquals(await pipeline.executeToArray([1, 2]), [20, 40]);
  assertEquals(given, [
    { input: 10, state: { first: 10 }, context: { db: "a" } },
    { input: 20, state: { first: 20 }, context: { db: "a" } },
  ]);
});

test("map() turns a step's failed result into an error with its code and cause", async () => {
  const cause = Object.assign(new Error("no quota left"), { code: "RATE_LIMIT" });
  const step = createStep<number, number>("ask", ({ input }) => {
    if (input === 2) throw cause;
    return input;
  });

  const { items, error } = await readFailure(start.map("asked", step).execute([1, 2, 3]));

  assertEquals(items, [1]);
  assertEquals(
    [error.code, error.retryable, error.key, error.stepName, error.itemIndex, error.attempts],
    ["RATE_LIMIT", true, "asked", "ask", 1, 1],
  );
  assertStrictEquals(error.cause, cause);
});

test("map() knows a step that was written by hand by its async function", async () => {
  const metadata = { stepName: "hand", startTime: 0, endTime: 0, durationMs: 0 };
  const double = {
    name: "double",
    execute: async ({ input }: { input: number }) =>
      await { success: true as const, data: input * 2, metadata },
  };
  const repeat = {
    name: "repeat",
    execute: async function* ({ input }: { input: AsyncIterable<number> }) {
      for await (const item of input) yield* [item, item];
    },
  };

  assertEquals(await start.map("a", double).map("b", repeat).executeToArray([1, 2]), [2, 2, 4, 4]);
});

test("map() runs a streaming step over the whole stream, as add() does", async () => {
  const step = createStreamingStep<number, number>("sums", async function* ({ input }) {
    let sum = 0;
    for await (const item of input) yield sum += item;
  });

  assertEquals(await start.map("sums", step).executeToArray([1, 2, 3]), [1, 3, 6]);
});

test("map() with parallel runs a streaming step once per item, in item order", async () => {
  const inputs: number[][] = [];
  const step = createStreamingStep<number, string>("repeat", async function* ({ input }) {
    const own: number[] = [];
    inputs.push(own);
    for await (const item of input) {
      own.push(item);
      for (let round = 0; round < item; round++) yield await `${item}.${round}`;
    }
  });
  const pipeline = start.map("repeated", step, { parallel: true, concurrencyLimit: 2 });

  assertEquals(await pipeline.executeToArray([3, 0, 1, 2]), [
    ...["3.0", "3.1", "3.2"],
    "1.0",
    ...["2.0", "2.1"],
  ]);
  assertEquals(inputs, [[3], [0], [1], [2]]);
});

test("map() with parallel calls ten functions at a time where no limit is given", async () => {
  const probe = new CallProbe({ hold: true });
  const pipeline = start.map("held", probe.wrap((item) => item, true), { parallel: true });

  const first = watch(pipeline.executeToArray(generate(...Array(30).keys())));
  await settle();

  assertEquals(probe.started, 10);
  while (first.state === "pending") {
    probe.releaseAll();
    await settle();
  }
  assertEquals(first.value, [...Array(30).keys()]);
});

test("map() with ordered: false hands out what is finished first", async () => {
  const probe = new CallProbe({ hold: true });
  const options = { parallel: true, concurrencyLimit: 3, ordered: false };
  const items = start.map("held", probe.wrap((item) => item, true), options).execute([1, 2, 3]);

  const first = watch(items.next());
  await settle();
  probe.release(2);
  await settle();
  const second = watch(items.next());
  probe.release(0);
  await settle();
  const third = watch(items.next());
  probe.release(1);
  await settle();

  assertEquals([first.value, second.value, third.value].map((result) => result?.value), [3, 1, 2]);
  assertEquals((await items.next()).done, true);
});

test("map() with highWaterMark 0 still works side by side while a read is pending", async () => {
  const options = { parallel: true, concurrencyLimit: 4, highWaterMark: 0 };
  const pipeline = start.map("later", async (item) => await item, options).take("some", 10);

  assertEquals(await pipeline.executeToArray(count()), [...Array(10).keys()]);
});

test("map() puts what a function throws into an error that names stage and item", async () => {
  const cause = new TypeError("not a number");
  const pipeline = start.map("checked", (item) => {
    if (item === 7) throw cause;
    return item;
  });

  const { items, error } = await readFailure(pipeline.execute([1, 7, 2]));

  assertEquals(items, [1]);
  assertEquals(error.message, `Stage "checked" failed at item 1: TypeError`);
  assertEquals([error.key, error.stepName, error.item], ["checked", "checked", 7]);
  assertStrictEquals(error.cause, cause);
});

test("map() does not show the item, or what is thrown in place of an error", async () => {
  const secret = "the secret";
  const pipeline = StreamingPipeline.start<string>().map("thrown", (item) => {
    throw item;
  });

  const { error } = await readFailure(pipeline.execute([secret]));

  assertEquals(error.message, `Stage "thrown" failed at item 0: it threw string`);
  assertEquals(JSON.stringify(error).includes(secret), false);
  assertEquals([error.item, error.cause], [secret, secret]);
});

test("map() fails with what an async function rejects with, also with nothing", async () => {
  const pipeline = start.map("rejected", () => Promise.reject(undefined));

  const { error } = await readFailure(pipeline.execute([1]));

  assertEquals(error.message, `Stage "rejected" failed at item 0: it threw undefined`);
  assertEquals(error.cause, undefined);
  assertInstanceOf(error, Error);
});
