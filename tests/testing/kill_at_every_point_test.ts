import { assertEquals, assertRejects } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import {
  type CheckpointStore,
  durable,
  memoryStore,
  type TransactionalStore,
} from "../../src/durable/mod.ts";
import { killAtEveryPoint, type KilledWorld } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const totals = StreamingPipeline.start<number>().scan("total", (total, n) => total + n, 0);
const ITEMS = [1, 2, 3, 4];

const createJob = (store: CheckpointStore) =>
  durable(totals, { id: "job", mode: "snapshots", store, commit: { items: 2 } });

test("killAtEveryPoint() counts its points, its runs and what came twice", async () => {
  const whole = await killAtEveryPoint({ createJob, items: ITEMS });
  const pairs = await killAtEveryPoint({ createJob, items: [1], kills: 2 });
  const plain = await killAtEveryPoint({ createJob, items: ITEMS, sink: "plain" });

  assertEquals([whole.runs, whole.duplicates], [whole.points, 0]);
  assertEquals(pairs.runs > pairs.points * 2, true);
  assertEquals([plain.runs, plain.duplicates > 0], [plain.points, true]);
});

test("killAtEveryPoint() finds a job that keeps its state in the wrong place", async () => {
  const counted = () => {
    let total = 0;
    return StreamingPipeline.start<number>().map("total", (n) => total += n);
  };
  const job = {
    createJob: (store: CheckpointStore) =>
      durable(counted(), { id: "job", mode: "snapshots", store, commit: { items: 2 } }),
    items: ITEMS,
  };

  await assertRejects(() => killAtEveryPoint(job), Error, "killed at");
  await assertRejects(() => killAtEveryPoint({ ...job, sink: "plain" }), Error, "killed at");
});

test("killAtEveryPoint() finds what is wrong inside of items of any kind", async () => {
  const kinds: Record<string, (total: number) => unknown> = {
    Map: (total) => new Map([["total", total]]),
    Set: (total) => new Set([total]),
    Error: (total) => new Error(`total ${total}`),
    bytes: (total) => new Uint8Array([total]),
    Date: (total) => new Date(total),
    bigint: (total) => ({ total: BigInt(total) }),
    symbol: (total) => [Symbol.for(`total ${total}`)],
    "no number": (total) => total > 5 ? Infinity : null,
    "minus zero": (total) => total > 5 ? -0 : 0,
    undefined: (total) => [total > 5 ? undefined : null],
    "a text like it": (total) => total > 5 ? 10n : "10n",
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const killed = (isKept: boolean) => {
      const createJob = (store: CheckpointStore) => {
        let total = 0;
        const pipeline = isKept
          ? totals.map("made", make)
          : StreamingPipeline.start<number>().map("made", (n) => make(total += n));
        const options = { id: "job", mode: "snapshots", store, commit: { items: 2 } } as const;
        return durable<number, unknown>(pipeline, options);
      };
      return killAtEveryPoint({ createJob, items: ITEMS });
    };

    assertEquals((await killed(true)).duplicates, 0, kind);
    await assertRejects(() => killed(false), Error, "killed at", kind);
  }
});

test("[L9] killAtEveryPoint() says what its functions must return", async () => {
  const store = memoryStore();
  const open = (process: object) => ({
    createWorld: () => ({ open: () => process, read: () => [] }),
  });
  const rows: [Record<string, unknown>, string][] = [
    [
      { createJob: () => undefined },
      "what createJob returns must be an object with run(), got undefined",
    ],
    [{ createWorld: () => 1 }, "what createWorld returns must be an object with open(), got 1"],
    [
      { createWorld: () => ({ open() {} }) },
      "what createWorld returns must be an object with read()",
    ],
    [open({}), "the store of a process must be an object with acquire(), got undefined"],
    [open({ store }), "the store of a process must be an object with commit(), got an object"],
    [open({ store: { ...store, commit() {} } }), "a process must be an object with write()"],
  ];
  for (const [wrong, message] of rows) {
    const killed = killAtEveryPoint({ createJob, items: ITEMS, ...wrong } as never);
    await assertRejects(() => killed, TypeError, `Cannot call killAtEveryPoint: ${message}`);
  }
});

