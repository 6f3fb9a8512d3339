// What must lose no item: sinks that take nothing any more, and positions that several items have.

import { assertEquals, assertRejects } from "@std/assert";
import { type DeadLetter, durable, memoryStore, positioned } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { NUMBERS, settings, start } from "./_acks.ts";

test("poison: a stream that has failed ends the run, and condemns no other item", async () => {
  const taken: number[] = [];
  const letters: unknown[] = [];
  const createStream = () =>
    new WritableStream<number>({
      write(n) {
        if (n === 4) throw new Error("gone");
        taken.push(n);
      },
    });
  const poison = { attempts: 2, to: ({ item }: DeadLetter) => letters.push(item) };
  const job = durable(start(), settings({ poison }));
  for (let run = 0; run < 2; run++) {
    await assertRejects(() => job.run(positioned(NUMBERS), createStream()), Error, "gone");
  }
  await job.run(positioned(NUMBERS), createStream());

  assertEquals(letters, [4]);
  assertEquals(taken, [0, 1, 2, 3, 5, 6, 7, 8, 9]);
});

test("a function as a sink that makes a stream ends the run, and loses no item", async () => {
  const job = durable(start(), settings());
  const makeStream = () => new WritableStream<number>();
  const message = "A sink must be a WritableStream, not a function that makes one";
  for (const sink of [makeStream, () => Promise.resolve(makeStream())]) {
    await assertRejects(() => job.run(positioned(NUMBERS), sink), TypeError, message);
  }
  const taken: number[] = [];
  await job.run(positioned(NUMBERS), (n) => taken.push(n));

  assertEquals(taken, NUMBERS);
});

test("a function that makes a stream takes no dead letters: the item is kept", async () => {
  const fails = start().tap("fail", (n) => {
    if (n === 4) throw new Error("four");
  });
  const store = memoryStore();
  const run = (to: (letter: DeadLetter) => unknown) =>
    durable(fails, settings({ store, poison: { attempts: 1, to } })).run(
      positioned(NUMBERS),
      () => {},
    );
  const message = "A sink must be a WritableStream, not a function that makes one";
  await assertRejects(() => run(() => new WritableStream()), TypeError, message);
  const letters: unknown[] = [];
  await run(({ item }) => letters.push(item));

  assertEquals(letters, [4]);
});

test("poison: a locked stream is none of an item's faults", async () => {
  const letters: unknown[] = [];
  const stream = new WritableStream<number>();
  stream.getWriter();
  const poison = { attempts: 2, to: ({ item }: DeadLetter) => letters.push(item) };
  const batches = start().batch("b", 3);
  const job = durable(batches, settings({ poison }));

  await assertRejects(() => job.run(positioned(NUMBERS), stream as never), TypeError);
  assertEquals(letters, []);
});

// Positions of one value: the same number, and objects that hold the same.
const POSITIONS: Readonly<Record<string, (n: number | null) => unknown>> = {
  "numbers": (n) => n,
  "dates": (n) => n === null ? null : new Date(n),
  "bytes": (n) => n === null ? null : new Uint8Array([n]),
  "objects": (n) => n === null ? null : { at: new Map([[0n, n]]) },
};

for (const [what, create] of Object.entries(POSITIONS)) {
  test(`no item is lost that shares its position with those before: ${what}`, async () => {
    // As a socket whose messages do not all have a number: its position is the last one there was.
    const messages = [null, null, null, 5, 5, 5, 8].map((at, n) => ({ item: n, at }));
    for (const [slow, failsOn] of [[1, 2], [4, 5], [5, 6], [2, 3]]) {
      const options = settings();
      const source = {
        async *open(from: unknown) {
          const text = inspect(from);
          const isAt = (at: number | null) => inspect(create(at)) === text;
          const first = from ? messages.findIndex(({ at }) => isAt(at)) + 1 : 0;
          for (const { item, at } of messages.slice(first)) yield { item, position: create(at) };
        },
      };
      const taken = new Set<number>();
      let isFirst = true;
      const pipeline = start().map("call", async (n) => {
        for (let turn = 0; turn < (n === slow ? 200 : 1); turn++) await undefined;
        return n;
      }, { concurrencyLimit: 7, ordered: false });
      const take = (n: number) => {
        if (isFirst && (n === slow || (n === failsOn && taken.size > 5))) throw new Error("crash");
        taken.add(n);
      };
      const job = durable(pipeline, options);
      await assertRejects(() => job.run(source, take), Error, "crash");
      isFirst = false;
      await job.run(source, take);

      assertEquals([...taken].sort(), [0, 1, 2, 3, 4, 5, 6], `slow ${slow}`);
    }
  });
}

/** A text of what a position holds. */
function inspect(position: unknown): string {
  return JSON.stringify(
    position,
    (_, value) =>
      typeof value === "bigint" ? `${value}n` : value instanceof Map ? [...value] : value,
  );
}
