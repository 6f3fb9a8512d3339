// What becomes of the work in groups and branches when something else fails: the source, an earlier
// stage, what names an item's group, or another group.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { type PipelineRun, StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { readOutcome } from "./_outcome.ts";

type Numbers = StreamingPipeline<number, number>;
type Inner = (items: Numbers) => StreamingPipeline<number, unknown>;

const FAILURE = new Error("broken");
const start = (): Numbers => StreamingPipeline.start<number>();

/** The stages with pipelines inside, which work on several items at a time. */
const HOSTS: Readonly<
  Record<string, (before: Numbers, inner: Inner) => StreamingPipeline<number, unknown>>
> = {
  "groupBy()": (before, inner) => before.groupBy("stage", (item) => item % 2, inner),
  "partition()": (before, inner) =>
    before.partition("stage", (item) => item % 2 === 0, inner, inner),
  "route()": (before, inner) =>
    before.route("stage", (item) => item % 2 === 0 ? "even" : "odd", { even: inner, odd: inner }),
  "fanOut()": (before, inner) =>
    before.fanOut("stage", {
      even: (items) => inner(items.filter("even", (item) => item % 2 === 0)),
      odd: (items) => inner(items.filter("odd", (item) => item % 2 === 1)),
    }),
};

/** A source of 0, 1 and 2 that then waits, and fails. */
class FailingSource {
  readonly #failing = createDeferred<void>();

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    yield* [0, 1, 2];
    await this.#failing.promise;
    throw FAILURE;
  }

  fail(): void {
    this.#failing.resolve();
  }
}

/** Work on the items over 1 that ends when it is aborted; it keeps what it is given. */
class Work {
  begun = 0;
  readonly reasons: unknown[] = [];

  readonly call = (item: number, _: number, { signal }: { signal: AbortSignal }) =>
    item < 2 ? item : this.#wait(signal);

  #wait(signal: AbortSignal): Promise<number> {
    this.begun++;
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        this.reasons.push(signal.reason);
        reject(signal.reason);
      });
    });
  }
}

/** The ways to work in a group, and to keep what was made before. */
const INNERS: Readonly<Record<string, (work: Work) => Inner>> = {
  "in a function": (work) => (items) => items.map("work", work.call).batch("kept", 9),
  "in a function before a timed batch": (work) => (items) =>
    items.map("work", work.call).batch("kept", { size: 9, maxWaitMs: 3_600_000 }),
  "in a function before a checkpoint": (work) => (items) =>
    items.map("work", work.call).checkpoint("all").batch("kept", 9),
  "side by side": (work) => (items) =>
    items.map("work", work.call, { concurrencyLimit: 2 }).batch("kept", 9),
  "side by side, unordered": (work) => (items) =>
    items.map("work", work.call, { concurrencyLimit: 2, ordered: false }).batch("kept", 9),
  "in an iterable": (work) => (items) =>
    items.flatMap("work", async function* (item, index, context) {
      yield await work.call(item, index, context);
    }).batch("kept", 9),
  "in a step": (work) => (items) =>
    items.add("work", async function* ({ input, signal }) {
      for await (const item of input) yield await work.call(item, 0, { signal });
    }).batch("kept", 9),
  "with retry": (work) => (items) =>
    items.map("work", work.call, { retry: { maxAttempts: 9, backoffMs: 0 } }).batch("kept", 9),
  "in groups of its own": (work) => (items) =>
    items.groupBy("inner", () => "all", (inner) => inner.map("work", work.call)).batch("kept", 9),
  "in branches of its own": (work) => (items) =>
    items.fanOut("inner", { only: (inner) => inner.map("work", work.call) }).batch("kept", 9),
};

