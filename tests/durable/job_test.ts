import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { StreamingErrorStrategy, StreamingPipeline } from "../../mod.ts";
import {
  type CheckpointStore,
  durable,
  DurableError,
  type DurableErrorCode,
  type DurableOptions,
  type JobResult,
  memoryStore,
  positioned,
  type PositionedSource,
  transactional,
  type TransactionalStore,
} from "../../src/durable/mod.ts";
import { TestClock } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const ID = "ingest";
const add = (total: number, n: number) => total + n;
const totals = StreamingPipeline.start<number>().scan("total", add, 0);
const pairs = totals.batch("pair", 2);
const NUMBERS = [1, 2, 3, 4, 5];
const SUMS = [1, 3, 6, 10, 15];

const options = (store: CheckpointStore, more: Partial<DurableOptions> = {}): DurableOptions => ({
  id: ID,
  mode: "snapshots",
  store,
  ...more,
});

/** Runs on a clock of its own, which moves on where nothing else happens. */
async function onClock<T>(body: (clock: TestClock) => Promise<T>): Promise<T> {
  const clock = new TestClock();
  const result = await clock.use(async () => {
    const running = body(clock);
    await clock.finish(running);
    return await running;
  });
  assertEquals(clock.timerCount, 0);
  return result;
}

async function assertCode(
  code: DurableErrorCode,
  work: Promise<unknown>,
  includes: string,
): Promise<void> {
  const error = await assertRejects(() => work, DurableError, includes);
  assertEquals([error.code, error.id], [code, ID]);
}

/** A source that says what is done to it; after its items it is silent where `isEndless`. */
function probe(items: readonly number[], isEndless = false) {
  const seen = { opened: 0, read: 0, closed: 0, signals: [] as AbortSignal[] };
  const source: PositionedSource<number, number> = {
    async *open(from = 0, signal) {
      seen.opened++;
      seen.signals.push(signal);
      try {
        for (let position = from + 1; position <= items.length; position++) {
          seen.read++;
          yield { item: items[position - 1]!, position };
        }
        if (!isEndless) return;
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        );
      } finally {
        seen.closed++;
      }
    },
  };
  return { seen, source };
}

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

