// The figures of a job, while it commits and beside other runs of its pipeline.

import { assertEquals, assertRejects } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { durable, memoryStore, positioned } from "../../src/durable/mod.ts";
import { settle, TestClock } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { ID, onClock } from "./_jobs.ts";

const MODES = ["acks", "snapshots"] as const;
const same = StreamingPipeline.start<number>().map("same", (n) => n);

for (const mode of MODES) {
  test(`what a job in the mode ${mode} is saving is not committed yet`, async () => {
    const clock = new TestClock();
    await clock.use(async () => {
      const inner = memoryStore();
      const saving = createDeferred<void>();
      const store = {
        ...inner,
        save: async (id: string, text: string, fence: number) => {
          await saving.promise;
          await inner.save(id, text, fence);
        },
      };
      const job = durable(same, { id: ID, mode, store, commit: { items: 2 } });
      const running = job.run(positioned([1, 2]), () => {});
      await settle();
      await clock.advance(300);
      const during = job.progress();
      saving.resolve();
      await running;
      const after = job.progress();

      assertEquals([during.committed, during.commits], [undefined, 0]);
      // In the mode acks, these are items that are not done.
      const left = mode === "acks" ? [0, 0] : [2, 300];
      assertEquals([during.unackedCount, during.oldestUnackedMs], left);
      assertEquals([after.committed, after.unackedCount, after.oldestUnackedMs], [2, 0, 0]);
    });
  });

  test(`what a job in the mode ${mode} could not save is not committed`, async () => {
    const store = memoryStore();
    await durable(same, { id: ID, mode, store }).run(positioned([1]), () => {});
    const failing = { ...store, save: () => Promise.reject(new Error("full")) };
    const job = durable(same, { id: ID, mode, store: failing });
    await onClock(() =>
      assertRejects(() => job.run(positioned([1, 2, 3]), () => {}), Error, "full")
    );

    assertEquals([job.progress().committed, job.progress().commits], [1, 0]);
  });

  test(`job.getMetadata() in the mode ${mode} is of a run of this job`, async () => {
    const waiting = createDeferred<void>();
    const slow = same.map("slow", async (n) => {
      if (n < 0) await waiting.promise;
      return n;
    });
    const createJob = (id: string) => durable(slow, { id, mode, store: memoryStore() });
    const [left, right, none] = ["left", "right", "none"].map(createJob);
    const running = left!.run(positioned([-1, 2, 3]), () => {});
    await right!.run(positioned([1]), () => {});
    await slow.executeToArray([1, 2, 3, 4, 5]);
    waiting.resolve();
    await running;
    const source = {
      open: () => {
        throw new Error("closed");
      },
    };
    await assertRejects(() => none!.run(source, () => {}), Error, "closed");

    assertEquals((await left!.getMetadata()).steps[0]!.inputCount, 3);
    assertEquals((await right!.getMetadata()).steps[0]!.inputCount, 1);
    await assertRejects(() => none!.getMetadata(), Error, '"none" has not run its pipeline');
  });
}
