import { assert, assertEquals, assertRejects } from "@std/assert";
import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import {
  type CheckpointStore,
  durable,
  type JobResult,
  memoryStore,
  positioned,
} from "../../src/durable/mod.ts";
import { TestClock } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import {
  add,
  ID,
  noteCommits,
  NUMBERS,
  onClock,
  options,
  pairs,
  probe,
  SUMS,
  totals,
} from "./_jobs.ts";

test("a job commits by items, and at its end, and says so", async () => {
  await onClock(async () => {
    const job = durable(totals, options(memoryStore(), { commit: { items: 2 } }));
    const taken: number[] = [];

    const result = await job.run(positioned(NUMBERS), (total) => taken.push(total));

    assertEquals(taken, SUMS);
    assertEquals(result, {
      status: "ended",
      acked: 5,
      deadLettered: 0,
      resumedFrom: undefined,
      commits: 3,
    });
    const { lastCommitAt, ...progress } = job.progress();
    assertEquals(typeof lastCommitAt, "number");
    assertEquals(progress, {
      committed: 5,
      unackedCount: 0,
      oldestUnackedMs: 0,
      sparseCount: 0,
      commits: 3,
    });
  });
});

test("a job commits by time where few items come, and shows what is not committed", async () => {
  const clock = new TestClock();
  await clock.use(async () => {
    const store = memoryStore();
    const job = durable(totals, options(store, { commit: { ms: 500 } }));
    const { source } = probe([1, 2], true);
    const running = job.run(source, () => {});
    for (let turn = 0; turn < 500; turn++) await undefined;
    const before = job.progress();
    assert(clock.fireNext());
    for (let turn = 0; turn < 500; turn++) await undefined;
    const after = job.progress();
    await job.stop();

    assertEquals([before.unackedCount, before.commits, before.committed], [2, 0, undefined]);
    assertEquals([after.unackedCount, after.commits, after.committed], [0, 1, 2]);
    assertEquals([clock.now(), clock.timerCount], [500, 0]);
    assertEquals((await running).status, "stopped");
  });
});

test("a job reads nothing more while it commits, and goes on afterwards", async () => {
  await onClock(async () => {
    const { seen, source } = probe(NUMBERS);
    const inner = memoryStore();
    const readAtSave: number[] = [];
    const store: CheckpointStore = {
      ...inner,
      async save(id, saved, fence) {
        const { read } = seen;
        for (let turn = 0; turn < 100; turn++) await undefined;
        assertEquals(seen.read, read);
        readAtSave.push(read);
        await inner.save(id, saved, fence);
      },
    };
    const job = durable(totals, options(store, { commit: { items: 2 } }));

    await job.run(source, () => {});

    // One item is read ahead, and not given to the pipeline.
    assertEquals(readAtSave, [3, 5, 5]);
  });
});

test("a job commits after what is in flight in parallel work, and in the sink", async () => {
  await onClock(async () => {
    const events: string[] = [];
    const store = noteCommits(events);
    const slow = StreamingPipeline.start<number>().map("slow", async (n) => {
      for (let turn = 0; turn < 50 * n; turn++) await undefined;
      return n;
    }, { concurrencyLimit: 3, ordered: false });

    await durable(slow, options(store, { commit: { items: 3 } })).run(
      positioned([5, 1, 3, 2]),
      async (n) => {
        for (let turn = 0; turn < 50; turn++) await undefined;
        events.push(`${n}`);
      },
    );

    assertEquals(events.splice(0), ["1", "3", "5", "commit", "2", "commit"]);

    // Here items are read ahead while the sink takes an item.
    const ahead = StreamingPipeline.start<number>().buffer("ahead", 4);
    await durable(ahead, { ...options(store, { commit: { items: 3 } }), id: "ahead" }).run(
      positioned([1, 2, 3]),
      async (n) => {
        for (let turn = 0; turn < 500; turn++) await undefined;
        events.push(`${n}`);
      },
    );

    assertEquals(events, ["1", "2", "3", "commit", "commit"]);
  });
});

test("a job commits after what is in progress in a stage while the source is read ahead", async () => {
  const work = async (n: number) => {
    for (let turn = 0; turn < 500; turn++) await undefined;
    return n;
  };
  const start = () => StreamingPipeline.start<number>();
  const pipelines = [
    start().buffer("ahead", 4).map("slow", work),
    start().groupBy("key", (n) => n, (group) => group.map("slow", work)),
    start().fanOut("copies", { only: (items) => items.map("slow", work) }),
    start().buffer("ahead", 4).add(
      "step",
      createStreamingStep<number, number, unknown, unknown, object, number>(
        "step",
        async function* ({ input }) {
          for await (const n of input) yield work(n);
        },
        { memory: { snapshot: () => 0, restore: () => ({}) } },
      ),
    ),
  ];
  for (const pipeline of pipelines) {
    await onClock(async () => {
      const events: string[] = [];
      const store = noteCommits(events);
      const job = durable(pipeline, options(store, { commit: { items: 3 } }));

      await job.run(positioned([1, 2, 3]), (n) => void events.push(`${n}`));

      assertEquals(events, ["1", "2", "3", "commit", "commit"]);
    });
  }
});

