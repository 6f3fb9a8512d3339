import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { StreamingErrorStrategy, StreamingPipeline } from "../../mod.ts";
import {
  type CheckpointStore,
  durable,
  memoryStore,
  positioned,
  type PositionedSource,
  transactional,
  type TransactionalStore,
} from "../../src/durable/mod.ts";
import { budget } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import {
  add,
  assertCode,
  ID,
  noteCommits,
  NUMBERS,
  onClock,
  options,
  probe,
  SUMS,
  totals,
} from "./_jobs.ts";

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

test("a signal ends the run with its reason, also while the sink takes an item", async () => {
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
    // The source is read ahead while a failed item is on its way.
    const pipeline = StreamingPipeline.start<number>().buffer("ahead", 4).map("odd", (n) => {
      if (n % 2 === 0) throw new Error("even");
      return n;
    }, { errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS }).scan("total", add, 0);
    const events: unknown[] = [];
    const store = noteCommits(events);
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

for (const mode of ["acks", "snapshots"] as const) {
  test(`in the mode ${mode} a budget that is spent ends the run, and what it has refused comes again`, async () => {
    for (const errorStrategy of [undefined, StreamingErrorStrategy.SKIP_FAILED]) {
      const store = memoryStore();
      const taken: number[] = [];
      const run = (limit: number) => {
        const paid = StreamingPipeline.start<number>().map("paid", (n) => n, {
          policy: budget({ limit, cost: () => 1 }),
          errorStrategy,
        });
        const job = durable(paid, options(store, { mode, commit: { items: 1 } }));
        return onClock(() => job.run(positioned(NUMBERS), (n) => taken.push(n)));
      };

      const error = await assertRejects(() => run(3), Error, "A policy of the job lets nothing");
      assertEquals((error as { code?: unknown }).code, "BUDGET_SPENT");
      assertEquals(taken, [1, 2, 3]);
      const { resumedFrom } = await run(9);
      assertEquals([taken, resumedFrom], [NUMBERS, 3]);
    }
  });
}
