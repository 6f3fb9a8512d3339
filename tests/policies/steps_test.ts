// A policy around the attempts of a step over the whole stream, and around the openings of a source.

import { assertEquals } from "@std/assert";
import { retrySource, type StreamingError, StreamingPipeline } from "../../mod.ts";
import { rateLimit, semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { collect } from "../support/collect.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { httpError, range, Service } from "./_service.ts";

const start = StreamingPipeline.start<number>();

test("an attempt of a step is over when it yields: it holds no place while nothing is asked for", async () => {
  const places = semaphore(1);
  const pipeline = start
    .add("step", async function* ({ input }) {
      for await (const item of input) yield item;
    }, { policy: places })
    .map("after", (item) => Promise.resolve(item), { policy: places });

  assertEquals(await pipeline.executeToArray(range(5)), range(5));
  assertEquals([places.metrics.startedCount, places.metrics.runningCount], [10, 0]);
});

test("an attempt of a step that yields nothing is over when it asks for the next item", async () => {
  const places = semaphore(1);
  const pipeline = start.add("step", async function* ({ input }) {
    let sum = 0;
    for await (const item of input) sum += item;
    yield sum;
  }, { policy: places });

  assertEquals(await pipeline.executeToArray(range(5)), [10]);
  assertEquals([places.metrics.startedCount, places.metrics.runningCount], [5, 0]);
});

test("a step that asks for several items at a time has an attempt for each, and leaves none", async () => {
  const places = semaphore(3);
  const pipeline = start.add("step", async function* ({ input }) {
    const items = await Promise.all([input.next(), input.next(), input.next()]);
    yield items.length;
  }, { policy: places });

  assertEquals(await pipeline.executeToArray(range(5)), [3]);
  assertEquals([places.metrics.startedCount, places.metrics.runningCount], [3, 0]);
});

test("a step that fails under a policy fails the item that it holds, as without", async () => {
  const places = semaphore(1);
  const failing = (options: object) =>
    start.add("step", async function* ({ input }) {
      for await (const item of input) {
        if (item === 2) throw new Error("two");
        yield item;
      }
    }, options);
  const outcomes = await Promise.all([{}, { policy: places }].map(async (options) => {
    const items: number[] = [];
    try {
      for await (const item of failing(options).execute(range(5))) items.push(item);
    } catch (error) {
      const { message, itemIndex, item, attempts } = error as StreamingError;
      return { items, message, itemIndex, item, attempts };
    }
    return undefined;
  }));

  assertEquals(outcomes[1], outcomes[0]);
  assertEquals(outcomes[1]?.items, [0, 1]);
  assertEquals(places.metrics.runningCount, 0);
});

test("an item that a policy refuses is left out of a step that goes on", async () => {
  const limit = rateLimit({ limit: 5, intervalMs: 1_000, cost: (item: number) => item });
  const pipeline = start.add("step", async function* ({ input }) {
    for await (const item of input) yield item;
  }, { policy: limit, errorStrategy: "COLLECT_ERRORS" });

  assertEquals(await pipeline.executeToArray([1, 9, 2]), [1, 2]);
  const [step] = (await pipeline.getMetadata()).steps;
  assertEquals(step?.errors?.map(({ code }) => code), ["COST_EXCEEDS_LIMIT"]);
});

test("the signal of a service that a step has failed with pauses all who share the policy", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 9, intervalMs: 10 });
    let isBusy = true;
    const pipeline = start.add("step", async function* ({ input }) {
      for await (const item of input) {
        service.answer(item);
        if (isBusy) {
          isBusy = false;
          throw httpError(429, { "retry-after": "7" });
        }
        yield item;
      }
    }, { policy: limit, retry: { maxAttempts: 2, backoffMs: 1 } });
    const result = watch(pipeline.executeToArray(range(2)));
    await clock.advance(1);
    limit.run(() => service.answer("other"));
    await clock.advance(1e5);

    assertEquals([result.value, service.calls.map(({ atMs }) => atMs)], [range(2), [
      0,
      7_000,
      7_000,
      7_000,
    ]]);
  });
});

test("retrySource() opens when its policy lets it, each time, and is over with the first item", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 1, intervalMs: 100 });
    async function* open(count: number) {
      service.answer(count);
      yield count;
      assertEquals(limit.metrics.runningCount, 0);
      if (count < 2) throw httpError(503);
    }
    const retry = { maxAttempts: 2, backoffMs: 1, policy: limit };
    const items = watch(collect(retrySource(({ count }) => open(count), retry)));
    await clock.advance(1_000);

    assertEquals([items.value, service.times], [[0, 1, 2], [0, 100, 200]]);
    assertEquals([limit.metrics.runningCount, clock.timerCount], [0, 0]);
  });
});

test("retrySource() tells its policy of an opening that fails, or is closed before it has an item", async () => {
  await new TestClock().use(async (clock) => {
    const limit = rateLimit({ limit: 9, intervalMs: 100 });
    const open = () => Promise.reject(httpError(429, { "retry-after": "5" }));
    const failing = watch(
      collect(retrySource<number>(open, { maxAttempts: 1, policy: limit })),
    );
    await clock.advance(1);
    assertEquals(failing.state, "rejected");

    const waiting = retrySource<number>(() => new Promise(() => {}), {
      maxAttempts: 1,
      policy: limit,
    });
    const first = watch(waiting.next());
    await clock.advance(1);
    assertEquals([first.state, limit.metrics.waitingCount, limit.metrics.runningCount], [
      "pending",
      1,
      0,
    ]);
    await clock.advance(5_000);
    assertEquals([limit.metrics.waitingCount, limit.metrics.runningCount], [0, 1]);
    await waiting.return();
    await settle();
    assertEquals([limit.metrics.runningCount, clock.timerCount], [0, 0]);
  });
});

test("[L12] retrySource() that is closed while it waits for its policy opens nothing", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const places = semaphore(1);
    places.run(() => service.hold("other"));
    const waiting = retrySource(() => [service.answer("opened")], {
      maxAttempts: 1,
      policy: places,
    });
    const first = watch(waiting.next());
    await settle();
    await waiting.return();
    service.release();
    await settle();

    assertEquals([first.state, service.inputs], ["resolved", ["other"]]);
    assertEquals(places.metrics.waitingCount, 0);
  });
});