test("a job reads nothing more while it commits, and goes on behind that", async () => {
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

test("a job commits behind what is in flight in parallel work, and the sink", async () => {
  await onClock(async () => {
    const events: string[] = [];
    const inner = memoryStore();
    const store: CheckpointStore = {
      ...inner,
      save(id, saved, fence) {
        events.push("commit");
        return inner.save(id, saved, fence);
      },
    };
    const pipeline = StreamingPipeline.start<number>()
      .delay("as long as it takes", 0)
      .map("slow", (n) => n, { concurrencyLimit: 3 });
    assertThrows(() => durable(pipeline, options(store)), TypeError, "(delay) depends on the time");
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

    assertEquals(events, ["1", "3", "5", "commit", "2", "commit"]);
  });
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

test("a run behind the end reads on where there is more, and otherwise does nothing", async () => {
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

test("what fails ends the run with it, commits nothing of that, and closes all", async () => {
  const failure = new RangeError("no");
  const broken = totals.tap("check", (total) => {
    if (total === 6) throw failure;
  });
  const failing: PositionedSource<number, number> = {
    async *open() {
      yield { item: 1, position: 1 };
      throw failure;
    },
  };
  const run = async (start: (store: CheckpointStore) => Promise<unknown>) => {
    const store = memoryStore();
    const error = await assertRejects(() => onClock(() => start(store)), Error);
    return [error, (await store.acquire(ID)).saved === undefined] as const;
  };
  const { seen, source } = probe(NUMBERS);

  const [ofStage] = await run((store) =>
    durable(broken, options(store, { commit: { items: 2 } })).run(source, () => {})
  );
  const [ofSink, isUnsaved] = await run((store) =>
    durable(totals, options(store)).run(source, () => Promise.reject(failure))
  );
  const [ofSource] = await run((store) => durable(totals, options(store)).run(failing, () => {}));

  assertStrictEquals(ofStage.cause, failure);
  assertStrictEquals(ofSink, failure);
  assertStrictEquals(ofSource.cause, failure);
  assert(isUnsaved);
  assertEquals([seen.opened, seen.closed], [2, 2]);
});

test("a store that fails ends the run with what it has thrown", async () => {
  const failure = new Error("disk full");
  for (const method of ["acquire", "save", "release"] as const) {
    const { seen, source } = probe(NUMBERS);
    const store = { ...memoryStore(), [method]: () => Promise.reject(failure) };
    const job = durable(totals, options(store, { commit: { items: 2 } }));

    const error = await assertRejects(() => onClock(() => job.run(source, () => {})));

    assertStrictEquals(error, failure);
    assertEquals(seen.opened, seen.closed);
  }
});

test("a signal ends the run with its reason, also while the sink is at work", async () => {
  const reason = new Error("leave");
  for (const isSlow of [false, true]) {
    const controller = new AbortController();
    const { seen, source } = probe([1], true);
    const job = durable(totals, options(memoryStore()));
    const sink = () => isSlow ? new Promise(() => {}) : undefined;
    const error = await assertRejects(() =>
      onClock(async () => {
        const running = job.run(source, sink, { signal: controller.signal });
        for (let turn = 0; turn < 300; turn++) await undefined;
        controller.abort(reason);
        return await running;
      })
    );

    assertStrictEquals(error, reason);
    assertEquals([seen.opened, seen.closed], [1, 1]);
  }
  const { seen, source } = probe([1]);
  const job = durable(totals, options(memoryStore()));
  const error = await assertRejects(() =>
    job.run(source, () => {}, { signal: AbortSignal.abort(reason) })
  );
  assertEquals([error, seen.opened], [reason, 0]);
});

test("a signal ends a run that waits whether its source has more", async () => {
  const reason = new Error("leave");
  const store = memoryStore();
  const job = durable(totals, options(store));
  await onClock(() => job.run(positioned([1]), () => {}));
  const controller = new AbortController();
  const { seen, source } = probe([1], true);
  const error = await assertRejects(() =>
    onClock(async () => {
      const running = job.run(source, () => {}, { signal: controller.signal });
      for (let turn = 0; turn < 300; turn++) await undefined;
      controller.abort(reason);
      return await running;
    })
  );

  assertStrictEquals(error, reason);
  assertEquals([seen.opened, seen.closed], [1, 1]);
});

test("of two owners of a job the first one's next commit is refused", async () => {
  await onClock(async () => {
    const store = memoryStore();
    const first = durable(totals, options(store, { commit: { items: 2 } }));
    const taken: number[] = [];
    const losing = first.run(positioned(NUMBERS), async (total) => {
      if (total !== 3) return;
      // Another process comes, and does all of the job.
      const job = durable(totals, options(store));
      await job.run(positioned(NUMBERS), (total) => taken.push(total));
    });

    await assertCode("FENCED", losing, "another one has acquired it since");
    assertEquals(taken, SUMS);
  });
});

test("failed items are with errorsTo before the commit that counts them as done", async () => {
  await onClock(async () => {
    const pipeline = StreamingPipeline.start<number>().map("odd", (n) => {
      if (n % 2 === 0) throw new Error("even");
      return n;
    }, { errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS }).scan("total", add, 0);
    const events: unknown[] = [];
    const inner = memoryStore();
    const store: CheckpointStore = {
      ...inner,
      save(id, saved, fence) {
        events.push("commit");
        return inner.save(id, saved, fence);
      },
    };
    const job = durable(pipeline, options(store, { commit: { items: 2 } }));
    const errorsTo = async ({ item }: { readonly item: unknown }) => {
      for (let turn = 0; turn < 300; turn++) await undefined;
      events.push(item);
    };

    const { deadLettered, acked } = await job.run(positioned([1, 2, 3, 4]), () => {}, { errorsTo });

    assertEquals(events.filter((event) => event !== "commit"), [2, 4]);
    assertEquals(events.indexOf(2) < events.indexOf("commit"), true);
    assertEquals(events.lastIndexOf(4) < events.lastIndexOf("commit"), true);
    assertEquals([deadLettered, acked], [2, 4]);
  });
});

test("a WritableStream takes what comes out, and is neither closed nor left locked", async () => {
  await onClock(async () => {
    const written: number[] = [];
    let closed = 0;
    const stream = new WritableStream<number>({
      write: (total) => void written.push(total),
      close: () => void closed++,
    });
    const job = durable(totals, options(memoryStore()));

    await job.run(positioned(NUMBERS), stream);

    assertEquals([written, closed, stream.locked], [SUMS, 0, false]);
  });
});

test("what is written in a transaction is written with the checkpoint, or not at all", async () => {
  const rows: number[] = [];
  const inner = memoryStore();
  let mayCommit = 1;
  const store: TransactionalStore<number[]> = {
    ...inner,
    async commit(id, fence, saved, work) {
      const written: number[] = [];
      await work(written);
      if (mayCommit-- <= 0) throw new Error("connection lost");
      await inner.save(id, saved, fence);
      rows.push(...written);
    },
  };
  const sink = transactional(store, (totals: readonly number[], tx) => void tx.push(...totals));
  const job = durable(totals, options(store, { commit: { items: 2 } }));

  await assertRejects(() => onClock(() => job.run(positioned(NUMBERS), sink)), Error, "lost");
  assertEquals(rows, [1, 3]);
  mayCommit = Infinity;
  await onClock(() => job.run(positioned(NUMBERS), sink));

  assertEquals(rows, SUMS);
});

test("[L9] a job that is running cannot be run", async () => {
  await onClock(async () => {
    const job = durable(totals, options(memoryStore()));
    const running = job.run(positioned(NUMBERS), () => {});

    await assertRejects(
      () => job.run(positioned(NUMBERS), () => {}),
      TypeError,
      `"${ID}" is running, and one run at a time may`,
    );
    assertEquals((await running).acked, 5);
    assertEquals((await job.run(positioned(NUMBERS), () => {})).acked, 0);
  });
});

test("[L9] durable() refuses options that are not valid", () => {
  const store = memoryStore();
  const refuse = (given: unknown) =>
    assertThrows(() => durable(totals, given as never), Error).message;

  assertThrows(() => durable({} as never, options(store)), TypeError, "a StreamingPipeline");
  assertEquals(refuse(undefined), "Cannot durable: options must be an object, got undefined");
  const rows: [Record<string, unknown>, string][] = [
    [{ id: "" }, 'id must be a non-empty text, got ""'],
    [{ mode: "snapshot" }, "mode must be"],
    [{ store: {} }, "store must be a store of checkpoints, such as fileStore(), got an object"],
    [{ store: undefined }, "store must be a store of checkpoints"],
    [{ version: 0 }, "version must be a positive integer, got 0"],
    [{ commit: { items: 0 } }, "commit.items must be a positive integer, got 0"],
    [{ commit: { ms: 0 } }, "commit.ms must be"],
    [{ commit: { size: 2 } }, 'unknown option "size"'],
    [{ migrate: 3 }, "migrate must be a function, got 3"],
    [{ poison: {} }, 'unknown option "poison"'],
  ];
  for (const [wrong, message] of rows) {
    const found = refuse({ ...options(store), ...wrong });
    assert(found.includes(message), found);
  }
});

test("[L9] a run refuses what is no source, sink or option, and acquires nothing", async () => {
  const inner = memoryStore();
  let acquired = 0;
  const store = { ...inner, acquire: (id: string) => (acquired++, inner.acquire(id)) };
  const job = durable(totals, options(store));
  const sink = () => {};
  const source = positioned(NUMBERS);
  const other = { ...memoryStore(), commit: () => Promise.resolve() };
  const rows: [() => Promise<unknown>, string][] = [
    [() => job.run(NUMBERS as never, sink), "its source must be a source with positions"],
    [() => job.run(source, undefined as never), "its sink must be a function, a WritableStream"],
    [() => job.run(source, {} as never), "its sink must be a function, a WritableStream"],
    [() => job.run(source, transactional(other, () => {})), "must be that of the job"],
    [() => job.run(source, sink, { stop: 1 } as never), 'unknown option "stop"'],
    [() => job.run(source, sink, { signal: 1 as never }), "signal must be an AbortSignal"],
    [() => job.stop({ deadlineMs: -1 }), "deadlineMs must be"],
  ];
  for (const [work, message] of rows) await assertRejects(work, Error, message);
  assertEquals(acquired, 0);
  assertThrows(() => transactional(inner as never, () => {}), TypeError, "with transactions");
  assertThrows(() => transactional(other, 3 as never), TypeError, "write must be a function");
});

test("[L9] a run refuses what a source gives without a position", async () => {
  const source = {
    async *open() {
      yield 3;
    },
  };
  const job = durable(totals, options(memoryStore()));

  const error = await assertRejects(() => onClock(() => job.run(source as never, () => {})), Error);

  assert(String(error.cause).includes("an object with item and position"), String(error.cause));
});
