// Sources that give what is no item, queues that give what is no delivery, stores that give what is
// no checkpoint.

import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import {
  consume,
  durable,
  type DurableOptions,
  memoryStore,
  positioned,
  type PositionedSource,
} from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { assertCode, ID, onClock } from "./_jobs.ts";

const MODES = ["acks", "snapshots"] as const;
const same = StreamingPipeline.start<number>().map("same", (n) => n);

const createJob = (mode: "acks" | "snapshots", options: Partial<DurableOptions<number>> = {}) =>
  durable(same, { id: ID, mode, store: memoryStore(), commit: { items: 1 }, ...options });

/** A source that gives that, and how often it was closed. */
const give = (next: () => unknown) => {
  const seen = { closed: 0 };
  const iterator = {
    next,
    return: () => Promise.resolve({ done: true, value: void seen.closed++ }),
  };
  const source = { open: () => ({ [Symbol.asyncIterator]: () => iterator }) };
  // The cast: what it gives is not what it should.
  return { seen, source: source as unknown as PositionedSource<number, number> };
};

/** The message of what a run fails with, or of its cause. */
const messageOf = async (running: Promise<unknown>): Promise<string> => {
  const error = await assertRejects(() => running, Error);
  return error.cause instanceof Error ? error.cause.message : error.message;
};

test("what open() returns, and is no async iterable, is refused with what it is", async () => {
  for (const mode of MODES) {
    for (const opened of [undefined, null, 1, [1], Promise.resolve(), "text", {}]) {
      const source = { open: () => opened as never };
      const running = onClock(() => createJob(mode).run(source, () => {}));

      assertStringIncludes(
        await messageOf(running),
        "what open() of its source returns must be an async iterable",
      );
    }
  }
});

test("a web stream that is no async iterable is read, cancelled and unlocked", async () => {
  for (const mode of MODES) {
    const cancelled: unknown[] = [];
    const open = () => {
      let position = 0;
      const stream = new ReadableStream({
        pull: (controller) => {
          if (++position > 2) controller.close();
          else controller.enqueue({ item: position, position });
        },
        cancel: (reason) => void cancelled.push(reason.name),
      }, { highWaterMark: 0 });
      Object.defineProperty(stream, Symbol.asyncIterator, { value: undefined });
      return stream;
    };
    const taken: number[] = [];
    const opened = open();
    const sink = (item: number) => void taken.push(item);
    await onClock(() => createJob(mode).run({ open: () => opened }, sink));
    assertEquals([taken, opened.locked, cancelled], [[1, 2], false, []]);

    const failing = open();
    const failure = new Error("no");
    const source = { open: () => failing };
    const error = await onClock(() =>
      assertRejects(() => createJob(mode).run(source, () => Promise.reject(failure)))
    );
    assertStrictEquals(error, failure);
    assertEquals([failing.locked, cancelled.length], [false, 1]);

    const plain = new ReadableStream<number>({
      start: (controller) => {
        controller.enqueue(7);
        controller.close();
      },
    });
    Object.defineProperty(plain, Symbol.asyncIterator, { value: undefined });
    await onClock(() => createJob(mode).run(positioned(plain), sink));
    assertEquals(taken, [1, 2, 7]);
  }
});

test("what is no item with a position is refused, and the source is closed", async () => {
  const delivery = { item: 1, attempts: 1, ack() {}, nack() {}, extend() {} };
  const rows: [unknown, string][] = [
    [undefined, "got undefined"],
    [5, "got 5"],
    [{ item: 1 }, "must be an object with item and position"],
    [{ position: 1 }, "must be an object with item and position"],
    [{ item: 1, position: undefined }, "must not be undefined"],
    [delivery, "a queue is read by consume()"],
  ];
  for (const mode of MODES) {
    for (const [value, message] of rows) {
      const { seen, source } = give(() => Promise.resolve({ done: false, value }));
      const running = onClock(() => createJob(mode).run(source, () => {}));

      assertStringIncludes(await messageOf(running), message);
      assertEquals(seen.closed, 1);
    }
  }
});

test("a source that changes a position it has given is found out at its second item", async () => {
  for (const mode of MODES) {
    const position = { read: 0 };
    const { source } = give(() => {
      position.read++;
      return Promise.resolve({ done: false, value: { item: position.read, position } });
    });

    const running = onClock(() => createJob(mode).run(source, () => {}));

    assertStringIncludes(await messageOf(running), "has given one object twice");
  }
});

test("a position is that of when its item was read, whatever the source makes of it later", async () => {
  for (const mode of MODES) {
    for (const places of [1, 2, 3]) {
      const positions = Array.from({ length: places }, () => ({ read: { rows: 0 } }));
      const source: PositionedSource<number, { read: { rows: number } }> = {
        async *open(from) {
          for (let row = (from?.read.rows ?? 0) + 1; row <= 8; row++) {
            const position = positions[row % places]!;
            position.read.rows = row;
            await Promise.resolve();
            yield { item: row, position };
          }
        },
      };
      const store = memoryStore();
      const taken: number[] = [];
      // One object that is changed is found out at its second item: each run has one more.
      for (let run = 0; taken.length < 8; run++) {
        let left = places === 1 ? Infinity : 3;
        const running = createJob(mode, { store }).run(source, (row) => {
          if (left-- === 0) throw new Error("crashed");
          taken.push(row);
        });
        await running.catch(() => {});
        assert(run < 20);
      }

      assertEquals(taken, [1, 2, 3, 4, 5, 6, 7, 8], `${mode}, ${places}`);
    }
  }
});