for (const [host, build] of Object.entries(HOSTS)) {
  for (const [how, createInner] of Object.entries(INNERS)) {
    test(`[L6] ${host} aborts what is worked on ${how} when the source fails, and emits what is kept`, async () => {
      const work = new Work();
      const source = new FailingSource();
      const run = build(start(), createInner(work)).run(source);
      const reading = readOutcome(run);
      await until("an item is worked on", () => work.begun === 1);
      await settle();

      source.fail();
      const { items, error } = await reading;

      assertInstanceOf(error, StreamingError);
      assertEquals([error.key, error.cause, error.suppressed], ["source", FAILURE, []]);
      assertEquals([items.toSorted(), work.reasons], [[[0], [1]], [error]]);
      expectAbandoned(run);
    });
  }

  test(`[L4] what is worked on in ${host} sees why the run is aborted`, async () => {
    const work = new Work();
    const controller = new AbortController();
    const pipeline = build(start(), INNERS["in a function"]!(work));
    const { signal } = controller;
    const reading = readOutcome(pipeline.execute(new FailingSource(), { signal }));
    await until("an item is worked on", () => work.begun === 1);

    controller.abort(FAILURE);

    assertEquals([await reading, work.reasons], [{ items: [], error: FAILURE }, [FAILURE]]);
  });

  test(`[L6] ${host} aborts what is worked on when an earlier stage fails`, async () => {
    const work = new Work();
    const failing = createDeferred<void>();
    const before = start().map("before", async (item) => {
      if (item < 3) return item;
      await failing.promise;
      throw FAILURE;
    });
    const reading = readOutcome(
      build(before, INNERS["in a function"]!(work)).execute([0, 1, 2, 3]),
    );
    await until("an item is worked on", () => work.begun === 1);

    failing.resolve();
    const { items, error } = await reading;

    assertInstanceOf(error, StreamingError);
    assertEquals([error.key, error.cause], ["before", FAILURE]);
    assertEquals([items.toSorted(), work.reasons], [[[0], [1]], [error]]);
  });

  test(`[L6] ${host} fails with the first failure in time, and keeps the later ones with it`, async () => {
    const later = new Error("later");
    const source = new FailingSource();
    const answer = createDeferred<number>();
    let begun = 0;
    const pipeline = build(
      start(),
      (items) => items.map("work", (item) => item < 2 ? item : (begun++, answer.promise)),
    );
    const reading = readOutcome(pipeline.execute(source));
    await until("an item is worked on", () => begun === 1);

    source.fail();
    await settle();
    answer.reject(later);
    const { items, error } = await reading;

    assertInstanceOf(error, StreamingError);
    assertEquals([items, error.key, error.cause], [[0, 1], "source", FAILURE]);
    assertEquals(
      error.suppressed.map((
        each,
      ) => [(each as StreamingError).key, (each as StreamingError).cause]),
      [["work", later]],
    );
  });

  test(`[L5] ${host} abandons work that ignores its signal when the source has failed`, async () => {
    await new TestClock().use(async (clock) => {
      const source = new FailingSource();
      let begun = 0;
      const pipeline = build(
        start(),
        (items) =>
          items.map("work", (item) => item < 2 ? item : (begun++, new Promise<number>(() => {})))
            .batch("kept", 9),
      );
      const reading = watch(readOutcome(pipeline.execute(source, { closeTimeoutMs: 100 })));
      await until("an item is worked on", () => begun === 1);

      source.fail();
      await clock.advance(99);
      assertEquals(reading.state, "pending");
      await clock.advance(1);

      assertEquals(reading.value?.items.toSorted(), [[0], [1]]);
      assertEquals((reading.value?.error as StreamingError).key, "source");
      assertEquals(clock.timerCount, 0);
    });
  });

  test(`[L6] ${host} aborts all other work when one of its pipelines fails`, async () => {
    const work = new Work();
    const failing = createDeferred<number>();
    const pipeline = build(start(), (items) =>
      items.map("work", (item, index, context) => {
        if (item === 3) return failing.promise;
        return work.call(item, index, context);
      }));
    const run = pipeline.run([0, 1, 2, 3]);
    const items = run[Symbol.asyncIterator]();
    assertEquals((await items.next()).value, 0);
    assertEquals((await items.next()).value, 1);
    const waiting = watch(items.next());
    await until("an item is worked on", () => work.begun === 1);

    failing.reject(FAILURE);
    await settle();

    assertEquals([waiting.state, work.reasons.length], ["rejected", 1]);
    const error = waiting.error as StreamingError;
    assertEquals([error.key, (error.cause as StreamingError).cause], ["stage", FAILURE]);
    expectAbandoned(run, 1);
  });
}

