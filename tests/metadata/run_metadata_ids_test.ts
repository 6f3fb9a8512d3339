// What is known of a run: which stages, under which names and ids, and how much of their errors.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  StreamingErrorStrategy,
  StreamingPipeline,
} from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { readOutcome } from "../operators/_outcome.ts";
import { settle } from "../../src/testing/turns.ts";
import { collect } from "../support/collect.ts";
import { failOn, same, start } from "./_stages.ts";

test("getMetadata() of one pipeline knows nothing of the runs of another built from it", async () => {
  const base = start().map("stage", same);
  await base.map("more", same).executeToArray([1]);

  await assertRejects(() => base.getMetadata(), Error, "never run");
});

test("trace and span ids have the form of W3C Trace Context, are one per run and one per stage", async () => {
  const pipeline = start()
    .map("one", same)
    .map("two", same, { parallel: true })
    .add("three", ({ input }) => input);
  const runs = [pipeline.run([1]), pipeline.run([1])];
  await Promise.all(runs.map(readOutcome));
  const all = runs.map((run) => run.metadata());
  const spans = all.flatMap(({ steps }) => steps.map(({ spanId }) => spanId));

  for (const { traceId, steps } of all) {
    assertMatch(traceId, /^[0-9a-f]{32}$/);
    assertEquals(steps.map((stage) => stage.traceId), [traceId, traceId, traceId]);
  }
  for (const spanId of spans) assertMatch(spanId, /^[0-9a-f]{16}$/);
  assertEquals(new Set(spans).size, 6);
  assert(all[0]!.traceId !== all[1]!.traceId);
  assertEquals(runs.map(({ traceId }) => traceId), all.map(({ traceId }) => traceId));
});

test("groups and branches, two levels deep too, have the trace of the run, and spans of their own", async () => {
  const traces: string[] = [];
  const spans = new Set<string>();
  const note = <T>(item: T, _: number, ids: { traceId: string; spanId: string }): T => {
    traces.push(ids.traceId);
    spans.add(ids.spanId);
    return item;
  };
  const run = start()
    .map("outer", note)
    .groupBy("groups", same, (group) =>
      group.map("inner", note).fanOut("both", {
        one: (items) => items.map("deep", note),
        two: (items) =>
          items.map("failing", () => {
            throw new Error("it");
          }, { errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS }),
      }))
    .run([1, 2]);
  const [failed] = await Promise.all([collect(run.errors), readOutcome(run)]);

  assertEquals(traces, traces.map(() => run.traceId));
  assertEquals([traces.length, spans.size], [6, 5]);
  assertEquals(failed.map(({ error }) => error.traceId), [run.traceId, run.traceId]);
});

test("the ids are those that the functions and steps of the run see", async () => {
  const seen: string[][] = [];
  const pipeline = start()
    .map("one", (item, _, { traceId, spanId }) => (seen.push([traceId, spanId]), item))
    .map("two", (item, _, { traceId, spanId }) => (seen.push([traceId, spanId]), item), {
      parallel: true,
    })
    .add("three", ({ input, traceId, spanId }) => (seen.push([traceId, spanId]), input));
  await pipeline.executeToArray([1]);
  const { steps } = await pipeline.getMetadata();

  assertEquals(seen.sort(), steps.map(({ traceId, spanId }) => [traceId, spanId]).sort());
});

test("steps are in the order of the pipeline, with the name of the step and the key", async () => {
  const pipeline = start()
    .map("function", same)
    .map("step", createStep("a step", ({ input }: { input: number }) => input) as never)
    .add("stream", createStreamingStep("a stream", ({ input }) => input))
    .filter("parallel", () => true, { parallel: true })
    .batch("batch", 2)
    .flatten("flat");
  await pipeline.executeToArray([1, 2, 3]);
  const { steps } = await pipeline.getMetadata();

  assertEquals(steps.map(({ key, stepName, executionMode }) => [key, stepName, executionMode]), [
    ["function", "function", "streaming"],
    ["step", "a step", "streaming"],
    ["stream", "a stream", "streaming"],
    ["parallel", "parallel", "parallel-streaming"],
    ["batch", "batch", "streaming"],
    ["flat", "flat", "streaming"],
  ]);
  assertEquals(steps.map(({ inputCount, outputCount }) => [inputCount, outputCount]), [
    [3, 3],
    [3, 3],
    [3, 3],
    [3, 3],
    [3, 2],
    [2, 3],
  ]);
});

