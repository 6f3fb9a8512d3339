// run.metrics: what each stage waits for, so that one can say which is the bottleneck.

import { assertEquals } from "@std/assert";
import { type RunMetrics, type StageMetrics, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";

type Pipeline = StreamingPipeline<number, number, unknown>;

const NEVER: Promise<never> = new Promise(() => {});

const start = (): Pipeline => StreamingPipeline.start<number>();

/** The stages in the first snapshot of a run, whose reader asks for so many items. */
async function lookAt(
  clock: TestClock,
  pipeline: Pipeline,
  source: Iterable<number> | AsyncIterable<number> = [1, 2, 3, 4, 5, 6],
  reads = Infinity,
): Promise<readonly StageMetrics[]> {
  const run = pipeline.run(source as number[], { closeTimeoutMs: 0 });
  const reading = watch((async () => {
    const items = run[Symbol.asyncIterator]();
    for (let left = reads; left > 0 && !(await items.next()).done; left--);
  })());
  const asked = run.metrics[Symbol.asyncIterator]().next();
  await clock.advance(1_000);
  const { steps } = (await asked).value as RunMetrics;
  assertEquals(reading.state, reads === Infinity ? "pending" : "resolved");
  run.abort();
  await clock.advance(1);
  return steps;
}

/** Puts a stage that calls `work` for each item on a pipeline. */
type Append = (pipeline: Pipeline, key: string, work: (item: number) => unknown) => Pipeline;

const answer = async (work: (item: number) => unknown, item: number) => (await work(item), item);

const APPENDS: Readonly<Record<string, Append>> = {
  "map()": (pipeline, key, work) => pipeline.map(key as never, (item) => answer(work, item)),
  "map() parallel": (pipeline, key, work) =>
    pipeline.map(key as never, (item) => answer(work, item), {
      parallel: true,
      concurrencyLimit: 2,
    }),
  "map() parallel unordered": (pipeline, key, work) =>
    pipeline.map(key as never, (item) => answer(work, item), {
      parallel: true,
      concurrencyLimit: 2,
      ordered: false,
    }),
  "flatMap() parallel with a generator": (pipeline, key, work) =>
    pipeline.flatMap(key as never, async function* (item) {
      yield await answer(work, item);
    }, { parallel: true, concurrencyLimit: 2 }),
  "filter()": (pipeline, key, work) =>
    pipeline.filter(key as never, async (item) => (await work(item), true)),
  "a generator step": (pipeline, key, work) =>
    pipeline.add(key as never, async function* ({ input }) {
      for await (const item of input) yield await answer(work, item);
    }),
};

for (const [slowName, appendSlow] of Object.entries(APPENDS)) {
  for (const [quickName, appendQuick] of Object.entries(APPENDS)) {
    test(`run.metrics tells that ${slowName} is the bottleneck between stages of ${quickName}`, async () => {
      await new TestClock().use(async (clock) => {
        const before = appendQuick(start(), "before", () => {});
        const slow = appendSlow(before, "slow", () => NEVER);
        const steps = await lookAt(clock, appendQuick(slow, "after", () => {}));

        assertEquals(steps.map(({ key, stalledOn }) => [key, stalledOn]), [
          ["before", "downstream"],
          ["slow", undefined],
          ["after", "upstream"],
        ]);
      });
    });
  }

  test(`run.metrics tells that a slow source lets ${slowName} wait, and those after it`, async () => {
    await new TestClock().use(async (clock) => {
      async function* silent() {
        yield 1;
        await NEVER;
      }
      const first = appendSlow(start(), "first", () => {});
      const steps = await lookAt(clock, appendSlow(first, "second", () => {}), silent());

      assertEquals(steps.map(({ stalledOn }) => stalledOn), ["upstream", "upstream"]);
    });
  });

  test(`run.metrics tells that a slow reader lets ${slowName} wait, and those before it`, async () => {
    await new TestClock().use(async (clock) => {
      const first = appendSlow(start(), "first", () => {});
      const steps = await lookAt(clock, appendSlow(first, "second", () => {}), undefined, 1);

      assertEquals(steps.map(({ stalledOn }) => stalledOn), ["downstream", "downstream"]);
    });
  });
}

test("run.metrics: inFlightCount and waitingCount tell what works from what waits", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = start()
      .map("ahead", (item) => Promise.resolve(item), { parallel: true, concurrencyLimit: 3 })
      .buffer("buffer", 2)
      .map("slow", async (item) => (await NEVER, item));
    const steps = await lookAt(clock, pipeline, Array(20).fill(0));

    assertEquals(
      steps.map(({ key, inFlightCount, waitingCount }) => [key, inFlightCount, waitingCount]),
      [["ahead", 3, 3], ["buffer", 2, 2], ["slow", 1, 0]],
    );
  });
});

test("run.metrics: what batch and checkpoint keep back is in flight, and waits", async () => {
  await new TestClock().use(async (clock) => {
    async function* silent() {
      yield* [1, 2, 3, 4, 5];
      await NEVER;
    }
    const batched = start().batch("batch", 3) as unknown as Pipeline;
    const gathered = start().checkpoint("gathered") as unknown as Pipeline;
    const [batch] = await lookAt(clock, batched, silent());
    const [checkpoint] = await lookAt(clock, gathered, silent());

    assertEquals([batch!.inputCount, batch!.outputCount, batch!.waitingCount], [5, 1, 2]);
    assertEquals([checkpoint!.inputCount, checkpoint!.inFlightCount, checkpoint!.waitingCount], [
      5,
      5,
      5,
    ]);
  });
});
