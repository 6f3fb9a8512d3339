// What a policy does in a stage, beside the other options and other stages.

import { assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "@std/assert";
import { Pipeline, type StageOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { policy, rateLimit, semaphore } from "../../src/policies/mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { collect } from "../support/collect.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { findTooMuch, httpError, range, Service } from "./_service.ts";

const start = StreamingPipeline.start<number>();

test("what a policy keeps waiting is not a part of timeoutMs, and an attempt is", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const options = { timeoutMs: 50, policy: rateLimit({ limit: 1, intervalMs: 1_000 }) };
    const slow = start.map("s", (item) => service.answerIn(item === 2 ? 60 : 40)(item), options);

    const result = watch(slow.executeToArray(range(3)));
    await clock.advance(1e4);

    const error = result.error as StreamingError;
    assertEquals([error.code, error.itemIndex], ["TimeoutError", 2]);
    assertEquals(service.times, [0, 1_000, 2_000]);
  });
});

test("totalMs ends a wait for a policy", async () => {
  await new TestClock().use(async (clock) => {
    const limit = rateLimit({ limit: 1, intervalMs: 1_000 });
    const retry = { maxAttempts: 3, backoffMs: 1, totalMs: 200 };
    const pipeline = start.map("s", (item) => Promise.resolve(item), { retry, policy: limit });

    const result = watch(pipeline.executeToArray([0, 1]));
    await clock.advance(1e4);

    assertEquals((result.error as StreamingError).code, "TimeoutError");
    assertEquals([limit.metrics.waitingCount, clock.timerCount], [0, 0]);
  });
});

test("a call that its policy refuses fails its item, with the code", async () => {
  const limit = rateLimit({ limit: 5, intervalMs: 1_000, cost: (item: number) => item });
  const pipeline = start.map("s", (item) => item, {
    policy: limit,
    errorStrategy: "COLLECT_ERRORS",
  });

  assertEquals(await pipeline.executeToArray([1, 9, 2]), [1, 2]);
  const [step] = (await pipeline.getMetadata()).steps;
  assertEquals(step?.errors?.map(({ code, itemIndex }) => [code, itemIndex]), [
    ["COST_EXCEEDS_LIMIT", 1],
  ]);
});

test("stages and runs and functions that share a policy share its limit", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const places = semaphore(2);
    const work = (item: number) => service.answerIn(10)(item);
    const pipeline = start.map("a", work, { concurrencyLimit: 8, policy: places })
      .map("b", work, { concurrencyLimit: 8, ordered: false, policy: places });

    const results = [
      watch(pipeline.executeToArray(range(20))),
      watch(pipeline.executeToArray(range(20))),
      watch(places.run(() => work(0))),
    ];
    await clock.advance(1e4);

    assertEquals(results.map(({ state }) => state), ["resolved", "resolved", "resolved"]);
    assertEquals([service.peak, service.calls.length], [2, 81]);
  });
});

test("a semaphore in the place of concurrencyLimit is the limit of all stages that have it", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const places = semaphore(3);
    const work = (item: number) => service.answerIn(10)(item);
    const pipeline = start.map("a", work, { concurrencyLimit: places })
      .map("b", work, { concurrencyLimit: places, ordered: false })
      .mapPartitioned("c", (item) => item % 4, work, { concurrencyLimit: places });
    const result = watch(pipeline.executeToArray(range(20)));
    await clock.advance(1e4);

    assertEquals([result.state, service.peak, service.calls.length], ["resolved", 3, 60]);
    const [step] = (await pipeline.getMetadata()).steps;
    assertEquals([step?.executionMode, step?.policy?.limit], ["parallel-streaming", 3]);
  });
});

test("[L2] a stage with a semaphore as its limit has no more calls running than that", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const places = semaphore(3);
    let pulls = 0;
    const source = function* () {
      for (;;) yield pulls++;
    };
    const items = start.map("a", (item) => service.hold(item), { concurrencyLimit: places })
      .execute(source());
    const first = watch(items.next());
    await settle();

    assertEquals([first.state, service.running, pulls], ["pending", 3, 3]);
    const closing = items.return();
    for (const _ of range(3)) service.release();
    await closing;
  });
});

test("lists of a batch pipeline take a policy", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 2, intervalMs: 100 });
    const options = { parallel: true, policy: limit, concurrencyLimit: semaphore(4) };
    const pipeline = Pipeline.start<number[]>()
      .map("mapped", (item) => service.answer(item), options)
      .filter("kept", (item) => service.answer(item) >= 0, { policy: limit })
      .flatMap("all", (item) => [service.answer(item)], { policy: limit });

    const result = watch(pipeline.execute(range(2)));
    await clock.advance(1e4);

    assertEquals(result.value?.success && result.value.data, range(2));
    assertEquals(service.times, [0, 0, 100, 100, 200, 200]);
  });
});

test("metadata and metrics show what has waited for a policy, and waits", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 1, intervalMs: 100 });
    const pipeline = start.map("free", (item) => item)
      .map("limited", (item) => service.answer(item), { policy: limit, concurrencyLimit: 3 });
    const run = pipeline.run(range(3));
    const metrics = run.metrics[Symbol.asyncIterator]();
    const result = watch(collect(run));
    const snapshot = watch(metrics.next());
    await clock.advance(50);
    assertEquals(run.metadata().steps[1]?.policy, {
      waitingCount: 2,
      waitedCount: 2,
      waitedMs: 0,
    });
    await clock.advance(1_000);

    assertEquals(result.state, "resolved");
    const last = run.metadata();
    assertEquals("policy" in last.steps[0]!, false);
    assertEquals(last.steps[1]?.policy, { waitingCount: 0, waitedCount: 2, waitedMs: 300 });
    assertEquals(snapshot.value?.value.steps[1]?.policy, last.steps[1]?.policy);
    await metrics.return?.();
  });
});