test("maxErrors errors are kept per stage, then they are counted", async () => {
  const pipeline = StreamingPipeline.start<number>(undefined, { metadata: { maxErrors: 3 } })
    .map("one", failOn(0), { errorStrategy: StreamingErrorStrategy.COLLECT_ERRORS })
    .map("two", failOn(1), { errorStrategy: StreamingErrorStrategy.COLLECT_ERRORS });
  await pipeline.executeToArray([0, 0, 0, 0, 0, 1]);
  const { steps } = await pipeline.getMetadata();

  assertEquals(
    steps.map(({ errorCount, errors }) => [errorCount, errors!.map(({ itemIndex }) => itemIndex)]),
    [[5, [0, 1, 2]], [1, [0]]],
  );
});

test("100 errors are kept by default", async () => {
  const pipeline = start().map("stage", failOn(0), { errorStrategy: "COLLECT_ERRORS" });
  await pipeline.executeToArray(new Array(150).fill(0));
  const { errorCount, errors } = (await pipeline.getMetadata()).steps[0]!;

  assertEquals([errorCount, errors!.length], [150, 100]);
});

for (
  const [verbosity, kept, isTimed] of [
    ["off", 0, false],
    ["counts", 1, false],
    ["timing", 1, true],
    ["full", 1, true],
  ] as const
) {
  test(`at ${verbosity}, there are counts, ${kept} errors are kept, and calls are ${isTimed ? "" : "not "}timed`, async () => {
    const pipeline = StreamingPipeline.start<number>(undefined, { metadata: { verbosity } })
      .map("stage", failOn(1), { errorStrategy: "COLLECT_ERRORS" });
    await pipeline.executeToArray([0, 1, 2]);
    const { inputCount, outputCount, errorCount, errors = [], timing } =
      (await pipeline.getMetadata()).steps[0]!;

    assertEquals([inputCount, outputCount, errorCount, errors.length], [3, 2, 1, kept]);
    assertEquals(timing.sampledCount > 0, isTimed);
  });
}

test("metadata is a picture of its moment: it does not change afterwards", async () => {
  const run = start().map("stage", failOn(1), { errorStrategy: "COLLECT_ERRORS" }).run([1, 2, 1]);
  const items = run[Symbol.asyncIterator]();
  await items.next();
  const early = run.metadata();
  const copy = structuredClone({ ...early, steps: early.steps.map((s) => ({ ...s, errors: 0 })) });
  await items.next();

  assertEquals(early.steps[0]!.errors!.length, 1);
  assertEquals(
    { ...early, steps: early.steps.map((s) => ({ ...s, errors: 0 })) } as unknown,
    copy,
  );
});

test("metadata can be read while calls are in flight, and from inside a stage", async () => {
  const release = createDeferred<void>();
  const inside: number[] = [];
  const run = start()
    .map("first", (item) => {
      inside.push(run.metadata().steps[0]!.inputCount);
      return item;
    })
    .map("second", async (item) => {
      await release.promise;
      return item;
    }, { parallel: true, concurrencyLimit: 2 })
    .run([1, 2, 3]);
  const reading = readOutcome(run);
  await settle();
  const [first, second] = run.metadata().steps;
  release.resolve();
  await reading;

  assertEquals([first!.inputCount, second!.inputCount, second!.inFlightCount], [2, 2, 2]);
  assertEquals(inside, [1, 2, 3]);
});
