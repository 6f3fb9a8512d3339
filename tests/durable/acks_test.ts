import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamingError } from "../../mod.ts";
import { debounce, scan, take } from "../../src/operators/mod.ts";
import {
  type DeadLetter,
  durable,
  DurableError,
  memoryStore,
  positioned,
} from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { NUMBERS, settings, start } from "./_acks.ts";

/** A sink that fails on one item until it is mended. */
function createSink(failsOn?: number) {
  const taken: number[] = [];
  const sink = {
    failsOn,
    taken,
    take: (item: number) => {
      if (item === sink.failsOn) throw new Error("The sink fails");
      taken.push(item);
    },
  };
  return sink;
}

test("a run in the mode acks reads all items, and a later one reads none of them again", async () => {
  const options = settings();
  const sink = createSink();
  const job = durable(start().map("same", (n) => n), options);
  const first = await job.run(positioned(NUMBERS), sink.take);
  const second = await job.run(positioned([...NUMBERS, 10]), sink.take);

  assertEquals(sink.taken, [...NUMBERS, 10]);
  assertEquals([first.status, first.acked, first.resumedFrom], ["ended", 10, undefined]);
  assertEquals([second.acked, second.resumedFrom], [1, 10]);
});

test("a failing item ends the run, and the next one begins with it", async () => {
  const options = settings();
  const sink = createSink(4);
  const job = durable(start().map("same", (n) => n), options);
  const error = await assertRejects(() => job.run(positioned(NUMBERS), sink.take), Error);
  sink.failsOn = undefined;
  const { resumedFrom } = await job.run(positioned(NUMBERS), sink.take);

  assertEquals(error.message, "The sink fails");
  assertEquals([sink.taken, resumedFrom], [NUMBERS, 4]);
});

test("a stage that fails ends the run with its error, after what is done", async () => {
  const sink = createSink();
  const job = durable(
    start().map("strict", (n) => {
      if (n === 3) throw new Error("No three");
      return n;
    }),
    settings(),
  );
  const error = await assertRejects(() => job.run(positioned(NUMBERS), sink.take), StreamingError);

  assertEquals([error.key, sink.taken], ["strict", [0, 1, 2]]);
  assertEquals(job.progress().committed, 3);
});

test("items that are done before an earlier one are not read again", async () => {
  const options = settings();
  const called: number[] = [];
  let isSlow = true;
  const job = durable(
    start().map("call", async (n) => {
      called.push(n);
      if (n === 0 && isSlow) await new Promise((_, reject) => setTimeout(reject, 20));
      return n;
    }, { concurrencyLimit: 4, ordered: false }),
    options,
  );
  const sink = createSink();
  await assertRejects(() => job.run(positioned([0, 1, 2, 3]), sink.take));
  isSlow = false;
  called.length = 0;
  await job.run(positioned([0, 1, 2, 3, 4]), sink.take);

  assertEquals(called, [0, 4]);
  assertEquals(sink.taken.toSorted(), [0, 1, 2, 3, 4]);
});

test("poison: an item that fails again and again goes to the dead letters, and the others on", async () => {
  const letters: DeadLetter[] = [];
  const calls: number[] = [];
  const sink = createSink();
  const job = durable(
    start().map("call", (n) => {
      calls.push(n);
      if (n === 5) throw new Error("No five");
      return n;
    }),
    settings({ poison: { attempts: 3, to: (letter) => letters.push(letter) } }),
  );
  const result = await job.run(positioned(NUMBERS), sink.take);

  assertEquals(sink.taken, NUMBERS.filter((n) => n !== 5));
  assertEquals(calls.filter((n) => n === 5).length, 3);
  assertEquals(letters.map(({ item, position, attempts }) => ({ item, position, attempts })), [
    { item: 5, position: 6, attempts: 3 },
  ]);
  assert((letters[0]!.error as StreamingError).key === "call");
  assertEquals([result.acked, result.deadLettered], [10, 1]);
});

