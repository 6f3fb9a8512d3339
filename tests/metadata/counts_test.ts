// The figures of a stage add up, at every moment and however the run ends.

import { assertEquals } from "@std/assert";
import {
  type AddOptions,
  type PipelineMetadata,
  type StageOptions,
  type StreamingErrorStrategy,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { readOutcome } from "../operators/_outcome.ts";
import { STAGES, waysOf } from "../errors/_stages.ts";

const ITEMS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const start = () => StreamingPipeline.start<number>();

/** Each figure of the stage; fails where one is below zero or they do not add up. */
function figuresOf({ steps }: PipelineMetadata, key = "stage") {
  const stage = steps.find((each) => each.key === key)!;
  expectBalance(stage);
  return stage;
}

for (const row of STAGES) {
  for (const way of waysOf(row)) {
    for (const errorStrategy of ["FAIL_FAST", "SKIP_FAILED"] as const) {
      test(`[L14] ${errorStrategy}: the figures of ${row.name}${way.label} add up after each item and at the end`, async () => {
        const check = (item: number) => {
          if (item === 3) throw new Error("three");
        };
        const pipeline = row.build(check, { ...way.options, errorStrategy }, way.isAsync);
        const run = pipeline.run(ITEMS);
        let outputs = 0;
        await readOutcome((async function* () {
          for await (const item of run) {
            figuresOf(run.metadata());
            assertEquals(run.metadata().outputCount, ++outputs);
            yield item;
          }
        })());
        const figures = figuresOf(run.metadata());

        assertEquals([figures.errorCount, run.metadata().outputCount], [1, outputs]);
        if (errorStrategy === "FAIL_FAST") return;
        assertEquals(figures.inFlightCount, 0);
        // Side by side, takeWhile() has looked at items past its end.
        if (row.until === undefined) assertEquals(figures.abandonedCount, 0);
        assertEquals(figures.outputCount, outputs);
      });
    }
  }
}

type Kind = (
  fail: (item: number) => number,
  errorStrategy: StreamingErrorStrategy,
) => StreamingPipeline<number, number, unknown>;

const mapWith = (options: StageOptions): Kind => (fail, errorStrategy) =>
  start().map("stage", fail, { ...options, errorStrategy });
const addWith = (options: AddOptions): Kind => (fail, errorStrategy) =>
  start().add("stage", async function* ({ input }) {
    for await (const item of input) yield fail(item);
  }, { ...options, errorStrategy });

const KINDS: Readonly<Record<string, Kind>> = {
  "a function": mapWith({}),
  "a parallel function": mapWith({ parallel: true, concurrencyLimit: 1 }),
  "a generator step": addWith({}),
  "a generator step with retry": addWith({ retry: { maxAttempts: 2, backoffMs: 0 } }),
};

for (const [name, build] of Object.entries(KINDS)) {
  test(`[L14] a failed run of ${name}: what came before has passed, the failed item has failed, nothing is in flight`, async () => {
    const pipeline = build((item) => {
      if (item === 2) throw new Error("two");
      return item;
    }, "FAIL_FAST");
    await readOutcome(pipeline.execute(ITEMS));
    const { passedCount, errorCount, inFlightCount } = figuresOf(await pipeline.getMetadata());

    assertEquals([passedCount, errorCount, inFlightCount], [2, 1, 0]);
  });
}

for (const options of [{}, { errorStrategy: "SKIP_FAILED" }] as const) {
  test(`[L14] a step that fails before it reads, ${options.errorStrategy ?? "FAIL_FAST"}: no figure is below zero`, async () => {
    const fail = (): number => {
      throw new Error("at once");
    };
    const pipeline = start().add("stage", async function* () {
      yield await fail();
    }, options);
    await readOutcome(pipeline.execute(ITEMS));
    const { inputCount, passedCount } = figuresOf(await pipeline.getMetadata());

    assertEquals([inputCount, passedCount], [0, 0]);
  });

  test(`[L14] a step that fails after it has read all, ${options.errorStrategy ?? "FAIL_FAST"}: all that entered are accounted for`, async () => {
    const pipeline = start().add("stage", async function* ({ input }) {
      for await (const item of input) yield item;
      throw new Error("at the end");
    }, options);
    await readOutcome(pipeline.execute(ITEMS));

    assertEquals(figuresOf(await pipeline.getMetadata()).inputCount, 10);
  });
}

test("dropped items are those of the stage's own rule", async () => {
  const pipeline = start()
    .skip("skip", 2)
    .filter("filter", (item) => item % 2 === 0)
    .takeWhile("while", (item) => item < 7)
    .take("take", 2);
  await pipeline.executeToArray(ITEMS);
  const metadata = await pipeline.getMetadata();

  assertEquals(
    ["skip", "filter", "while", "take"].map((key) => {
      const { inputCount, droppedCount, passedCount } = figuresOf(metadata, key);
      return [inputCount, droppedCount, passedCount];
    }),
    [[5, 2, 3], [3, 1, 2], [2, 0, 2], [2, 0, 2]],
  );
});

test("a batch that is not full is in flight until it goes on", async () => {
  const run = start().batch("stage", 3).run(ITEMS.slice(0, 5));
  const items = run[Symbol.asyncIterator]();
  await items.next();
  const early = figuresOf(run.metadata());
  await items.next();
  const later = figuresOf(run.metadata());

  assertEquals([early.inputCount, early.inFlightCount, early.outputCount], [3, 0, 1]);
  assertEquals([later.inputCount, later.inFlightCount, later.outputCount], [5, 0, 2]);
});

test("an item is counted once, however often it is tried", async () => {
  let attempts = 0;
  const pipeline = start().map("stage", (item) => {
    if (++attempts < 3) throw new Error("again");
    return item;
  }, { retry: { maxAttempts: 3, backoffMs: 0, shouldRetry: () => true } });
  await pipeline.executeToArray([1]);
  const { inputCount, passedCount, errorCount } = figuresOf(await pipeline.getMetadata());

  assertEquals([attempts, inputCount, passedCount, errorCount], [3, 1, 1, 0]);
});
