import { assertEquals } from "@std/assert";
import { createStreamingStep, type PipelineOf, StreamingPipeline } from "../../mod.ts";
import { durable, memoryStore, type PositionedSource } from "../../src/durable/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { add, assertCode, ID, runJob, totals } from "./_jobs.ts";

const start = () => StreamingPipeline.start<number>();

/** A store with the checkpoint of a run that was stopped after 3. */
async function stopAfterThree(pipeline: PipelineOf<number, unknown>) {
  const store = memoryStore();
  const job = durable(pipeline, { id: ID, mode: "snapshots", store });
  const source: PositionedSource<number, number> = {
    async *open() {
      yield* [1, 2, 3].map((n) => ({ item: n, position: n }));
      job.stop();
      await settle();
      yield { item: 4, position: 4 };
    },
  };
  assertEquals((await job.run(source, () => {})).status, "stopped");
  return store;
}

test("the same stages in another order are refused, for what one keeps is of other items", async () => {
  const store = await stopAfterThree(totals.map("double", (n) => n * 2));
  const changed = start().map("double", (n) => n * 2).scan("total", add, 0);
  const message = 'it was saved with the stages "total", "double", and has "double", "total"';

  await assertCode("VERSION_MISMATCH", runJob(changed, { store }), message);
  const migrated = runJob(changed, { store, version: 2, migrate: (saved) => saved });
  assertEquals(await migrated, [14]);
});

test("what a stage has saved with other options is refused, or goes on with the new ones", async () => {
  const at = (n: number) => n;
  const windows = start().windowTime("w", { sizeMs: 2, timestamp: at });
  const aggregate = { initial: () => 0, add };
  const refused: [PipelineOf<number, unknown>, PipelineOf<number, unknown>, string][] = [
    [
      start().window("w", 5, 1),
      start().window("w", 4, 1),
      'its stage "w" was saved as window {"size":5,"slide":1,"partial":true}, and is',
    ],
    [
      start().window("w", 5, 1),
      start().window("w", 5, 2),
      'and is window {"size":5,"slide":2,"partial":true}',
    ],
    [
      windows,
      start().windowTime("w", { sizeMs: 3, timestamp: at }),
      'and is windowTime {"sizeMs":3',
    ],
    [windows, start().windowTime("w", { gapMs: 3, timestamp: at }), 'and is windowTime {"gapMs":3'],
    [windows, start().windowTime("w", { sizeMs: 2 }), '"timestamp":false'],
    [windows, start().windowTime("w", { sizeMs: 2, timestamp: at, aggregate }), '"aggregate":true'],
    [
      start().throttle("t", { limit: 9, intervalMs: 1 }),
      start().throttle("t", { limit: 9, intervalMs: 1, burst: 9 }),
      'was saved as throttle, and is throttle "burst"',
    ],
    [
      start().throttle("t", { limit: 9, intervalMs: 1, burst: 9 }),
      start().throttle("t", { limit: 9, intervalMs: 1 }),
      'was saved as throttle "burst", and is throttle',
    ],
    [start().batch("b", 4), start().batch("b", 3), "it keeps 3 items, and 3 are a full batch"],
    [
      start().fanOut("f", { a: (a) => a, b: (b) => b }),
      start().fanOut("f", { a: (a) => a }),
      'was saved as fanOut ["a","b"], and is fanOut ["a"]',
    ],
    [
      start().fanOut("f", { a: (a) => a }),
      start().fanOut("f", { a: (a) => a, b: (b) => b }),
      'was saved as fanOut ["a"], and is fanOut ["a","b"]',
    ],
  ];
  for (const [before, now, message] of refused) {
    const store = await stopAfterThree(before);
    await assertCode("VERSION_MISMATCH", runJob(now, { store }), message);
  }

  const taken: [PipelineOf<number, unknown>, PipelineOf<number, unknown>, unknown[]][] = [
    [start().batch("b", 4), start().batch("b", { size: 4, maxWaitMs: 50 }), [[1, 2, 3, 4]]],
    [start().batch("b", { size: 4, maxWaitMs: 50 }), start().batch("b", 4), [[1, 2, 3, 4]]],
    [start().batch("b", { maxWeight: 90, weigh: at }), start().batch("b", 4), [[1, 2, 3, 4]]],
    [start().batch("b", 4), start().batch("b", 5), [[1, 2, 3, 4]]],
    [start().batch("b", 4), start().batch("b", { maxWeight: 90, weigh: at }), [[1, 2, 3], [4]]],
    [start().take("t", 5), start().take("t", 2), []],
    [start().take("t", 5), start().take("t", 4), [4]],
  ];
  for (const [before, now, items] of taken) {
    assertEquals(await runJob(now, { store: await stopAfterThree(before) }), items);
  }
});

test("migrate may leave out a branch, and add one", async () => {
  const store = await stopAfterThree(
    start().fanOut("f", { a: (a) => a.scan("s", add, 0), b: (b) => b }),
  );
  const changed = start().fanOut("f", { a: (a) => a.scan("s", add, 0), c: (c) => c });
  const job = { store, version: 2 };
  const same = runJob(changed, { ...job, migrate: (saved) => saved });
  await assertCode("VERSION_MISMATCH", same, 'and is fanOut ["a","c"]');
  const migrated = runJob(changed, {
    ...job,
    migrate(saved) {
      const f = { ...saved.stages.f!, operator: 'fanOut ["a","c"]' };
      return { ...saved, stages: { f } };
    },
  });
  assertEquals(await migrated, [10, 4]);
});

test("what a step cannot put back is refused with the reason", async () => {
  const createStep = (restore: (saved: unknown) => number) =>
    createStreamingStep<number, number, unknown, unknown, number, number>(
      "step",
      async function* ({ input }) {
        yield* input;
      },
      { memory: { snapshot: (kept) => kept, restore } },
    );
  const store = await stopAfterThree(start().add("s", createStep(() => 1)));
  const changed = start().add(
    "s",
    createStep((saved) => {
      if (saved !== undefined) throw new Error("not mine");
      return 1;
    }),
  );
  const message = 'the state of its stage "s" cannot be read: not mine';
  const error = await assertCode("VERSION_MISMATCH", runJob(changed, { store }), message);
  assertEquals((error.cause as Error).message, "not mine");
});
