// The deadline of a stop: what runs is aborted and abandoned, what is finished comes out.

import { assert, assertEquals } from "@std/assert";
import { type PipelineRun, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../support/balance.ts";
import { CallProbe } from "../support/call_probe.ts";
import { type FakeClock, withFakeClock } from "../support/fake_clock.ts";
import { SourceProbe } from "../support/source_probe.ts";
import { settle, until, watch } from "../support/turns.ts";
import { ENDS } from "./_ends.ts";
import {
  ABORTABLE_ROWS,
  type AnyPipeline,
  ASYNC_ROWS,
  findRow,
  KEY,
  range,
  type Row,
} from "./_rows.ts";

const DEADLINE_MS = 50;
const CLOSE_MS = 70;

const start = () => StreamingPipeline.start<number>();
const forever = () => new Promise<never>(() => {});

async function readInto(seen: unknown[], run: AsyncIterable<unknown>): Promise<void> {
  for await (const item of run) seen.push(item);
}

/** A run whose calls do not end by themselves, as it is when its deadline comes. */
async function startHeldRun(row: Row, calls: CallProbe) {
  const probe = new SourceProbe("an async generator");
  const run = row.build(calls).run(probe.source, { closeTimeoutMs: CLOSE_MS });
  const seen: unknown[] = [];
  const reading = watch(readInto(seen, run));
  await until("a call is held", () => calls.held.length > 0);
  await settle();
  const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
  await settle();
  return { probe, run, seen, reading, stopping };
}

function readStep(run: PipelineRun<unknown>, key: string = KEY) {
  const step = run.metadata().steps.find((step) => step.key === key)!;
  expectBalance(step);
  return step;
}

for (const row of ABORTABLE_ROWS) {
  test(`[L5] [L14] ${row.title} that is stopped aborts its calls at the deadline, and abandons them`, () =>
    withFakeClock(async (clock) => {
      const calls = new CallProbe({ hold: (index) => index > 0 });
      const { probe, run, seen, reading, stopping } = await startHeldRun(row, calls);
      const inFlight = calls.running;

      await clock.advance(DEADLINE_MS - 1);
      const before = [calls.aborted, reading.state, stopping.state];
      await clock.advance(1);

      assertEquals(before, [0, "pending", "pending"]);
      assertEquals([reading.state, stopping.state], ["resolved", "resolved"]);
      assertEquals([calls.running, clock.waiting], [0, 0]);
      assertEquals(calls.aborted, inFlight);
      const step = readStep(run);
      assert(step.abandonedCount >= 1 && step.errorCount === 0);
      assertEquals([step.inFlightCount, step.outputCount], [0, seen.length]);
      assertEquals([run.metadata().status, run.metadata().error], ["stopped", undefined]);
      assertEquals(probe.closed, 1);
    }));
}

for (const row of ASYNC_ROWS) {
  test(`[L5] [L14] ${row.title} that is stopped lets go of calls that ignore their signal`, () =>
    withFakeClock(async (clock) => {
      const calls = new CallProbe({ hold: (index) => index > 0, obeys: false });
      const { run, seen, reading, stopping } = await startHeldRun(row, calls);
      const inFlight = calls.running;

      await clock.advance(DEADLINE_MS + CLOSE_MS - 1);
      const before = stopping.state;
      await clock.advance(1);

      assertEquals([before, stopping.state, reading.state], ["pending", "resolved", "resolved"]);
      assertEquals([calls.running, clock.waiting], [inFlight, 0]);
      const step = readStep(run);
      assert(step.abandonedCount >= 1 && step.errorCount === 0);
      assertEquals([step.inFlightCount, step.outputCount], [0, seen.length]);
      assertEquals(run.metadata().status, "stopped");
      const count = seen.length;
      calls.releaseAll();
      await settle();
      assertEquals(seen.length, count);
    }));
}

/** What stands behind a stage whose calls hang, and must come out of it when it is let go. */
function keepBehind(pipeline: AnyPipeline, stored: unknown[][]): AnyPipeline {
  return pipeline
    .batch("insert", 1_000)
    .map("store", async (batch, _, { signal }) => {
      await undefined;
      signal.throwIfAborted();
      stored.push(batch as unknown[]);
      return batch;
    });
}

/** A stage of which one call of ten hangs, and what stands around it. */
interface Hanging {
  readonly name: string;
  readonly build: (work: (item: number) => unknown) => AnyPipeline;
  /** Where it is not one item that the figures of the run show as abandoned. */
  readonly abandoned?: number;
}

const PARALLEL = { concurrencyLimit: 10 };
const UNORDERED = { ...PARALLEL, ordered: false };

const HANGING: readonly Hanging[] = [
  { name: "parallel", build: (work) => start().map("work", work, PARALLEL) },
  { name: "parallel and unordered", build: (work) => start().map("work", work, UNORDERED) },
  // What has been read of the others has come out, and not whether there is more.
  {
    name: "generators",
    build: (work) =>
      start().flatMap("work", async function* (item) {
        yield await work(item);
      }, PARALLEL),
    abandoned: 7,
  },
  {
    name: "generators, unordered",
    build: (work) =>
      start().flatMap("work", async function* (item) {
        yield await work(item);
      }, UNORDERED),
  },
  {
    name: "mapPartitioned",
    build: (work) => start().mapPartitioned("work", (item) => item, work, PARALLEL),
  },
  // The figures are those of the run, and not of the pipelines inside.
  {
    name: "groups",
    build: (work) =>
      start().groupBy("work", (item) => item, (group) => group.map("inner", work), PARALLEL),
    abandoned: 0,
  },
  {
    name: "in a branch",
    build: (work) => start().fanOut("work", { all: (items) => items.map("in", work, PARALLEL) }),
    abandoned: 0,
  },
  {
    name: "before a checkpoint",
    build: (work) => start().map("work", work, PARALLEL).checkpoint("all"),
  },
  {
    name: "before a step",
    build: (work) =>
      start().map("work", work, PARALLEL).add("step", async function* ({ input }) {
        yield* input;
      }),
  },
  {
    name: "before a transform",
    build: (work) =>
      start().map("work", work, PARALLEL).through("same", () => new TransformStream()),
  },
  {
    name: "before groups",
    build: (work) =>
      start().map("work", work, PARALLEL)
        .groupBy("groups", () => 0, (group) => group.batch("inner", 100).flatten("items")),
  },
];

const GOOD = [0, 1, 2, 4, 5, 6, 7, 8, 9];

/** Runs ten items, one of which hangs, and stops. */
async function stopWithOneHanging(
  clock: FakeClock,
  build: (work: (item: number) => unknown) => AnyPipeline,
  hang: () => Promise<unknown>,
) {
  const stored: unknown[][] = [];
  let finished = 0;
  const work = (item: number) =>
    item === 3 ? hang() : Promise.resolve(item).finally(() => finished++);
  const run = keepBehind(build(work), stored).run(range(10), { closeTimeoutMs: CLOSE_MS });
  const seen: unknown[] = [];
  const reading = watch(readInto(seen, run));
  await until("the others are done", () => finished === 9);
  await settle();
  const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
  await clock.advance(DEADLINE_MS);
  return { stored, seen, reading, stopping, run };
}

for (const { name, build, abandoned = 1 } of HANGING) {
  test(`[L4] [L14] what is finished is stored when one call hangs at the deadline: ${name}`, () =>
    withFakeClock(async (clock) => {
      const { stored, seen, reading, stopping, run } = await stopWithOneHanging(
        clock,
        build,
        forever,
      );

      const sorted = (batch: unknown[]) => batch.toSorted((a, b) => Number(a) - Number(b));
      assertEquals(stored.map(sorted), [GOOD]);
      assertEquals(seen, stored);
      await clock.advance(CLOSE_MS);
      assertEquals([reading.state, stopping.state, clock.waiting], ["resolved", "resolved", 0]);
      const { status, steps } = run.metadata();
      steps.forEach((step) => expectBalance(step));
      const counted = steps.reduce((sum, { abandonedCount }) => sum + abandonedCount, 0);
      assertEquals([status, counted], ["stopped", abandoned]);
    }));
}

/** Sequential stages that hang, with the item that hangs as their last. */
const STUCK: Readonly<Record<string, (hang: () => Promise<unknown>) => AnyPipeline>> = {
  "a function": (hang) =>
    start().batch("pairs", 2).map("stuck", (_, index) => index < 2 ? 0 : hang()),
  "an iterable": (hang) =>
    start().batch("pairs", 2).flatMap("stuck", async function* (_, index) {
      yield 0;
      if (index >= 2) yield await hang();
    }),
  "a function that returns an iterable": (hang) =>
    start().batch("pairs", 2).flatMap(
      "stuck",
      (_, index) => index < 2 ? [0] : hang() as Promise<number[]>,
    ),
  "a step": (hang) =>
    start().batch("pairs", 2).add("stuck", async function* ({ input }) {
      let count = 0;
      for await (const _ of input) yield count++ < 2 ? 0 : await hang();
    }),
  "a transform": (hang) =>
    start().batch("pairs", 2).through("stuck", () => {
      let count = 0;
      return new TransformStream<number[], number>({
        async transform(_, controller) {
          if (count++ >= 2) await hang();
          controller.enqueue(0);
        },
      });
    }),
  "a weighed batch": (hang) =>
    start().batch("stuck", {
      size: 3,
      maxWaitMs: 1_000_000,
      maxWeight: 1_000,
      weigh: (item) => item < 6 ? Promise.resolve(1) : hang() as Promise<number>,
    }),
  "a key": (hang) =>
    start().groupBy(
      "stuck",
      (item) => item < 6 ? Promise.resolve(0) : hang(),
      (group) => group.batch("inner", 3),
    ),
  "a sequential function in a group": (hang) =>
    start().groupBy(
      "stuck",
      () => 0,
      (group) => group.map("inner", (item) => item === 6 ? hang() : item),
    ),
  "another source": (hang) =>
    start().batch("pairs", 2).zipWith("stuck", async function* () {
      yield 0;
      yield 0;
      yield await hang();
    }),
};

for (const [name, build] of Object.entries(STUCK)) {
  for (const obeys of [true, false]) {
    const how = obeys ? "ends with its signal" : "ignores its signal";
    test(`[L4] [L14] what came before comes out at the deadline: ${name} that ${how}`, () =>
      withFakeClock(async (clock) => {
        const stored: unknown[][] = [];
        let isHanging = false;
        const controller = new AbortController();
        const hang = () => {
          isHanging = true;
          return new Promise<never>((_, reject) => {
            if (obeys) controller.signal.addEventListener("abort", () => reject(new Error("over")));
          });
        };
        const probe = new SourceProbe("an async generator");
        const run = keepBehind(build(hang), stored).run(probe.source, { closeTimeoutMs: CLOSE_MS });
        const reading = watch(readInto([], run));
        await until("it hangs", () => isHanging);
        await settle();
        assertEquals(stored, []);

        const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
        // As the function would hear it from its own signal, which not every one of them has.
        const atDeadline = clock.schedule(() => controller.abort(), DEADLINE_MS);
        await clock.advance(DEADLINE_MS);
        atDeadline();

        assertEquals(stored.length, 1);
        assert(stored[0]!.length >= 2, `${stored[0]}`);
        await clock.advance(CLOSE_MS);
        assertEquals([reading.state, stopping.state, clock.waiting], ["resolved", "resolved", 0]);
        const { status, steps, error } = run.metadata();
        steps.forEach((step) => expectBalance(step));
        assertEquals([status, error, probe.closed], ["stopped", undefined, 1]);
      }));
  }
}

/** Stages that keep items when item 6 hangs, and what comes out of them then. */
const KEEPING: Readonly<
  Record<string, readonly [(work: (item: number) => Promise<unknown>) => AnyPipeline, unknown]>
> = {
  "batch() by weight": [
    (work) =>
      start().batch("kept", { size: 4, maxWeight: 99, weigh: (item) => work(item).then(() => 1) }),
    [[0, 1, 2, 3], [4, 5]],
  ],
  "batch() by weight and time": [
    (work) =>
      start().batch("kept", {
        size: 4,
        maxWaitMs: 1_000_000,
        maxWeight: 99,
        weigh: (item) => work(item).then(() => 1),
      }),
    [[0, 1, 2, 3], [4, 5]],
  ],
  "batchUntil()": [
    (work) => start().batchUntil("kept", (item) => work(item).then(() => item === 3)),
    [[0, 1, 2, 3], [4, 5]],
  ],
  "windowTime() by event time": [
    (work) =>
      start().windowTime("kept", { sizeMs: 4, timestamp: (item) => work(item).then(() => item) })
        .map("items", ({ items }) => items),
    [[0, 1, 2, 3], [4, 5]],
  ],
  "fold()": [
    (work) => start().fold("kept", (sum: number, item) => work(item).then(() => sum + item), 0),
    [15],
  ],
  "scan()": [
    (work) => start().scan("kept", (sum: number, item) => work(item).then(() => sum + item), 0),
    [0, 1, 3, 6, 10, 15],
  ],
};

for (const [name, [build, expected]] of Object.entries(KEEPING)) {
  for (const how of ["answers late", "fails", "ignores its signal"]) {
    test(`[L4] [L14] ${name} emits what it keeps when its call at the deadline ${how}`, () =>
      withFakeClock(async (clock) => {
        const stored: unknown[][] = [];
        const held = createDeferred<void>();
        let isHanging = false;
        const work = (item: number) => {
          isHanging ||= item === 6;
          return item === 6 ? held.promise : Promise.resolve();
        };
        const run = keepBehind(build(work), stored)
          .run(new SourceProbe("an async generator").source, { closeTimeoutMs: CLOSE_MS });
        const reading = watch(readInto([], run));
        await until("it hangs", () => isHanging);
        await settle();

        const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
        clock.schedule(() => {
          if (how === "answers late") held.resolve();
          if (how === "fails") held.reject(new Error("aborted, it says"));
        }, DEADLINE_MS);
        await clock.advance(DEADLINE_MS);

        assertEquals(stored, [expected]);
        const step = readStep(run, "kept");
        assertEquals([step.abandonedCount, step.inFlightCount, step.errorCount], [1, 0, 0]);
        await clock.advance(CLOSE_MS);
        assertEquals([reading.state, stopping.state, clock.waiting], ["resolved", "resolved", 0]);
      }));
  }
}

for (const row of ["map() async", "map() parallel 16"].map(findRow)) {
  for (const end of ENDS) {
    test(`[L5] ${end.name} of ${row.title} does not reject at the deadline of its stop`, () =>
      withFakeClock(async (clock) => {
        for (const obeys of [true, false]) {
          const calls = new CallProbe({ hold: (index) => index > 1, obeys });
          const probe = new SourceProbe("an async generator");
          const controller = new AbortController();
          const seen: unknown[] = [];
          const running = watch(
            end.run(row.build(calls), probe.source, (item) => seen.push(item), {
              stop: controller.signal,
              closeTimeoutMs: CLOSE_MS,
            }),
          );
          await until("a call is held", () => calls.held.length > 0);
          await settle();

          controller.abort();
          await clock.advance(CLOSE_MS - 1);
          const before = running.state;
          await clock.advance(1);
          const after = running.state;
          await clock.advance(CLOSE_MS);

          assertEquals([before, after], ["pending", obeys ? "resolved" : "pending"]);
          assertEquals([running.state, clock.waiting, probe.closed], ["resolved", 0, 1]);
          assertEquals(seen, row.model([0, 1]));
          calls.releaseAll();
        }
      }));
  }
}

test("[L5] a reducer that never ends is let go with the value so far", () =>
  withFakeClock(async (clock) => {
    const controller = new AbortController();
    const probe = new SourceProbe("an async generator");
    const folded = watch(
      start().executeReduce(
        probe.source,
        (count, item) => item < 2 ? Promise.resolve(count + 1) : forever(),
        0,
        { stop: controller.signal, closeTimeoutMs: CLOSE_MS },
      ),
    );
    await settle();

    controller.abort();
    await clock.advance(2 * CLOSE_MS - 1);
    const before = folded.state;
    await clock.advance(1);

    assertEquals([before, folded.state, folded.value], ["pending", "resolved", 2]);
    assertEquals([clock.waiting, probe.closed], [0, 1]);
  }));

test("[L5] a slow reader gets all until its time is over, and then the end", () =>
  withFakeClock(async (clock) => {
    const run = start().map("work", (item) => Promise.resolve(item), { concurrencyLimit: 8 })
      .run(new SourceProbe("an async generator").source, { closeTimeoutMs: 100 });
    const items = run[Symbol.asyncIterator]();
    await items.next();
    await settle();

    const stopping = watch(run.stop({ deadlineMs: 100 }));
    const seen: unknown[] = [];
    for (let round = 0; round < 25; round++) {
      await clock.advance(10);
      const result = await items.next();
      if (!result.done) seen.push(result.value);
    }

    assertEquals(seen, range(9).slice(1));
    assertEquals([stopping.state, run.metadata().status], ["resolved", "stopped"]);
  }));

test("[L4] a step gets the end of its input, and may give more", () =>
  withFakeClock(async (clock) => {
    const probe = new SourceProbe("an async generator", { silentAfter: 3 });
    const run = start().add("sum", async function* ({ input }) {
      let sum = 0;
      for await (const item of input) yield sum += item;
      yield `in all ${sum}`;
    }).run(probe.source);
    const seen: unknown[] = [];
    const reading = watch(readInto(seen, run));
    await settle();

    await run.stop();
    await settle();

    assertEquals(seen, [0, 1, 3, "in all 3"]);
    assertEquals([reading.state, clock.waiting, probe.closed], ["resolved", 0, 1]);
  }));

test("[L5] no deadline, and no time at all, are deadlines", () =>
  withFakeClock(async (clock) => {
    for (const deadlineMs of [0, 0.5, 1e12]) {
      const calls = new CallProbe({ hold: true });
      const run = start().map("work", calls.wrap((item) => item, true)).run(range(3));
      const reading = watch(readInto([], run));
      await settle();

      const stopping = watch(run.stop({ deadlineMs }));
      await clock.advance(deadlineMs);

      assertEquals([reading.state, stopping.state, calls.aborted], ["resolved", "resolved", 1]);
      assertEquals(clock.waiting, 0);
    }
  }));
