// A policy in every place that takes one.

import { assertEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  type StageOptions,
  StreamingPipeline,
} from "../../mod.ts";
import { circuitBreaker, rateLimit, semaphore } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { findTooMuch, httpError, range, Service } from "./_service.ts";

type Work = (item: number) => unknown;

const start = StreamingPipeline.start<number>();
const asNumber = (work: Work) => work as (item: number) => number;
const asBoolean = (work: Work) => async (item: number) => (await work(item)) !== undefined;

/** Each stage that calls a function, or a step, for each of its items. */
const STAGES: Readonly<
  Record<string, (work: Work, options: StageOptions<number>) => StreamingPipeline<number, unknown>>
> = {
  map: (work, options) => start.map("s", work, options),
  flatMap: (work, options) => start.flatMap("s", async (item) => [await work(item)], options),
  "flatMap to a generator": (work, options) =>
    start.flatMap("s", async function* (item) {
      yield await work(item);
    }, options),
  filter: (work, options) => start.filter("s", asBoolean(work), options),
  tap: (work, options) => start.tap("s", work, options),
  takeWhile: (work, options) => start.takeWhile("s", asBoolean(work), options),
  skipWhile: (work, options) =>
    start.skipWhile("s", async (item) => (await work(item), true), options).concatWith(
      "c",
      range(9),
    ),
  branch: (work, options) => start.branch("s", (item) => item % 2 === 0, work, work, options),
  "map in batches": (work, options) =>
    start.map("s", async ([item]) => [await work(item!)], {
      ...options as object,
      batch: { size: 1 },
    }),
  "map with a step": (work, options) =>
    start.map("s", createStep("step", ({ input }: { input: number }) => work(input)), options),
  "map with a streaming step": (work, options) =>
    start.map(
      "s",
      createStreamingStep<number, unknown>("step", async function* ({ input }) {
        for await (const item of input) yield await work(item);
      }),
      options,
    ),
};

/** Those whose items go through one at a time. */
const ONE_BY_ONE: typeof STAGES = {
  scan: (work, options) => start.scan("s", (_: number, item) => asNumber(work)(item), 0, options),
  fold: (work, options) =>
    start.fold("s", (_: number, item) => asNumber(work)(item), 0, options).flatMap(
      "all",
      () => range(9),
    ),
  batchUntil: (work, options) => start.batchUntil("s", asBoolean(work), options),
  distinct: (work, options) => start.distinct("s", { by: asNumber(work), ...options }),
  mapPartitioned: (work, options) =>
    start.mapPartitioned("s", () => 0, work, { ordered: true, ...options }),
  "add with a generator": (work, options) =>
    start.add("s", async function* ({ input }) {
      for await (const item of input) yield await work(item);
    }, options),
  "add with a step": (work, options) =>
    start.add("s", createStep("step", ({ input }: { input: number }) => work(input)), options),
};

const MODES: Readonly<Record<string, StageOptions<number>>> = {
  "": {},
  " side by side": { concurrencyLimit: 4 },
  " side by side, as they finish": { concurrencyLimit: 4, ordered: false },
};

const PLACES = [
  ...Object.entries(STAGES).flatMap(([name, build]) =>
    Object.entries(MODES).map(([mode, options]) => ({ name: name + mode, build, options }))
  ),
  ...Object.entries(ONE_BY_ONE).map(([name, build]) => ({ name, build, options: {} })),
];

for (const { name, build, options } of PLACES) {
  test(`${name}: a policy lets each attempt begin, those of retries included`, async () => {
    await new TestClock().use(async (clock) => {
      const service = new Service(clock);
      const rate = { limit: 2, intervalMs: 100 };
      const limit = rateLimit(rate);
      const tries = new Map<number, number>();
      const work = async (item: number) => {
        tries.set(item, (tries.get(item) ?? 0) + 1);
        await service.answerIn(1)(item);
        if (item % 3 === 1 && tries.get(item)! < 3) throw httpError(503);
        return item;
      };
      const pipeline = build(work, {
        ...options,
        policy: limit,
        retry: { maxAttempts: 3, backoffMs: 1 },
      });

      const result = watch(pipeline.executeToArray(range(9)));
      await clock.advance(1e5);

      assertEquals([result.state, result.value?.length], ["resolved", 9]);
      assertEquals(limit.metrics.startedCount, 9 + 2 * 3);
      assertEquals(service.calls.length, 9 + 2 * 3);
      assertEquals(findTooMuch(service.times.map((atMs) => [atMs, 1]), rate), undefined);
      assertEquals([clock.timerCount, limit.metrics.runningCount], [0, 0]);
    });
  });

  test(`[L12] ${name}: a run that is closed leaves nothing that waits for a policy`, async () => {
    await new TestClock().use(async (clock) => {
      const service = new Service(clock);
      const places = semaphore(1);
      const pipeline = build((item) => service.answer(item), { ...options, policy: places });
      const occupied = watch(places.run(() => service.hold("other")));
      for (const how of ["return", "abort"]) {
        const controller = new AbortController();
        const { signal } = controller;
        const items = pipeline.execute(range(9), { signal });
        const first = watch(items.next());
        await settle();
        assertEquals([first.state, places.metrics.waitingCount > 0], ["pending", true]);

        if (how === "return") await items.return();
        else controller.abort(new Error("enough"));
        await settle();

        assertEquals(first.state, how === "return" ? "resolved" : "rejected");
        assertEquals([places.metrics.waitingCount, clock.timerCount], [0, 0]);
      }
      service.release();
      await settle();
      assertEquals([occupied.state, service.inputs], ["resolved", ["other"]]);
    });
  });
}

test("an attempt that a policy refuses counts as one", async () => {
  let calls = 0;
  const refuse = (): never => {
    calls++;
    throw httpError(503);
  };
  const pipeline = start.map("s", refuse, {
    errorStrategy: "COLLECT_ERRORS",
    retry: { maxAttempts: 4, backoffMs: 1, maxBackoffMs: 1 },
    policy: circuitBreaker({ failureRate: 0.5, minimumCalls: 2, openMs: 60_000 }),
  });
  await new TestClock().use((clock) => clock.finish(pipeline.executeToArray([1])));

  const { steps: [step] } = await pipeline.getMetadata();
  assertEquals([calls, step?.retryCount, step?.errors?.[0]?.attempts], [2, 3, 4]);
});
