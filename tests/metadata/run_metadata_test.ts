// What is known of a run as a whole, before, during and after it.

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { type PipelineMetadata, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { readOutcome, readStream } from "../operators/_outcome.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { failOn, same, start } from "./_stages.ts";

test("a run is pending before its first pull: it has no start, no duration, no output", async () => {
  await new TestClock().use(async (clock) => {
    await clock.advance(5);
    const { status, startedAt, durationMs, timeToFirstItemMs, outputCount, error } = start()
      .map("stage", same).run([1]).metadata();

    assertEquals(
      [status, startedAt, durationMs, timeToFirstItemMs, outputCount, error],
      ["pending", undefined, 0, undefined, 0, undefined],
    );
  });
});

test("durationMs grows while the run lives and stands still when it is over", async () => {
  await new TestClock().use(async (clock) => {
    await clock.advance(1_000);
    const run = start().map("stage", same).run([1, 2]);
    const items = run[Symbol.asyncIterator]();
    await clock.advance(500);
    await items.next();
    const early = run.metadata();
    await clock.advance(70);
    const later = run.metadata();
    await items.next();
    await items.next();
    await clock.advance(9_000);
    const after = run.metadata();

    assertEquals([early.status, early.startedAt, early.durationMs], ["running", 1_500, 0]);
    assertEquals([later.status, later.startedAt, later.durationMs], ["running", 1_500, 70]);
    assertEquals([after.status, after.startedAt, after.durationMs], ["completed", 1_500, 70]);
  });
});

type End = (source: AsyncIterable<number>) => readonly [
  read: () => Promise<unknown>,
  metadata: () => Promise<PipelineMetadata>,
];

const pipelineOf = () => start().map("stage", same);

/** Every way to run to the end. */
const ENDS: Readonly<Record<string, End>> = {
  execute: (source) => {
    const pipeline = pipelineOf();
    return [() => readOutcome(pipeline.execute(source)), () => pipeline.getMetadata()];
  },
  executeToArray: (source) => {
    const pipeline = pipelineOf();
    return [() => pipeline.executeToArray(source), () => pipeline.getMetadata()];
  },
  executeReduce: (source) => {
    const pipeline = pipelineOf();
    return [
      () => pipeline.executeReduce(source, (sum, item) => sum + item, 0),
      () => pipeline.getMetadata(),
    ];
  },
  executeForEach: (source) => {
    const pipeline = pipelineOf();
    return [() => pipeline.executeForEach(source, () => {}), () => pipeline.getMetadata()];
  },
  executeWithMetadata: (source) => {
    const pipeline = pipelineOf();
    return [
      () => readOutcome(pipeline.executeWithMetadata(source)),
      () => pipeline.getMetadata(),
    ];
  },
  toReadableStream: (source) => {
    const pipeline = pipelineOf();
    return [
      () => readOutcome(readStream(pipeline.toReadableStream(source))),
      () => pipeline.getMetadata(),
    ];
  },
  run: (source) => {
    const run = pipelineOf().run(source);
    return [() => readOutcome(run), () => Promise.resolve(run.metadata())];
  },
};

for (const [name, open] of Object.entries(ENDS)) {
  test(`${name}: the metadata has the counts, the duration and the time to the first item`, async () => {
    await new TestClock().use(async (clock) => {
      const source = new SourceProbe("an async iterable", {
        items: [5, 6, 7],
        gate: () => new Promise((resolve) => void clock.schedule(() => resolve(undefined), 100)),
      });
      const [read, metadata] = open(source.source);
      await clock.advance(30);
      const reading = watch(read());
      await clock.advance(1_000);
      assertEquals(reading.state, "resolved");
      const { stepName, status, startedAt, durationMs, timeToFirstItemMs, outputCount, steps } =
        await metadata();

      assertEquals([stepName, status, startedAt, durationMs, outputCount], [
        "pipeline_complete",
        "completed",
        30,
        400,
        3,
      ]);
      assertEquals(timeToFirstItemMs, 100);
      assertEquals(steps.map(({ key, inputCount }) => [key, inputCount]), [["stage", 3]]);
    });
  });
}

test("status says how the run ended", async () => {
  const completed = start().map("stage", same).run([1]);
  await readOutcome(completed);
  const limited = start().take("stage", 1).run([1, 2]);
  await readOutcome(limited);
  const failed = start().map("stage", failOn(1)).run([1]);
  await readOutcome(failed);
  const aborted = start().map("stage", same).run([1, 2]);
  await aborted[Symbol.asyncIterator]().next();
  await aborted.abort("why");
  const closed = start().map("stage", same).run([1, 2]);
  for await (const _ of closed) break;
  const unopened = start().map("stage", same).run([1]);
  await unopened[Symbol.asyncDispose]();

  assertEquals(
    [completed, limited, failed, aborted, closed, unopened].map((run) => run.metadata().status),
    ["completed", "completed", "failed", "aborted", "closed", "closed"],
  );
  assertEquals(aborted.metadata().error, "why");
  assert(failed.metadata().error instanceof StreamingError);
  assertEquals(completed.metadata().error, undefined);
});

test("a run whose context cannot be built, or that is aborted before it starts, has ended too", async () => {
  const failure = new Error("no context");
  const broken = StreamingPipeline.start<number>(() => {
    throw failure;
  }).map("stage", same);
  await readOutcome(broken.execute([1]));
  const aborted = start().map("stage", same);
  await readOutcome(aborted.execute([1], { signal: AbortSignal.abort("before") }));
  const [first, second] = [await broken.getMetadata(), await aborted.getMetadata()];

  assertEquals([first.status, first.error], ["failed", failure]);
  assertEquals([second.status, second.error], ["aborted", "before"]);
});

test("[defect] an error of the source is in the run's error and counted for no stage", async () => {
  const failure = new Error("source");
  const { source } = new SourceProbe("an async iterable", { failAfter: 2, failure });
  const pipeline = start().map("stage", same);
  const { error } = await readOutcome(pipeline.execute(source));
  const metadata = await pipeline.getMetadata();

  assertStrictEquals(metadata.error, error);
  assertStrictEquals((metadata.error as StreamingError).cause, failure);
  assertEquals([metadata.status, metadata.steps[0]!.errorCount, metadata.outputCount], [
    "failed",
    0,
    2,
  ]);
});

test("getMetadata() rejects before any run, resolves when the latest run ends, and again later", async () => {
  const pipeline = start().map("stage", same);
  await assertRejects(() => pipeline.getMetadata(), Error, "never run");

  const first = pipeline.run([1]);
  const second = pipeline.run([1, 2]);
  const asked = watch(pipeline.getMetadata());
  await readOutcome(first);
  await settle();
  assertEquals(asked.state, "pending");
  await readOutcome(second);
  await settle();

  assertEquals([asked.value?.traceId, asked.value?.outputCount], [second.traceId, 2]);
  assertEquals(await pipeline.getMetadata(), asked.value);
});

test("getMetadata() resolves for a run that fails, is aborted, or is left", async () => {
  const pipeline = start().map("stage", failOn(2));
  const statuses: string[] = [];
  await readOutcome(pipeline.execute([2]));
  statuses.push((await pipeline.getMetadata()).status);
  const run = pipeline.run([1, 1]);
  await run[Symbol.asyncIterator]().next();
  await run.abort();
  statuses.push((await pipeline.getMetadata()).status);
  for await (const _ of pipeline.execute([1, 1])) break;
  statuses.push((await pipeline.getMetadata()).status);

  assertEquals(statuses, ["failed", "aborted", "closed"]);
});
