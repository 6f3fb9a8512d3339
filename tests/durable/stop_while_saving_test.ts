// What comes out of a job while its last checkpoint before a stop is saved.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { clock } from "../../src/internal/clock.ts";
import { durable, memoryStore, positioned } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { ID, onClock, probe } from "./_jobs.ts";

const wait = (ms: number) => new Promise<void>((resolve) => void clock.schedule(resolve, ms));

test("what a batch emits by time while a stopped job saves does not come twice", async () => {
  for (const sinkMs of [0, 1, 20]) {
    for (const maxWaitMs of [1, 5, 9, 10, 11]) {
      await onClock(async () => {
        const inner = memoryStore();
        const store = {
          ...inner,
          save: async (id: string, text: string, fence: number) => {
            await wait(10);
            await inner.save(id, text, fence);
          },
        };
        const pipeline = StreamingPipeline.start<number>()
          .batch("batches", { size: 9, maxWaitMs })
          .flatten("each")
          .map("slow", async (n) => {
            await wait(1);
            return n;
          });
        const createJob = () => durable(pipeline, { id: ID, mode: "snapshots", store });
        const taken: number[] = [];
        const take = async (n: number) => {
          if (sinkMs > 0) await wait(sinkMs);
          taken.push(n);
        };
        const job = createJob();
        const { source } = probe([1, 2, 3], true);
        const running = job.run(source, take);
        for (let turn = 0; turn < 50; turn++) await undefined;
        await job.stop({ deadlineMs: 60_000 });
        const { status } = await running;
        await createJob().run(positioned([1, 2, 3]), take);

        assertEquals([status, ...taken], ["stopped", 1, 2, 3], `${maxWaitMs} ms, ${sinkMs} ms`);
      });
    }
  }
});
