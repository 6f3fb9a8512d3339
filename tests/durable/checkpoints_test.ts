import { assertEquals, assertRejects } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import type { PipelineOf } from "../../mod.ts";
import {
  type CheckpointStore,
  durable,
  type DurableErrorCode,
  memoryStore,
  positioned,
} from "../../src/durable/mod.ts";
import { TestClock } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { add, assertCode, ID, runJob, totals } from "./_jobs.ts";

const start = () => StreamingPipeline.start<number>();

type Saved = Record<string, unknown> & {
  stages: Record<string, { operator: string; version?: number; state?: unknown; counts: number[] }>;
};

/** A store with the checkpoint of a run over 1, 2, 3, changed. */
async function saveThen(
  change: (saved: Saved) => unknown,
  pipeline: PipelineOf<number, unknown> = totals,
) {
  const store = memoryStore();
  await durable(pipeline, { id: ID, mode: "snapshots", store }).run(
    positioned([1, 2, 3]),
    () => {},
  );
  const { saved, fence } = await store.acquire(ID);
  const whole = JSON.parse(saved!) as { format: number; value: Saved };
  const value = change(whole.value);
  await store.save(ID, JSON.stringify({ ...whole, value }), fence);
  return store;
}

test("a checkpoint of another version is refused with both, or migrated", async () => {
  const store = await saveThen((saved) => saved);
  const message = "it was saved by version 1, and this is version 2; give migrate";
  await assertCode("VERSION_MISMATCH", runJob(totals, { store, version: 2 }), message);

  const seen: unknown[] = [];
  const taken = await runJob(totals, {
    store,
    version: 2,
    migrate(saved) {
      seen.push([saved.version, saved.position, Object.keys(saved.stages)]);
      const { total } = saved.stages;
      return { ...saved, stages: { total: { ...total!, state: 100 } } };
    },
  });

  assertEquals(seen, [[1, 3, ["total"]]]);
  assertEquals(taken, [104]);
  assertEquals(await runJob(totals, { store, version: 2 }), []);
});

test("what migrate leaves out begins anew, and what it returns is checked", async () => {
  const grown = start().scan("sum", add, 0).skip("none", 0);
  const store = await saveThen((saved) => saved);
  const migrate = (made: unknown) => () => made as never;

  await assertCode(
    "VERSION_MISMATCH",
    runJob(grown, { store, version: 2, migrate: migrate(undefined) }),
    "migrate must return what to save, got undefined",
  );
  await assertCode(
    "CHECKPOINT_UNREADABLE",
    runJob(grown, { store, version: 2, migrate: migrate({ position: 3, stages: [] }) }),
    "what its stages keep",
  );
  await assertCode(
    "VERSION_MISMATCH",
    runJob(grown, { store, version: 2, migrate: migrate({ stages: {} }) }),
    "it has no position; return { ...saved, … }",
  );
  const failing = runJob(grown, {
    store,
    version: 2,
    migrate: () => {
      throw new RangeError("cannot");
    },
  });
  await assertRejects(() => failing, RangeError, "cannot");
  assertEquals(
    await runJob(grown, { store, version: 2, migrate: (saved) => ({ ...saved, stages: {} }) }),
    [4],
  );
});

test("a pipeline that was changed without a version is refused with the stage", async () => {
  const store = () => saveThen((saved) => saved);
  const rows: [PipelineOf<number, unknown>, string][] = [
    [
      start().scan("sum", add, 0),
      'it was saved with the stages "total", and has "sum"',
    ],
    [totals.skip("none", 0), 'it was saved with the stages "total", and has "total", "none"'],
    [start(), 'it was saved with the stages "total", and has none'],
    [start().fold("total", add, 0), 'its stage "total" was saved as scan, and is fold'],
  ];
  for (const [pipeline, message] of rows) {
    await assertCode("VERSION_MISMATCH", runJob(pipeline, { store: await store() }), message);
  }
});

test("a state of another form is refused, not misread, also inside of a group", async () => {
  const store = await saveThen((saved) => {
    saved.stages.total!.version = 2;
    return saved;
  });
  const message = 'the state of its stage "total" has the form 2, and this release reads 1';
  await assertCode("VERSION_MISMATCH", runJob(totals, { store }), message);

  const timed = start().batch("b", { maxWaitMs: 5, size: 2 });
  const later = await saveThen((saved) => {
    saved.stages.b!.version = 0;
    return saved;
  }, timed);
  const late = 'its stage "b" has the form 0';
  await assertCode("VERSION_MISMATCH", runJob(timed, { store: later }), late);
});

