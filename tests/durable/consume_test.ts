import { assertEquals, assertRejects } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { type AckSource, consume, type Delivery } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { onClock } from "./_jobs.ts";

/** A queue in memory, whose items come again when they are given back. */
class Queue implements AckSource<number> {
  readonly log: string[] = [];
  readonly #waiting: { readonly item: number; attempts: number }[];
  isClosed = false;

  constructor(items: readonly number[]) {
    this.#waiting = items.map((item) => ({ item, attempts: 0 }));
  }

  async *open(): AsyncGenerator<Delivery<number>, void, undefined> {
    try {
      while (this.#waiting.length > 0) {
        const waiting = this.#waiting.shift()!;
        const { item } = waiting;
        const attempts = ++waiting.attempts;
        yield {
          item,
          attempts,
          ack: () => void this.log.push(`ack ${item}`),
          nack: (delayMs) => {
            this.log.push(`nack ${item}${delayMs === undefined ? "" : ` in ${delayMs}`}`);
            if (attempts < 3) this.#waiting.push(waiting);
          },
          extend: () => void this.log.push(`extend ${item}`),
        };
        await Promise.resolve();
      }
    } finally {
      this.isClosed = true;
    }
  }
}

const start = () => StreamingPipeline.start<number>();

test("consume() acknowledges an item when all that was made of it was taken or dropped", async () => {
  const queue = new Queue([1, 2, 3]);
  const pipeline = start().filter("odd", (n) => n % 2 === 1).flatMap("two", (n) => [n, n * 10]);
  const result = await consume(pipeline, queue, (n) => void queue.log.push(`take ${n}`));

  assertEquals(queue.log, [
    ...["take 1", "take 10", "ack 1", "ack 2"],
    ...["take 3", "take 30", "ack 3"],
  ]);
  assertEquals(result, { acked: 3, nacked: 0, deadLettered: 0 });
});

test("consume() gives an item back on which a stage fails, and goes on with the others", async () => {
  const queue = new Queue([1, 2, 3]);
  const taken: number[] = [];
  const pipeline = start().map("call", (n) => {
    if (n === 2) throw new Error("No two");
    return n;
  }, { concurrencyLimit: 2 });
  const result = await consume(pipeline, queue, (n) => void taken.push(n), { nackDelayMs: 50 });

  assertEquals([...new Set(taken)].toSorted(), [1, 3]);
  assertEquals(queue.log.filter((line) => line.includes("2")), [
    "nack 2 in 50",
    "nack 2 in 50",
    "nack 2 in 50",
  ]);
  assertEquals([result.acked, result.nacked], [2, 3]);
});

test("consume() tries the items of a batch that has failed each for itself", async () => {
  const queue = new Queue([1, 2, 3, 4]);
  const pipeline = start().batch("rows", 4).tap("write", (rows) => {
    if (rows.includes(3)) throw new Error("No three");
  });
  const { acked } = await consume(pipeline, queue, () => {});

  assertEquals(queue.log.filter((line) => line.startsWith("ack")), ["ack 1", "ack 2", "ack 4"]);
  assertEquals(acked, 3);
});

test("consume() gives an item back that a stage leaves out because it has failed", async () => {
  const queue = new Queue([1, 2]);
  const pipeline = start().map("call", (n) => {
    if (n === 2) throw new Error("No two");
    return n;
  }, { errorStrategy: "SKIP_FAILED" });
  await consume(pipeline, queue, () => {});

  assertEquals(queue.log, ["ack 1", "nack 2 in 0", "nack 2 in 0", "nack 2 in 0"]);
});

test("consume() gives what has failed too often to the dead letters, and acknowledges it", async () => {
  const queue = new Queue([1]);
  const letters: unknown[] = [];
  const pipeline = start().map("call", () => Promise.reject(new Error("No")));
  const poison = {
    attempts: 2,
    to: ({ item, attempts }: { item: unknown; attempts: number }) => letters.push([item, attempts]),
  };
  const result = await consume(pipeline, queue, () => {}, { poison });

  assertEquals([letters, queue.log], [[[1, 2]], ["nack 1 in 0", "ack 1"]]);
  assertEquals(result, { acked: 1, nacked: 1, deadLettered: 1 });
});