test("killAtEveryPoint() lets a plain sink have more of it again where a store is late", async () => {
  const forgetful = (store: CheckpointStore) => {
    const saved: string[] = [];
    // What was saved last is on the disk with the next one.
    return {
      ...store,
      async save(id: string, text: string, fence: number) {
        saved.push(text);
        if (saved.length > 1) await store.save(id, saved.at(-2)!, fence);
      },
    };
  };
  const job = {
    createJob: (store: CheckpointStore) => createJob(forgetful(store)),
    items: ITEMS,
  };

  const { duplicates } = await killAtEveryPoint({ ...job, sink: "plain" });
  assertEquals(duplicates > 0, true);
});

test("killAtEveryPoint() finds a job that commits before the sink has taken the items", async () => {
  const early = (store: CheckpointStore) => {
    const job = createJob(store);
    return {
      ...job,
      stop: () => job.stop(),
      progress: () => job.progress(),
      run: (source: never, sink: (item: number) => unknown) => {
        const waiting: number[] = [];
        return job.run(source, async (item: number) => {
          waiting.push(item);
          if (waiting.length > 2) await sink(waiting.shift()!);
        });
      },
    };
  };
  const job = { createJob: early as never, items: ITEMS, sink: "plain" as const };

  await assertRejects(() => killAtEveryPoint(job), Error, "came out");
});

test("killAtEveryPoint() tells of a job that hangs", async () => {
  const stuck = StreamingPipeline.start<number>().map("m", () => new Promise(() => {}));
  const job = {
    createJob: (store: CheckpointStore) => durable(stuck, { id: "job", mode: "snapshots", store }),
    items: ITEMS,
  };

  await assertRejects(() => killAtEveryPoint(job), Error, "does not settle");
});

test("killAtEveryPoint() opens a world of its own for each run, and ends each process in it", async () => {
  const seen = { worlds: 0, closed: 0, opened: 0, ended: 0 };
  const createWorld = (isLeaking: boolean) => (): KilledWorld<number> => {
    seen.worlds++;
    const rows: number[] = [];
    const inner = memoryStore();
    const commit: TransactionalStore<number[]>["commit"] = async (id, fence, saved, work) => {
      const written: number[] = [];
      // As a database does, which is not there in the same turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await work(isLeaking ? rows : written);
      await inner.save(id, saved, fence);
      rows.push(...written);
    };
    return {
      open() {
        seen.opened++;
        return {
          store: { ...inner, commit } as CheckpointStore,
          write: (items: readonly number[], transaction: number[]) =>
            void transaction.push(...items),
          end: () => seen.ended++,
        };
      },
      read: () => [...rows],
      close: () => seen.closed++,
    };
  };
  const job = { createJob, items: ITEMS };

  const { points, duplicates } = await killAtEveryPoint({
    ...job,
    createWorld: createWorld(false),
  });
  assertEquals(duplicates, 0);
  const processes = 1 + 2 * points;
  assertEquals(seen, {
    worlds: 1 + points,
    closed: 1 + points,
    opened: processes,
    ended: processes,
  });
  // What a killed process has written in a transaction stays in that one.
  const leaking = killAtEveryPoint({ ...job, createWorld: createWorld(true) });
  await assertRejects(() => leaking, Error, "killed at");
});

test("[L9] killAtEveryPoint() refuses options that are not valid, and runs nothing", async () => {
  let created = 0;
  const job = {
    createJob: (store: CheckpointStore) => (created++, createJob(store)),
    items: ITEMS,
  };
  const rows: [Record<string, unknown>, string][] = [
    [{ kill: 2 }, 'unknown option "kill"'],
    [{ createJob: 1 }, "createJob must be a function, got 1"],
    [{ items: new Set(ITEMS) }, "items must be an array, got a Set"],
    [{ kills: 3 }, "kills must be 1 or 2, got 3"],
    [{ sink: "exact" }, 'sink must be one of transactional, plain, got "exact"'],
    [{ order: "none" }, 'order must be one of same, any, got "none"'],
    [{ createWorld: {} }, "createWorld must be a function"],
    [{ compare: "flat" }, "compare must be a function"],
  ];
  for (const [wrong, message] of rows) {
    const killed = killAtEveryPoint({ ...job, ...wrong } as never);
    await assertRejects(() => killed, Error, `Cannot call killAtEveryPoint: ${message}`);
  }
  assertEquals(created, 0);
});
