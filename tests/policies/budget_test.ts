import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  createStreamingStep,
  Pipeline,
  retrySource,
  type StageOptions,
  StreamingPipeline,
} from "../../mod.ts";
import {
  budget,
  type BudgetMetrics,
  type BudgetOptions,
  policy,
  PolicyError,
  rateLimit,
} from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { collect } from "../support/collect.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { httpError, range, Service } from "./_service.ts";

const start = StreamingPipeline.start<number>();
type Build = (
  work: (item: number) => unknown,
  options: StageOptions<number>,
) => StreamingPipeline<number, unknown>;

const BUILDS: Readonly<Record<string, Build>> = {
  "map()": (work, options) => start.map("s", work, options),
  "map() of a sync function": (work, options) =>
    start.map("s", (item) => (void work(item), item), options),
  "flatMap()": (work, options) => start.flatMap("s", async (item) => [await work(item)], options),
  "tap()": (work, options) => start.tap("s", work, options),
  "a streaming step per item": (work, options) =>
    start.map(
      "s",
      createStreamingStep<number, unknown>("step", async function* ({ input }) {
        for await (const item of input) yield await work(item);
      }),
      options,
    ),
};
const ONE_BY_ONE: typeof BUILDS = {
  "a generator step": (work, options) =>
    start.add("s", async function* ({ input }) {
      for await (const item of input) yield await work(item);
    }, options),
  "scan()": (work, options) =>
    start.scan("s", async (_: unknown, item) => await work(item), 0, options),
};
const MODES: Readonly<Record<string, StageOptions<number>>> = {
  "": {},
  " side by side": { concurrencyLimit: 3 },
  " side by side, as they finish": { concurrencyLimit: 3, ordered: false },
  " with retry": { retry: { maxAttempts: 3, shouldRetry: () => true } },
};
const PLACES = [
  ...Object.entries(BUILDS).flatMap(([name, build]) =>
    Object.entries(MODES).map(([mode, options]) => ({ name: name + mode, build, options }))
  ),
  ...Object.entries(ONE_BY_ONE).flatMap(([name, build]) =>
    [MODES[""]!, MODES[" with retry"]!].map((options) => ({
      name: name + ("retry" in options ? " with retry" : ""),
      build,
      options,
    }))
  ),
];

for (const { name, build, options } of PLACES) {
  test(`budget() stops a run in good order: ${name}`, async () => {
    const service: number[] = [];
    const units = budget({ limit: 5 });
    const work = (item: number) => {
      service.push(item);
      return Promise.resolve(item);
    };
    const probe = new SourceProbe("an async generator");
    const run = build(work, { ...options, policy: units }).batch("pairs", 2).run(probe.source);

    const pairs: unknown[] = [];
    for await (const pair of run) pairs.push(pair);

    assertEquals(pairs, [[0, 1], [2, 3], [4]]);
    assertEquals(service, range(5));
    const { status, steps, error } = run.metadata();
    assertEquals([status, error], ["stopped", undefined]);
    const { inputCount, passedCount, errorCount, abandonedCount, inFlightCount } = steps[0]!;
    assertEquals([passedCount, errorCount, inFlightCount], [5, 0, 0]);
    assertEquals(inputCount, 5 + abandonedCount);
    assertEquals([probe.closed, probe.cleaned], [1, 1]);
    assertEquals(units.metrics.parts[0], {
      kind: "budget",
      limit: 5,
      spent: 5,
      waitingCount: 0,
      runningCount: 0,
      startedCount: 5,
      refusedCount: units.metrics.refusedCount,
    });
  });
}

test("budget() counts what attempts cost, those of retries included", async () => {
  const tries = new Map<number, number>();
  const work = (item: number) => {
    tries.set(item, (tries.get(item) ?? 0) + 1);
    return tries.get(item) === 1 ? Promise.reject(httpError(503)) : Promise.resolve(item);
  };
  const options = { policy: budget({ limit: 7 }), retry: { maxAttempts: 2, backoffMs: 0 } };
  const pipeline = start.map("s", work, { ...options, errorStrategy: "COLLECT_ERRORS" });

  assertEquals(await pipeline.executeToArray(range(9)), [0, 1, 2]);
  const { status, steps } = await pipeline.getMetadata();
  // The last unit went for the first attempt at item 3; there is none for another, so it is given up.
  assertEquals([status, steps[0]?.errorCount, steps[0]?.abandonedCount], ["stopped", 0, 1]);
});