test("consume() gives what a stage leaves out too often to the dead letters", async () => {
  const queue = new Queue([1, 2]);
  const letters: unknown[] = [];
  const pipeline = start().map("call", (n) => {
    if (n === 2) throw new Error("No two");
    return n;
  }, { errorStrategy: "SKIP_FAILED" });
  const poison = {
    attempts: 2,
    to: async ({ item, attempts }: { item: unknown; attempts: number }) => {
      await Promise.resolve();
      letters.push([item, attempts]);
    },
  };
  const result = await consume(pipeline, queue, () => {}, { poison });

  assertEquals(letters, [[2, 2]]);
  assertEquals(queue.log, ["ack 1", "nack 2 in 0", "ack 2"]);
  assertEquals(result, { acked: 2, nacked: 1, deadLettered: 1 });

  const full = new Queue([2]);
  const failing = consume(pipeline, full, () => {}, {
    poison: { attempts: 1, to: () => Promise.reject(new Error("full")) },
  });
  await assertRejects(() => failing, Error, "full");
  assertEquals(full.log, ["nack 2"]);
});

test("consume() ends where its stream has failed, which takes nothing ever again", async () => {
  const queue = new Queue([1, 2, 3]);
  const stream = new WritableStream<number>({
    write(n) {
      if (n === 2) throw new Error("gone");
    },
  });
  await assertRejects(() => consume(start(), queue, stream), Error, "gone");

  assertEquals(queue.log, ["ack 1", "nack 2 in 0"]);
});

test("consume() gives back what is in progress when it is aborted, and closes the queue", async () => {
  const queue = new Queue([1, 2, 3]);
  const controller = new AbortController();
  const pipeline = start().map("call", (_, __, { signal }) => {
    const aborted = new Promise((_, reject) => signal.addEventListener("abort", reject));
    controller.abort("enough");
    return aborted;
  });
  const { signal } = controller;
  const reason = await consume(pipeline, queue, () => {}, { signal }).catch((error) => error);

  assertEquals([reason, queue.log, queue.isClosed], ["enough", ["nack 1"], true]);
});

test("consume() lets what is in flight come out when it is stopped", async () => {
  const queue = new Queue([1, 2, 3]);
  const controller = new AbortController();
  const { signal: stop } = controller;
  await consume(start().map("same", (n) => n), queue, () => controller.abort(), { stop });

  assertEquals([queue.log, queue.isClosed], [["ack 1"], true]);
});

test("consume() fails with what an acknowledgement fails with", async () => {
  const queue = {
    async *open(): AsyncGenerator<Delivery<number>> {
      yield { item: 1, attempts: 1, ack: () => Promise.reject("broken"), nack() {}, extend() {} };
    },
  };

  assertEquals(await consume(start(), queue, () => {}).catch((error) => error), "broken");
});

test("consume() neither fails nor waits for an extension of what has been acknowledged meanwhile", () =>
  onClock(async (clock) => {
    for (const answer of ["late", "never"]) {
      const log: string[] = [];
      let refuse = (_error: unknown) => {};
      const queue: AckSource<number> = {
        async *open() {
          for (const item of [1, 2]) {
            yield {
              item,
              attempts: 1,
              ack() {
                log.push(`ack ${item}`);
                if (answer === "late") refuse(new Error("It is acknowledged"));
              },
              nack: () => void log.push(`nack ${item}`),
              extend: () => new Promise((_, reject) => refuse = reject),
            };
          }
        },
      };
      const pipeline = StreamingPipeline.start<number>().map("slow", async (n) => {
        await new Promise<void>((resolve) => clock.schedule(resolve, 1_500));
        return n;
      });
      const { acked } = await consume(pipeline, queue, () => {}, { extendMs: 1_000 });

      assertEquals([acked, log], [2, ["ack 1", "ack 2"]]);
    }
  }));

test("consume() extends what is in progress, and leaves no timer", () =>
  new TestClock().use(async (clock) => {
    const queue = new Queue([1]);
    let finish = (_: number) => {};
    const pipeline = start().map("call", () => new Promise<number>((resolve) => finish = resolve));
    const consuming = consume(pipeline, queue, () => {}, { extendMs: 1_000 });
    await clock.advance(2_500);
    finish(1);
    await consuming;

    assertEquals(queue.log, ["extend 1", "extend 1", "ack 1"]);
    assertEquals(clock.timerCount, 0);
  }));

test("consume() refuses stages that remember, sinks and options that are none", async () => {
  const queue = new Queue([1]);
  const refuse = (run: () => Promise<unknown>, message: string) =>
    assertRejects(run, TypeError, message);
  await refuse(
    () => consume(start().take("one", 1), queue, () => {}),
    'Cannot consume: the stage "one" (take) remembers',
  );
  await refuse(() => consume(start(), queue, 1 as never), "its sink must be a function");
  await refuse(() => consume(start(), queue, () => {}, { retries: 1 } as never), "retries");
  await refuse(() => consume(start(), {} as never, () => {}), "its source");
});