test("a checkpoint that is not one of a job is refused, and the job is given back", async () => {
  const changes: [(saved: Saved) => unknown, DurableErrorCode, string][] = [
    [() => 3, "CHECKPOINT_UNREADABLE", "it is not that of a job"],
    [(saved) => ({ ...saved, mode: "acks" }), "VERSION_MISMATCH", 'saved in the mode "acks"'],
    [(saved) => ({ ...saved, status: "x" }), "CHECKPOINT_UNREADABLE", "how its run has ended"],
    [(saved) => ({ ...saved, stages: 3 }), "CHECKPOINT_UNREADABLE", "what its stages keep"],
    [
      (saved) => ({ ...saved, stages: { total: { operator: "scan", counts: [1] } } }),
      "CHECKPOINT_UNREADABLE",
      "what its stages keep",
    ],
  ];
  for (const [change, code, message] of changes) {
    const inner = await saveThen(change);
    let released = 0;
    const store = {
      ...inner,
      release: (id: string, fence: number) => (released++, inner.release(id, fence)),
    };
    await assertCode(code, runJob(totals, { store }), message);
    assertEquals(released, 1);
  }
});

test("what a stage keeps is refused with its path where it has no form", async () => {
  class Money {}
  const store = memoryStore();
  const initial = start().scan("total", (money) => money, { all: [new Money()] });
  const opened: string[] = [];
  const source = {
    // deno-lint-ignore require-yield -- it must not be opened
    async *open() {
      opened.push("open");
    },
  };
  const early = durable(initial, { id: ID, mode: "snapshots", store });
  await assertCode(
    "NOT_SERIALIZABLE",
    early.run(source as never, () => {}),
    "stages.total.state.all[0] cannot be written, for it is an object of the class Money",
  );
  assertEquals(opened, []);

  const late = start().map("m", () => new Money()).batch("b", 9);
  await assertCode(
    "NOT_SERIALIZABLE",
    runJob(late, { store, commit: { items: 2 } }),
    "stages.b.state.items[0] cannot be written",
  );
});

test("figures of a stage go on where they were", async () => {
  const pipeline = start().filter("odd", (n) => n % 2 === 1).map("m", (n, index) => [n, index])
    .map("side by side", (pair) => Promise.resolve(pair), { concurrencyLimit: 2 });
  const store = memoryStore();

  await countSteps(pipeline, store, [1, 2, 3]);
  assertEquals(await countSteps(pipeline, store, [1, 2, 3, 4, 5]), [
    ["odd", 5, 3, 2, 0, 0],
    ["m", 3, 3, 0, 0, 0],
    ["side by side", 3, 3, 0, 0, 0],
  ]);
});

test("what is kept back is counted after a restart, until it comes out", async () => {
  const windows = start().windowTime("w", { timestamp: (n) => n, sizeMs: 10 });
  const inner = memoryStore();
  const store: CheckpointStore = {
    ...inner,
    async save(id, saved, fence) {
      await inner.save(id, saved, fence);
      job.stop();
    },
  };
  const job = durable(windows, { id: ID, mode: "snapshots", store, commit: { items: 2 } });
  await job.run(positioned([1, 2, 3, 40]), () => {});

  assertEquals(await countSteps(windows, inner, [1, 2, 3, 40]), [["w", 4, 2, 0, 0, 0]]);
});

test("[L17] a throttle lets no more through because it was restarted", async () => {
  for (const burst of [undefined, 1]) {
    const slow = start().throttle("t", { limit: 1, intervalMs: 1_000, ...(burst && { burst }) });
    const inner = memoryStore();
    const clock = new TestClock();
    const times: number[] = [];
    const run = (store: CheckpointStore) => {
      const job = durable(slow, { id: ID, mode: "snapshots", store, commit: { items: 1 } });
      const running = job.run(positioned([1, 2, 3]), () => times.push(clock.now()));
      return { job, running };
    };
    await clock.use(async () => {
      // Stopped after its first item, and begun again at once.
      const { job, running } = run({
        ...inner,
        async save(id, saved, fence) {
          await inner.save(id, saved, fence);
          job.stop();
        },
      });
      await clock.finish(running);
      assertEquals(times.length, 1);
      await clock.finish(run(inner).running);
    });

    assertEquals(times.map((time, at) => at === 0 || time - times[at - 1]! >= 990), [
      ...[true, true, true],
    ]);
  }
});

/** Runs a job, and says what went in, came out, was dropped, is in flight and was given up in each stage. */
async function countSteps(
  pipeline: PipelineOf<number, unknown>,
  store: CheckpointStore,
  items: readonly number[],
): Promise<unknown[]> {
  let steps: unknown[] = [];
  await durable(pipeline, { id: ID, mode: "snapshots", store }).run(positioned(items), () => {}, {
    observer: ({ ended }) => {
      ended.then(({ steps: all }) =>
        steps = all.map(({ key, inputCount, outputCount, droppedCount, ...counts }) => [
          ...[key, inputCount, outputCount, droppedCount],
          ...[counts.inFlightCount, counts.abandonedCount],
        ])
      );
    },
  });
  return steps;
}

test("a checkpoint of the other mode is refused with both, and what to do", async () => {
  const store = await saveThen((saved) => saved);
  const job = durable(start(), { id: ID, mode: "acks", store });
  const message = 'it was saved in the mode "snapshots", not "acks"; end it so, or begin ' +
    "another job";

  await assertCode("VERSION_MISMATCH", job.run(positioned([1]), () => {}), message);
});