test("a position that cannot be saved is refused at its item, with its path", async () => {
  for (const mode of MODES) {
    const position = { page: [() => 1] };
    const { source } = give(() => Promise.resolve({ done: false, value: { item: 1, position } }));

    const message = await messageOf(createJob(mode).run(source, () => {}));

    assertStringIncludes(message, 'the job "ingest": position.page[0] cannot be written');
  }
});

test("a source that has thrown is not closed; one that has ended neither", async () => {
  for (const mode of MODES) {
    for (const last of [() => Promise.reject(new Error("no")), () => ({ done: true })]) {
      let read = 0;
      const { seen, source } = give(() =>
        read++ < 2
          ? Promise.resolve({ done: false, value: { item: read, position: read } })
          : last()
      );
      await onClock(() => createJob(mode).run(source, () => {}).catch(() => {}));

      assertEquals([mode, seen.closed], [mode, 0]);
    }
  }
});

test("what is no delivery is refused, and one that was read and not taken is given back", async () => {
  const delivery = { item: 1, attempts: 1, ack() {}, nack() {}, extend() {} };
  const rows: [unknown, string][] = [
    [5, "must be a delivery"],
    [{ ...delivery, nack: undefined }, "must be a delivery"],
    [{ item: 1, position: 1 }, "items with positions are for durable()"],
    [{ ...delivery, attempts: undefined }, "attempts of a delivery must be"],
    [{ ...delivery, attempts: 0 }, "1 at first, got 0"],
  ];
  for (const [value, message] of rows) {
    const { seen, source } = give(() => Promise.resolve({ done: false, value }));
    const running = consume(same, source as never, () => {});

    assertStringIncludes(await messageOf(running), message);
    assertEquals(seen.closed, 1);
  }

  const log: string[] = [];
  const stop = new AbortController();
  let item = 0;
  const queue = give(() => {
    const n = ++item;
    // The run is stopped while the queue hands this one over.
    if (n === 2) stop.abort();
    const told = (name: string) => () => void log.push(`${name} ${n}`);
    const value = { item: n, attempts: 1, ack: told("ack"), nack: told("nack"), extend() {} };
    return Promise.resolve({ done: false, value });
  });
  await consume(same, queue.source as never, () => {}, { stop: stop.signal });

  assertEquals([log, queue.seen.closed], [["ack 1", "nack 2"], 1]);
});

test("keys and hashes that are no text are refused", async () => {
  const store = { get: () => undefined, set() {} };
  const run = (unchanged: { key?: unknown; hash?: unknown }) =>
    messageOf(onClock(() =>
      createJob("acks", {
        // The cast: they return what they should not.
        unchanged: { key: String, hash: String, store, ...unchanged } as never,
      }).run(positioned([1]), () => {})
    ));

  assertStringIncludes(await run({ key: () => undefined }), "what unchanged.key returns");
  const hash = () => Promise.reject(new Error("late"));
  assertStringIncludes(await run({ hash }), "what unchanged.hash returns must be a text, got a Pr");
});

test("an answer of acquire() that is none is refused, with what is wrong", async () => {
  for (const mode of MODES) {
    for (
      const [acquired, message] of [
        [undefined, "fence, a positive integer, and has undefined"],
        [{ fence: "1" }, "fence, a positive integer"],
        [{ fence: 0 }, "fence, a positive integer, and has 0"],
        [{ fence: 1, saved: 5 }, "saved, a text or undefined, and has 5"],
      ] as const
    ) {
      const store = { ...memoryStore(), acquire: () => Promise.resolve(acquired as never) };
      const running = onClock(() => createJob(mode, { store }).run(positioned([1]), () => {}));

      assertStringIncludes(await messageOf(running), message);
    }
    // Stores that are written by hand say null where nothing was saved.
    const none = { ...memoryStore(), save: () => Promise.resolve() };
    const store = { ...none, acquire: () => Promise.resolve({ fence: 1, saved: null as never }) };
    const { acked } = await onClock(() =>
      createJob(mode, { store }).run(positioned([1]), () => {})
    );
    assertEquals(acked, 1);
  }
});

test("a checkpoint whose ranges of done items are none is refused, and leaves no item out", async () => {
  const ranges = [[[0, 0]], [[5, 1], [0, 9]], [[0, 2], [1, 2]], [[0, 2], [2, 2]], [[-1, 2]], [[1]]];
  for (const done of ranges) {
    const store = memoryStore();
    const { fence } = await store.acquire(ID);
    const value = { mode: "acks", version: 1, position: 1, done, attempts: [] };
    await store.save(ID, JSON.stringify({ format: 1, value }), fence);
    const running = onClock(() => createJob("acks", { store }).run(positioned([1, 2]), () => {}));

    await assertCode("CHECKPOINT_UNREADABLE", running, "which items are done");
  }
});

test("a pipeline that wants no more is complete in the mode acks, and reads on in the next run", async () => {
  const store = memoryStore();
  const run = async (signal: AbortSignal, onItem: (n: number) => void) => {
    const pipeline = StreamingPipeline.start<number>().takeUntil("until", signal);
    const job = durable(pipeline, { id: ID, mode: "acks", store });
    return (await onClock(() => job.run(positioned([1, 2, 3]), onItem))).status;
  };
  const until = new AbortController();
  const taken: number[] = [];

  assertEquals(await run(until.signal, () => until.abort()), "complete");
  assertEquals(await run(new AbortController().signal, (n) => taken.push(n)), "ended");
  assertEquals(taken, [2, 3]);
});