test("a function that answers at once does so with a policy that lets it begin", () => {
  const order: string[] = [];
  const items = start.map("s", (item) => item, { policy: semaphore(1) })
    .tap("seen", (item) => void order.push(`item ${item}`))
    .executeForEach(range(3), () => {});
  order.push("returned");

  assertEquals(order, ["item 0", "item 1", "item 2", "returned"]);
  return items;
});

test("an item whose run is aborted when it is its turn is not worked on", async () => {
  const places = semaphore(1);
  const controller = new AbortController();
  const other = createDeferred<void>();
  const worked: number[] = [];
  const held = places.run(() => other.promise);
  const result = watch(
    start.map("s", (item) => worked.push(item), { policy: places })
      .executeToArray([1], { signal: controller.signal }),
  );
  await settle();
  // The policy gets the end first, and lets the item have its turn.
  other.promise.then(() => controller.abort(new Error("enough")));
  other.resolve();
  await held;
  await settle();

  assertEquals([result.state, worked, places.metrics.startedCount], ["rejected", [], 2]);
  assertEquals(places.metrics.runningCount, 0);
});

test("[L9] a policy that is none is refused when the stage is built", () => {
  const message = "policy must be a policy such as semaphore(8), got";
  for (const given of [{}, 500, "provider", null, () => {}]) {
    const options = { policy: given } as unknown as StageOptions<number>;
    assertThrows(() => start.map("s", (item) => item, options), TypeError, message);
    assertThrows(() => start.add("s", ({ input }) => input, options), TypeError, message);
  }
  const options = { concurrencyLimit: rateLimit({ limit: 1, intervalMs: 1 }) } as unknown;
  assertThrows(
    () => start.map("s", (item) => item, options as StageOptions<number>),
    TypeError,
    "its concurrencyLimit is a policy without a limit: give it as policy",
  );
});

test("the type of a policy's input must be that of the items", () => {
  const words = rateLimit({ limit: 9, intervalMs: 9, cost: (word: string) => word.length });
  const both = policy(words, semaphore(3));

  // @ts-expect-error the policy looks at texts, and the items are numbers
  start.map("s", (item) => item, { policy: words });
  // @ts-expect-error the same, in one of several
  start.filter("s", () => true, { policy: both });
  StreamingPipeline.start<string>().map("s", (word) => word, { policy: both });
  Pipeline.start<string[]>().map("s", (word) => word, { policy: both });
  // @ts-expect-error the items of the list are numbers
  Pipeline.start<number[]>().map("s", (item) => item, { policy: both });
  const loose: StageOptions = { policy: semaphore(3) };
  start.map("s", (item) => item, loose);
});

test("retries of items that share a policy wait together for what a service has asked", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 100, intervalMs: 10 });
    let isBusy = true;
    const work = (item: number) => {
      service.answer(item);
      if (item !== 1 || !isBusy) return Promise.resolve(item);
      isBusy = false;
      return Promise.reject(httpError(429, { "retry-after": "5" }));
    };
    const options = { retry: { maxAttempts: 2, backoffMs: 1 }, policy: limit };
    const result = watch(start.map("s", work, options).executeToArray(range(4)));
    const other = watch(
      StreamingPipeline.start<number>().delay("later", 10).map("s", work, options)
        .executeToArray([7]),
    );
    await clock.advance(1e4);

    assertEquals([result.state, other.state], ["resolved", "resolved"]);
    assertEquals(service.times.slice(0, 2), [0, 0]);
    assertLessOrEqual(5_000, Math.min(...service.times.slice(2)));
  });
});

test("a policy in the place of a run's own limit never hangs a run that fails", async () => {
  const places = semaphore(2);
  const pipeline = start.map("s", async (item) => {
    await settle();
    if (item === 3) throw new Error("no");
    return item;
  }, { concurrencyLimit: places });

  await assertRejects(() => pipeline.executeToArray(range(20)), StreamingError);
  assertEquals([places.metrics.runningCount, places.metrics.waitingCount], [0, 0]);
});

test("a service that allows 20 calls in 500 ms and fails twice for each item gets no more than that", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const tries = new Map<number, number>();
    const call = (id: number) => {
      service.answer(id);
      const attempt = (tries.get(id) ?? 0) + 1;
      tries.set(id, attempt);
      if (attempt < 3) throw httpError(503);
      return id;
    };
    const rate = { limit: 20, intervalMs: 500 };
    const pipeline = start.map("call", call, {
      concurrencyLimit: 10,
      retry: { maxAttempts: 5, backoffMs: 20 },
      policy: rateLimit(rate),
    });

    const result = watch(pipeline.executeToArray(range(40)));
    await clock.advance(10_000);

    assertEquals(result.value, range(40));
    assertEquals(service.calls.length, 3 * 40);
    assertEquals(findTooMuch(service.times.map((atMs) => [atMs, 1]), rate), undefined);
    // Six times twenty, which the last waits of `retry` make little longer.
    assertLessOrEqual(service.times.at(-1)!, 2_500 + 500);
  });
});
