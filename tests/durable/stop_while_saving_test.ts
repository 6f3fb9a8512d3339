// What comes out of a job while its last checkpoint before a stop is saved.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { clock } from "../../src/internal/clock.ts";
import { durable, memoryStore, positioned } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { ID, onClock, probe } from "./_jobs.ts";

const wait = (ms: number) => new Promise<void>((resolve) => void clock.schedule(resolve, ms));

test("what a batch emits by time while a stopped job saves does not come twice", async () => {
  const sinks = [0, 1, 20].flatMap((sinkMs) => [{ sinkMs, failsOn: 0 }, { sinkMs, failsOn: 3 }]);
  for (const { sinkMs, failsOn } of sinks) {
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
            if (n === failsOn) throw new Error(`No ${n}`);
            return n;
          }, { errorStrategy: "SPLIT_ERRORS" });
        const createJob = () => durable(pipeline, { id: ID, mode: "snapshots", store });
        const items = failsOn > 0 ? [failsOn] : [1, 2, 3];
        const taken: number[] = [];
        const take = async (n: number) => {
          if (sinkMs > 0) await wait(sinkMs);
          taken.push(n);
        };
        const job = createJob();
        const { source } = probe(items, true);
        const errorsTo = async () => await take(failsOn);
        const running = job.run(source, take, { errorsTo });
        for (let turn = 0; turn < 50; turn++) await undefined;
        await job.stop({ deadlineMs: 60_000 });
        const { status } = await running;
        await createJob().run(positioned(items), take, { errorsTo });

        const what = `${maxWaitMs} ms, ${sinkMs} ms, ${failsOn}`;
        assertEquals([status, ...taken], ["stopped", ...items], what);
      });
    }
  }
});
