// What is finished comes out when something hangs at the deadline of a stop.

import { assert, assertEquals } from "@std/assert";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { CLOSE_MS, DEADLINE_MS, forever, keepAfter, readInto, start } from "./_deadlines.ts";
import { type AnyPipeline, range } from "./_rows.ts";

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
  clock: TestClock,
  build: (work: (item: number) => unknown) => AnyPipeline,
  hang: () => Promise<unknown>,
) {
  const stored: unknown[][] = [];
  let finished = 0;
  const work = (item: number) =>
    item === 3 ? hang() : Promise.resolve(item).finally(() => finished++);
  const run = keepAfter(build(work), stored).run(range(10), { closeTimeoutMs: CLOSE_MS });
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
    new TestClock().use(async (clock) => {
      const { stored, seen, reading, stopping, run } = await stopWithOneHanging(
        clock,
        build,
        forever,
      );

      const sorted = (batch: unknown[]) => batch.toSorted((a, b) => Number(a) - Number(b));
      assertEquals(stored.map(sorted), [GOOD]);
      assertEquals(seen, stored);
      await clock.advance(CLOSE_MS);
      assertEquals([reading.state, stopping.state, clock.timerCount], ["resolved", "resolved", 0]);
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
          // What it throws when its stream is aborted already, workerd reports.
          if (count++ >= 2) await Promise.resolve(hang()).catch(() => {});
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
      new TestClock().use(async (clock) => {
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
        const run = keepAfter(build(hang), stored).run(probe.source, { closeTimeoutMs: CLOSE_MS });
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
        assertEquals([reading.state, stopping.state, clock.timerCount], [
          "resolved",
          "resolved",
          0,
        ]);
        const { status, steps, error } = run.metadata();
        steps.forEach((step) => expectBalance(step));
        assertEquals([status, error, probe.closed], ["stopped", undefined, 1]);
      }));
  }
}

for (const ordered of [true, false]) {
  const order = ordered ? "ordered" : "unordered";
  test(`[L3] [L14] mapPartitioned() ${order} lets nothing overtake what is given up at the deadline`, () =>
    new TestClock().use(async (clock) => {
      const begun: number[] = [];
      const keyOf = (item: number) => Promise.resolve(item % 2);
      const work = (item: number) => {
        begun.push(item);
        return item === 1 ? forever() : Promise.resolve(item);
      };
      const run = start().batch("batch", 5).flatten("items")
        .mapPartitioned("work", keyOf, work, { ordered, concurrencyLimit: 4 })
        .run(new SourceProbe("an async generator", { silentAfter: 8 }).source, {
          closeTimeoutMs: CLOSE_MS,
        });
      const seen: unknown[] = [];
      const reading = watch(readInto(seen, run));
      await until("it hangs", () => begun.includes(1));
      await settle();

      // What the batch keeps, 5 to 7, comes out when the source is closed.
      const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
      await clock.advance(DEADLINE_MS + CLOSE_MS);

      assertEquals([reading.state, stopping.state, clock.timerCount], ["resolved", "resolved", 0]);
      assertEquals([seen, begun], [[0, 2, 4, 6], [0, 1, 2, 4, 6]]);
      const step = run.metadata().steps.at(-1)!;
      expectBalance(step);
      assertEquals([step.inputCount, step.abandonedCount], [8, 4]);
    }));
}

test("[L5] what is abandoned inside a stage is waited for at the end of the run as well", () =>
  new TestClock().use(async (clock) => {
    const held = createDeferred<void>();
    let isRunning = false;
    const step = async function* ({ input }: { input: AsyncIterable<number> }) {
      for await (const item of input) {
        isRunning = true;
        await held.promise;
        isRunning = false;
        yield item;
      }
    };
    const run = start().fanOut("branches", { only: (items) => items.add("step", step) })
      .run(new SourceProbe("an async generator").source, { closeTimeoutMs: CLOSE_MS });
    const reading = watch(readInto([], run));
    await until("it runs", () => isRunning);

    const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
    await clock.advance(DEADLINE_MS + CLOSE_MS - 1);
    const before = [reading.state, stopping.state, isRunning];
    held.resolve();
    await settle();

    assertEquals(before, ["pending", "pending", true]);
    assertEquals([reading.state, stopping.state, isRunning], ["resolved", "resolved", false]);
    assertEquals(clock.timerCount, 0);
  }));