test("poison: the neighbours of an item in a failed batch are spared", async () => {
  const letters: unknown[] = [];
  const written: number[] = [];
  const job = durable(
    start().batch("rows", 4).tap("write", (rows) => {
      if (rows.includes(6)) throw new Error("No six");
    }).flatten("row"),
    settings({ poison: { attempts: 2, to: ({ item }) => letters.push(item) } }),
  );
  await job.run(positioned(NUMBERS), (n) => void written.push(n));

  assertEquals(letters, [6]);
  assertEquals(written.toSorted(), NUMBERS.filter((n) => n !== 6));
});

test("poison: attempts are counted across runs", async () => {
  const letters: DeadLetter[] = [];
  const store = memoryStore();
  const run = (kill: boolean) => {
    const options = settings({
      store,
      poison: {
        attempts: 3,
        to: (letter) => {
          if (kill) throw new Error("Killed");
          letters.push(letter);
        },
      },
    });
    const fail = (n: number) => {
      if (n === 1) throw new Error("No one");
      return n;
    };
    return durable(start().map("call", fail), options).run(positioned([0, 1, 2]), () => {});
  };
  await assertRejects(() => run(true), Error, "Killed");
  await run(false);

  assertEquals(letters.map(({ attempts }) => attempts), [4]);
});

test("poison: a sink that refuses an item is no end of the run", async () => {
  const letters: unknown[] = [];
  const sink = createSink(2);
  const job = durable(
    start().map("same", (n) => n),
    settings({ poison: { attempts: 2, to: ({ item }) => letters.push(item) } }),
  );
  await job.run(positioned(NUMBERS), sink.take);

  assertEquals([letters, sink.taken], [[2], NUMBERS.filter((n) => n !== 2)]);
});

test("unchanged: items are left out whose hash is kept, and kept when their items are done", async () => {
  const hashes = new Map([["1", "old"], ["2", "new"]]);
  const sink = createSink(4);
  const job = durable(
    start().map("same", (n) => n),
    settings({
      unchanged: {
        key: String,
        hash: () => "new",
        store: {
          get: (key) => hashes.get(key),
          set: (done) => done.forEach((hash, key) => hashes.set(key, hash)),
        },
      },
    }),
  );
  await assertRejects(() => job.run(positioned([1, 2, 3, 4]), sink.take));
  const kept = [...hashes];
  sink.failsOn = undefined;
  const { unchanged } = await job.run(positioned([1, 2, 3, 4]), sink.take);

  assertEquals(kept, [["1", "new"], ["2", "new"], ["3", "new"]]);
  assertEquals([sink.taken, unchanged, hashes.get("4")], [[1, 3, 4], 0, "new"]);
});

test("unchanged: an item that has failed does not count as unchanged", async () => {
  const strategies = ["SKIP_FAILED", "COLLECT_ERRORS", "SPLIT_ERRORS", undefined] as const;
  for (const errorStrategy of strategies) {
    for (const where of ["stage", "sink"]) {
      if (where === "sink" && errorStrategy !== undefined) continue;
      const hashes = new Map<string, string>([["2", "old"]]);
      const store = {
        get: (key: string) => hashes.get(key),
        set: (done: ReadonlyMap<string, string>) =>
          done.forEach((hash, key) => void hashes.set(key, hash)),
      };
      const run = (failsOn: number | undefined) => {
        const fail = (n: number) => {
          if (n === failsOn) throw new Error("No two");
          return n;
        };
        const isSink = where === "sink";
        const taken: number[] = [];
        const job = durable(
          start().map("strict", isSink ? (n) => n : fail, errorStrategy && { errorStrategy }),
          settings({
            unchanged: { key: String, hash: () => "new", store },
            poison: { attempts: 2, to() {} },
          }),
        );
        const take = (n: number) => void taken.push(isSink ? fail(n) : n);
        return job.run(positioned([1, 2, 3]), take, { errorsTo() {} }).then(() => taken);
      };
      const first = await run(2);
      const kept = [...hashes];
      const second = await run(undefined);

      assertEquals([first, second], [[1, 3], [2]], `${errorStrategy} ${where}`);
      assertEquals(kept.toSorted(), [["1", "new"], ["2", "old"], ["3", "new"]]);
    }
  }
});