test("budget() lets what it can pay be tried again, whatever was refused before", async () => {
  await new TestClock().use(async (clock) => {
    for (const [limit, items, spent] of [[2, [1], 2], [5, [0, 1], 3]] as const) {
      const service = new Service(clock);
      const units = budget({ limit, cost: (item: number) => item === 2 ? 9 : 1 });
      const work = async (item: number) => {
        const isFirst = !service.inputs.includes(item);
        await service.answerIn(10)(item);
        if (item === 0 && isFirst) throw httpError(503);
        return item;
      };
      const pipeline = start.map("s", work, {
        policy: units,
        concurrencyLimit: 3,
        retry: { maxAttempts: 2, backoffMs: 5, shouldRetry: () => true },
      });
      const result = watch(pipeline.executeToArray(range(9)));
      await clock.advance(1_000);

      // Item 2 is refused while item 0 is tried for the first time.
      assertEquals([result.error, result.value], [undefined, items]);
      const { status, steps } = await pipeline.getMetadata();
      assertEquals([status, steps[0]?.errorCount, steps[0]?.retryCount], ["stopped", 0, 1]);
      assertEquals((units.metrics.parts[0] as BudgetMetrics).spent, spent);
    }
  });
});

test("budget() that is spent stops each run that it is in at its first call, and refuses plain calls", async () => {
  const units = budget({ limit: 2 });
  const pipeline = start.map("s", (item) => item, { policy: units });
  assertEquals(await pipeline.executeToArray(range(9)), [0, 1]);
  assertEquals(await pipeline.executeToArray(range(9)), []);

  let calls = 0;
  const error = await assertRejects(() => units.run(() => calls++), PolicyError);
  assertEquals([error.code, error.retryable, calls], ["BUDGET_SPENT", false, 0]);
});

test("budget() refuses what does not fit, and lets through what does", async () => {
  const units = budget({ limit: 1, cost: (share: number) => share });
  for (const _ of range(10)) await units.run(() => {}, { input: 0.1 });
  await assertRejects(() => units.run(() => {}, { input: 0.1 }), PolicyError);

  const other = budget({ limit: 10, cost: Number });
  await other.run(() => {}, { input: 6 });
  await assertRejects(
    () => other.run(() => {}, { input: 5 }),
    PolicyError,
    "The budget is spent: 6 of 10",
  );
  await other.run(() => {}, { input: 4 });
});

test("budget() holds a limit of billions to the last unit", async () => {
  const bytes = budget({ limit: 4e9, cost: Number });
  await bytes.run(() => "most", { input: 4e9 - 1 });
  await bytes.run(() => "last", { input: 1 });

  await assertRejects(() => bytes.run(() => "one more", { input: 1 }), PolicyError);
});

test("budget() lets what waits for another rule wait, and refuses it when it is its turn", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const units = budget({ limit: 3 });
    const provider = policy(units, rateLimit({ limit: 2, intervalMs: 100 }));
    const pipeline = start.map("s", (item) => service.answer(item), {
      policy: provider,
      concurrencyLimit: 8,
    });
    const result = watch(pipeline.executeToArray(range(9)));
    await clock.advance(1_000);

    assertEquals([result.value, service.times, clock.timerCount], [[0, 1, 2], [0, 0, 100], 0]);
  });
});

test("budget() in the pipelines of groups and branches stops the run that they are in", async () => {
  for (const unitCount of [0, 1, 7]) {
    const units = budget({ limit: unitCount });
    const probe = new SourceProbe("an async generator");
    const run = start
      .groupBy(
        "g",
        (item) => item % 3,
        (group) => group.map("m", async (item) => await item, { policy: units }),
      )
      .run(probe.source);
    const items = [];
    for await (const item of run) items.push(item);

    assertEquals(items.length, unitCount);
    assertEquals([run.metadata().status, probe.closed], ["stopped", 1]);
  }
});

test("budget() fails a list of a batch pipeline, which is no result without all of its items", async () => {
  const units = budget({ limit: 2 });
  const pipeline = Pipeline.start<number[]>().map("s", (item) => item, { policy: units });

  const result = await pipeline.execute(range(4));

  assertEquals(result.success ? undefined : result.error.code, "BUDGET_SPENT");
});

test("budget() fails a source that cannot be opened any more", async () => {
  const retry = { maxAttempts: 9, backoffMs: 0, policy: budget({ limit: 2 }) };
  const source = retrySource(() => Promise.reject(httpError(503)), retry);

  await assertRejects(() => collect(source), PolicyError, "The budget is spent: 2 of 2");
});

test("a failure of another kind fails a run whose budget is spent", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const units = budget({ limit: 2 });
    const work = async (item: number) => {
      await service.answerIn(item === 0 ? 100 : 10)(item);
      if (item === 0) throw new Error("no");
      return item;
    };
    const pipeline = start.map("s", work, { policy: units, concurrencyLimit: 3 });
    const result = watch(pipeline.executeToArray(range(9)));
    await clock.advance(1_000);
    await settle();

    assertEquals([result.state, service.inputs], ["rejected", [0, 1]]);
  });
});

test("[L9] budget() checks its options at once", () => {
  const make = (options: unknown) => () => budget(options as BudgetOptions);

  assertThrows(
    make({ limit: -1 }),
    RangeError,
    "Cannot make a budget: limit must be a finite number",
  );
  assertThrows(make({ limit: Infinity }), RangeError, "limit must be a finite number");
  assertThrows(make({ limit: 1, cost: 1 }), TypeError, "cost must be a function, got 1");
});