test("job.stop() commits what is in flight, flushes nothing, and closes the source", async () => {
  await onClock(async () => {
    const store = memoryStore();
    const { seen, source } = probe([1, 2, 3], true);
    const taken: number[][] = [];
    const job = durable(pairs, options(store));
    const running = job.run(source, (pair) => taken.push(pair));
    for (let turn = 0; turn < 500; turn++) await undefined;
    await job.stop();
    const { status, acked, commits } = await running;

    assertEquals(taken, [[1, 3]]);
    assertEquals([status, acked, commits], ["stopped", 3, 1]);
    assertEquals([seen.opened, seen.closed, seen.signals[0]!.aborted], [1, 1, true]);

    const next = await durable(pairs, options(store)).run(
      positioned(NUMBERS),
      (pair) => taken.push(pair),
    );
    assertEquals(taken, [[1, 3], [6, 10], [15]]);
    assertEquals([next.resumedFrom, next.acked], [3, 2]);
  });
});

test("job.stop() gives up at its deadline what does not end, and commits none of it", async () => {
  await onClock(async (clock) => {
    const store = memoryStore();
    const job = durable(totals, options(store));
    const running = job.run(positioned(NUMBERS), () => new Promise(() => {}));
    for (let turn = 0; turn < 500; turn++) await undefined;
    const stopping = job.stop({ deadlineMs: 70 });
    await clock.finish(stopping);
    const { status, acked, commits } = await running;

    assertEquals([status, acked, commits], ["stopped", 0, 0]);
    assertEquals((await store.acquire(ID)).saved, undefined);
  });
});

for (const mode of ["acks", "snapshots"] as const) {
  test(`in the mode ${mode} a job that is stopped with work left is not ended`, async () => {
    await onClock(async (clock) => {
      let isStuck = true;
      const pipeline = StreamingPipeline.start<number>().map(
        "m",
        (n) => n === 2 && isStuck ? new Promise<number>(() => {}) : n,
        { concurrencyLimit: 3, ordered: false },
      );
      const taken: number[] = [];
      const job = durable(pipeline, options(memoryStore(), { mode }));
      const run = () => job.run(positioned([1, 2, 3]), (n) => taken.push(n));
      const running = run();
      for (let turn = 0; turn < 500; turn++) await undefined;
      await clock.finish(job.stop({ deadlineMs: 70 }));
      isStuck = false;
      const again = await run();

      assertEquals([(await running).status, again.status], ["stopped", "ended"]);
      assertEquals([...new Set(taken)].sort(), [1, 2, 3]);
    });
  });
}

test("job.stop() without a run does nothing, and before the first read ends it", async () => {
  await onClock(async () => {
    const job = durable(totals, options(memoryStore()));
    await job.stop();
    const { seen, source } = probe(NUMBERS);
    const running = job.run(source, () => {});
    await job.stop();

    assertEquals((await running).status, "stopped");
    assertEquals([seen.opened, seen.read], [0, 0]);
    assertEquals((await job.run(source, () => {})).status, "ended");
  });
});

test("a run after the end reads on where there is more, and otherwise does nothing", async () => {
  await onClock(async () => {
    const store = memoryStore();
    const counted = StreamingPipeline.start<number>().fold("sum", add, 0);
    const taken: number[] = [];
    const run = (items: readonly number[]): Promise<JobResult> =>
      durable(counted, options(store)).run(positioned(items), (sum) => taken.push(sum));

    await run([1, 2]);
    const again = await run([1, 2]);
    await run([1, 2, 3]);

    assertEquals([again.status, again.commits, again.resumedFrom], ["ended", 0, 2]);
    assertEquals(taken, [3, 6]);
  });
});

test("a job whose pipeline wants no more is complete, and reads nothing ever after", async () => {
  await onClock(async () => {
    const store = memoryStore();
    const { seen, source } = probe(NUMBERS);
    const job = durable(totals.take("two", 2), options(store));

    const first = await job.run(source, () => {});
    const again = await job.run(source, () => assert(false));

    assertEquals([first.status, first.acked, again.status], ["complete", 2, "complete"]);
    assertEquals([seen.opened, seen.closed], [1, 1]);
  });
});

test("job.getMetadata() has the figures of the stages beside those of the job", () =>
  onClock(async () => {
    for (const mode of ["acks", "snapshots"] as const) {
      const pipeline = StreamingPipeline.start<number>().filter("odd", (n) => n % 2 === 1);
      const job = durable(pipeline, { id: ID, mode, store: memoryStore() });
      const none = await assertRejects(() => job.getMetadata(), Error);
      const running = job.run(positioned(NUMBERS), () => {});
      const { status, steps, progress } = await job.getMetadata();
      await running;

      assertEquals(none.message, 'Cannot get metadata: the job "ingest" has not run its pipeline');
      assertEquals([status, steps[0]!.inputCount, steps[0]!.droppedCount], ["completed", 5, 2]);
      assertEquals([progress.committed, progress.unackedCount], [5, 0]);
    }
  }));