test("stop() lets what is in flight come out, and commits it", async () => {
  const options = settings({ commit: { items: 100, ms: 60_000 } });
  const sink = createSink();
  const job = durable(start().map("same", (n) => n, { concurrencyLimit: 2 }), options);
  const running = job.run(positioned(NUMBERS), async (n) => {
    await Promise.resolve();
    sink.take(n);
    if (n === 3) job.stop();
  });
  const { status, acked } = await running;
  const rest = await job.run(positioned(NUMBERS), sink.take);

  assertEquals([status, acked + rest.acked], ["stopped", 10]);
  assertEquals(sink.taken, NUMBERS);
});

test("an aborted run rejects with the reason, and keeps what is done", async () => {
  const options = settings();
  const sink = createSink();
  const controller = new AbortController();
  const job = durable(start().map("same", (n) => n), options);
  const running = job.run(positioned(NUMBERS), (n) => {
    sink.take(n);
    if (n === 3) controller.abort("enough");
  }, { signal: controller.signal });
  assertEquals(await running.catch((reason) => reason), "enough");
  await job.run(positioned(NUMBERS), sink.take);

  assertEquals(sink.taken.filter((n) => n < 3), [0, 1, 2]);
  assertEquals([...new Set(sink.taken)], NUMBERS);
});

test("stages that remember earlier items are refused, with what to do", () => {
  const message = (make: () => unknown) => assertThrows(make, TypeError).message;

  assertEquals(
    message(() => durable(start().use("total", scan((sum, n: number) => sum + n, 0)), settings())),
    'Cannot make the job "job" in the mode acks: the stage "total" (scan) remembers earlier ' +
      "items, which durable() saves in the mode snapshots alone",
  );
  assert(message(() => durable(start().use("few", take(3)), settings())).includes('"few" (take)'));
  assert(message(() => durable(start().use("calm", debounce(3)), settings())).includes("debounce"));
  assert(
    message(() => durable(start().add("step", ({ input }) => input), settings()))
      .includes('give it lineage, "item"'),
  );
  durable(start().add("step", ({ input }) => input, { lineage: "item" }), settings());
});

test("a branch that is built otherwise when it is run fails the run before it reads", async () => {
  let reads = 0;
  let builds = 0;
  const source = positioned(function* () {
    reads++;
    yield 1;
  });
  const job = durable(
    start().fanOut("two", {
      a: (items) => items.map("m", (n) => n),
      b: (items) => builds++ === 0 ? items : items.take("t", 1),
    }),
    settings(),
  );
  const error = await assertRejects(() => job.run(source, () => {}), Error);

  assert(
    String(error.message).includes('"t" (take)') || String(error.cause).includes('"t" (take)'),
  );
  assertEquals(reads, 0);
});

test("options of the mode acks are refused in the other one, and unknown ones in both", () => {
  const poison = { attempts: 3, to: () => {} };
  const make = (options: object) => () => durable(start(), settings(options as never));

  assertThrows(make({ mode: "snapshots", poison }), TypeError, "poison is for the mode acks");
  assertThrows(make({ poison: { attempts: 0, to: () => {} } }), RangeError, "poison.attempts");
  assertThrows(make({ poison: { attempts: 1 } }), TypeError, "poison.to");
  assertThrows(make({ unchanged: { key: String, hash: String } }), TypeError, "unchanged.store");
  assertThrows(make({ poisen: poison }), TypeError, "poison");
});

test("a checkpoint of another version is refused before the source is opened", async () => {
  const store = memoryStore();
  await durable(start().map("a", (n) => n), settings({ store })).run(positioned([1]), () => {});
  let isOpened = false;
  const source = {
    open() {
      isOpened = true;
      return positioned([1]).open(undefined, new AbortController().signal);
    },
  };
  const job = durable(start().map("a", (n) => n), settings({ store, version: 2 }));
  const error = await assertRejects(() => job.run(source, () => {}), DurableError);

  assertEquals([error.code, isOpened], ["VERSION_MISMATCH", false]);
});
