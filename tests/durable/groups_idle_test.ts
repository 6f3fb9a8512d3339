// Groups that end when they are idle, over two runs of a job.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { durable, memoryStore, type PositionedSource } from "../../src/durable/mod.ts";
import { TestClock } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { ID } from "./_jobs.ts";

/** Each number comes at its time, in ms since the start of the run, and then nothing does. */
function sourceOf(timesMs: readonly number[], clock: TestClock): PositionedSource<number, number> {
  const sleep = (forMs: number) => new Promise<void>((resolve) => clock.schedule(resolve, forMs));
  return {
    async *open(from = 0) {
      let nowMs = 0;
      for (const [index, atMs] of timesMs.entries()) {
        await sleep(atMs - nowMs);
        nowMs = atMs;
        if (index >= from) yield { item: index, position: index + 1 };
      }
      await sleep(1e9);
    },
  };
}

test("a group of a job that goes on is idle as long as it was, and what is left to it", async () => {
  const store = memoryStore();
  const taken: (readonly number[])[] = [];
  const pipeline = StreamingPipeline.start<number>()
    .groupBy("key", (n) => n % 3, (group) => group.batch("batch", 10), { idleMs: 1_000 });
  const start = (clock: TestClock, timesMs: readonly number[]) => {
    const job = durable(pipeline, { id: ID, mode: "snapshots", store });
    return { job, running: job.run(sourceOf(timesMs, clock), (batch) => taken.push(batch)) };
  };

  const before = new TestClock();
  await before.use(async () => {
    const { job, running } = start(before, [0, 600, 700, 750]);
    await before.advance(800);
    await before.finish(job.stop());
    await running;
  });
  assertEquals(taken, []);

  const after = new TestClock();
  await after.use(async () => {
    const { job, running } = start(after, [0, 0, 0, 0]);
    const takenBy: Record<number, number[]> = {};
    for (const untilMs of [790, 810, 890, 910, 940, 960]) {
      await after.advance(untilMs - after.now());
      takenBy[untilMs] = taken.map(([first]) => first!);
    }
    await after.finish(job.stop());
    await running;
    assertEquals(takenBy, {
      790: [],
      810: [1],
      890: [1],
      910: [1, 2],
      940: [1, 2],
      960: [1, 2, 0],
    });
  });
  assertEquals(taken, [[1], [2], [0, 3]]);
});