for (const ordered of [true, false]) {
  test(`[L6] work ${ordered ? "in order" : "in any order"} that goes on while no read is pending is aborted at the next read`, async () => {
    const work = new Work();
    const source = new FailingSource();
    const first = createDeferred<number>();
    const pipeline = start().groupBy(
      "stage",
      () => "all",
      (items) =>
        items.map("work", (item, index, context) => {
          return index === 0 ? first.promise : work.call(item, index, context);
        }, { concurrencyLimit: 4, ordered }),
    );
    const items = pipeline.execute(source);
    const waiting = items.next();
    await until("an item is worked on", () => work.begun === 1);
    first.resolve(0);
    const { value } = await waiting;

    source.fail();
    await settle();
    const { items: rest, error } = await readOutcome(items);

    assertEquals([value, ...rest], ordered ? [0, 1] : [1, 0]);
    assertEquals((error as StreamingError).key, "source");
    assertEquals(work.reasons, [error]);
  });
}

test("[L6] groupBy() aborts all other work as soon as a group fails, also while no read is pending", async () => {
  const answers = [createDeferred<number>(), createDeferred<number>()];
  const reasons: unknown[] = [];
  const pipeline = start().groupBy(
    "stage",
    (item) => item,
    (group) =>
      group.map("work", (item, _, { signal }) => {
        signal.addEventListener("abort", () => reasons.push(signal.reason));
        return answers[item]?.promise ?? new Promise<number>(() => {});
      }),
  );
  const items = pipeline.execute([0, 1, 2], { closeTimeoutMs: 0 });
  const first = items.next();
  await settle();
  answers[0]!.resolve(0);
  assertEquals((await first).value, 0);

  answers[1]!.reject(FAILURE);
  await settle();

  assertEquals(reasons.length, 2);
  const { error } = await readOutcome(items);
  assertInstanceOf(error, StreamingError);
  assertEquals([error.key, error.suppressed], ["stage", []]);
  assert(reasons.includes(error));
});

test("[L6] a failing key aborts the work of the groups, and what fails then goes with it", async () => {
  const answer = createDeferred<number>();
  const later = new Error("later");
  const pipeline = start().groupBy("stage", (item) => {
    if (item === 1) throw FAILURE;
    return item;
  }, (group) => group.map("work", () => answer.promise));
  const reading = readOutcome(pipeline.execute([0, 1]));
  await settle();

  answer.reject(later);
  const { error } = await reading;

  assertInstanceOf(error, StreamingError);
  assertEquals([error.key, error.cause, error.itemIndex], ["stage", FAILURE, 1]);
  assertEquals(error.suppressed.map((each) => (each as StreamingError).cause), [later]);
});

test("[L6] a sink that fails when the source has failed goes with that, and the run ends", async () => {
  const source = new FailingSource();
  const sunk = createDeferred<void>();
  const later = new Error("later");
  const pipeline = start().fanOut("stage", {
    sunk: { build: (items) => items, to: () => sunk.promise, bufferSize: 9 },
    other: (items) => items.batch("kept", 9),
  });
  const reading = readOutcome(pipeline.execute(source));
  await settle();

  source.fail();
  await settle();
  sunk.reject(later);
  const { items, error } = await reading;

  assertInstanceOf(error, StreamingError);
  assertEquals([items.flat(), error.key, error.suppressed], [[0, 1, 2], "source", [later]]);
});

/** Items that were given up count neither as dropped nor as failed, and none is in flight. */
function expectAbandoned(run: PipelineRun<unknown>, failed = 0): void {
  const stage = run.metadata().steps.find(({ key }) => key === "stage")!;
  expectBalance(stage);
  assertEquals([stage.droppedCount, stage.errorCount, stage.inFlightCount], [0, failed, 0]);
}
