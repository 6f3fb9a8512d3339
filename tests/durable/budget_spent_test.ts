// Jobs and queues in the mode acks whose policy lets nothing more begin.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import {
  type AckSource,
  consume,
  durable,
  memoryStore,
  positioned,
} from "../../src/durable/mod.ts";
import { budget } from "../../src/policies/mod.ts";
import { clock } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { NUMBERS, settings, start } from "./_acks.ts";
import { onClock } from "./_jobs.ts";

const STRATEGIES = ["FAIL_FAST", "SKIP_FAILED", "COLLECT_ERRORS"] as const;
const codeOf = (error: unknown) => (error as { readonly code?: unknown }).code;
const later = <T>(value: T) =>
  new Promise<T>((resolve) => clock.schedule(() => resolve(value), 10));

test("what was paid of a budget in flight comes out, and each run gets on by as much", async () => {
  for (const errorStrategy of STRATEGIES) {
    for (const concurrencyLimit of [1, 3, 10]) {
      const store = memoryStore();
      const taken: number[] = [];
      let paid = 0;
      const ends: unknown[] = [];
      for (let runs = 0; runs < 4; runs++) {
        const call = (n: number) => (paid++, later(n));
        const policy = budget({ limit: 3 });
        const pipeline = start()
          .map("paid", call, { policy, concurrencyLimit, ordered: false, errorStrategy })
          .batch("rows", 2);
        const job = durable(pipeline, settings({ store }));
        const run = onClock(() =>
          job.run(positioned(NUMBERS), (rows) => void taken.push(...rows as number[]))
        );
        ends.push(await run.then(({ status }) => status, codeOf));
      }

      assertEquals(ends, ["BUDGET_SPENT", "BUDGET_SPENT", "BUDGET_SPENT", "ended"]);
      assertEquals([taken.toSorted(), paid], [NUMBERS, NUMBERS.length]);
    }
  }
});

test("an item is not done of which a budget has refused a part, whatever else has failed of it", async () => {
  const store = memoryStore();
  const run = async (limit: number) => {
    const taken: string[] = [];
    const pipeline = start().flatMap("part", (n) => [`${n}a`, `${n}b`, `${n}c`])
      .map("paid", (part) => {
        if (part === "1a") throw new Error("No first part");
        return part;
      }, { policy: budget({ limit }), errorStrategy: "SKIP_FAILED" });
    const job = durable(pipeline, settings({ store }));
    const end = await onClock(() => job.run(positioned([0, 1]), (part) => void taken.push(part)))
      .then(({ status }) => status, codeOf);
    return [end, taken];
  };

  assertEquals(await run(4), ["BUDGET_SPENT", ["0a", "0b", "0c"]]);
  assertEquals(await run(9), ["ended", ["1b", "1c"]]);
});

test("consume() acknowledges what was paid of a budget, and gives back what was refused", async () => {
  const log: string[] = [];
  const queue: AckSource<number> = {
    async *open() {
      for (const item of NUMBERS) {
        const note = (what: string) => void log.push(`${what} ${item}`);
        yield { item, attempts: 1, ack: () => note("ack"), nack: () => note("nack"), extend() {} };
      }
    },
  };
  const pipeline = StreamingPipeline.start<number>()
    .map("paid", later, { policy: budget({ limit: 2 }), concurrencyLimit: 3, ordered: false });
  const end = await onClock(() => consume(pipeline, queue, () => {})).catch(codeOf);

  assertEquals([end, log], ["BUDGET_SPENT", ["ack 0", "ack 1", "nack 2"]]);
});
