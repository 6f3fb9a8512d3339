// Sources that are over when they would be closed: nothing is left to close then.

import { assertEquals } from "@std/assert";
import {
  consume,
  durable,
  memoryStore,
  positioned,
  type PositionedSource,
} from "../../src/durable/mod.ts";
import { StreamingPipeline } from "../../mod.ts";
import { settle, SOURCE_KINDS, SourceProbe } from "../../src/testing/mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { ID } from "./_jobs.ts";

const FAILURE = new Error("gone");
const RECORD = { item: 1, position: 1, attempts: 1, ack() {}, nack() {}, extend() {} };
const ENDS = { ends: {}, fails: { failAfter: 1, failure: FAILURE } };

const ASYNC_KINDS = SOURCE_KINDS.slice(1);

const same = StreamingPipeline.start<number>().map("same", (n) => n);

/** Opens the source of a probe, whatever its records are. */
const opens = (probe: SourceProbe<unknown>) =>
  ({
    open: () => probe.source,
  }) as unknown as PositionedSource<number, number>;

for (const mode of ["acks", "snapshots"] as const) {
  test(`a job in the mode ${mode} that has ended ends again where its source has no more`, async () => {
    for (const kind of ASYNC_KINDS) {
      for (const [what, ending] of Object.entries(ENDS)) {
        const store = memoryStore();
        const createJob = () => durable(same, { id: ID, mode, store });
        await createJob().run(positioned([1]), () => {});
        const probe = new SourceProbe<unknown>(kind, {
          items: [],
          ...ending,
          ...(what === "fails" && { failAfter: 0 }),
        });
        const outcome = await createJob().run(opens(probe), () => {})
          .then(({ status }) => status, (error) => error.cause);

        assertEquals(outcome, what === "fails" ? FAILURE : "ended", kind);
        assertEquals([probe.opened, probe.closed], [1, 0], kind);
      }
    }
  });
}

for (const mode of ["acks", "snapshots", "consume"] as const) {
  test(`[L4] a source that is over while ${mode} is stopped is not closed`, async () => {
    for (const kind of ASYNC_KINDS) {
      for (const ending of Object.values(ENDS)) {
        const [over, taken, saved] = [1, 2, 3].map(() => createDeferred<void>());
        const gate = (index: number) => index === 1 ? over!.promise : undefined;
        const probe = new SourceProbe<unknown>(kind, { items: [RECORD], gate, ...ending });
        const ahead = same.buffer("ahead", 2);
        const take = () => taken!.promise;
        let stop: () => void;
        let running: Promise<unknown>;
        if (mode === "consume") {
          const controller = new AbortController();
          stop = () => controller.abort();
          const source = opens(probe) as never;
          running = consume(ahead, source, take, { stop: controller.signal });
        } else {
          const inner = memoryStore();
          const store = {
            ...inner,
            save: async (id: string, text: string, fence: number) => {
              await saved!.promise;
              await inner.save(id, text, fence);
            },
          };
          const isAcks = mode === "acks";
          const job = durable(isAcks ? ahead : same, { id: ID, mode, store, commit: { items: 1 } });
          stop = () => void job.stop();
          running = job.run(opens(probe), isAcks ? take : () => {});
        }
        await settle();
        stop();
        for (const { resolve } of [over!, taken!, saved!]) {
          resolve();
          await settle();
        }
        await running;

        assertEquals([probe.pulls, probe.closed], [2, 0], kind);
      }
    }
  });
}
