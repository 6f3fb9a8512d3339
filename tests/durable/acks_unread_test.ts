// What an earlier run of a job knew of items that the next one does not read.

import { assertEquals, assertRejects } from "@std/assert";
import {
  type DeadLetter,
  durable,
  memoryStore,
  positioned,
  type PositionedSource,
} from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { NUMBERS, settings, start } from "./_acks.ts";

/** A call that does not end before its run. */
const hang = (signal: AbortSignal) =>
  new Promise<number>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

test("what is done, and how often an item was tried, outlives runs that do not read so far", async () => {
  for (let read = 1; read < NUMBERS.length; read++) {
    const store = memoryStore();
    const taken: number[] = [];
    const letters: unknown[] = [];
    const run = async (isKilled: boolean, source: PositionedSource<number, number>) => {
      const to = ({ item, attempts }: DeadLetter) => {
        if (isKilled) throw new Error("Killed");
        letters.push([item, attempts]);
      };
      const pipeline = start().map("call", (n, _index, { signal }) => {
        if (n === 9) throw new Error("No nine");
        return isKilled && n === 0 ? hang(signal) : n;
      }, { concurrencyLimit: 10, ordered: false });
      const job = durable(pipeline, settings({ store, poison: { attempts: 3, to } }));
      return await job.run(source, (n) => {
        taken.push(n);
        if (n === 0) job.stop();
      });
    };
    await assertRejects(() => run(true, positioned(NUMBERS)), Error, "Killed");
    const slow = positioned(async function* () {
      yield* NUMBERS.slice(0, read);
      await new Promise(() => {});
    });

    assertEquals((await run(false, slow)).status, "stopped");
    await run(false, positioned(NUMBERS));
    assertEquals(taken.toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assertEquals(letters, [[9, 4]]);
  }
});

test("items done past the end of a source that has shrunk hide nothing that is added there later", async () => {
  const store = memoryStore();
  const taken: number[] = [];
  const killed = new AbortController();
  const run = (items: readonly number[], signal?: AbortSignal) => {
    const pipeline = start().map("call", (n, _index, context) => {
      return n === 0 && signal !== undefined ? hang(context.signal) : n;
    }, { concurrencyLimit: 10, ordered: false });
    const job = durable(pipeline, settings({ store }));
    return job.run(positioned(items), (n) => {
      if (taken.push(n) === 9) killed.abort(new Error("Killed"));
    }, { signal });
  };
  await assertRejects(() => run(NUMBERS, killed.signal), Error, "Killed");
  await run([0, 1, 2]);
  await run([0, 1, 2, 30, 40, 50]);

  assertEquals(taken, [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 30, 40, 50]);
});
