// An item is in flight while what its stage has made of it is read, and abandoned where that is closed,
// one at a time or side by side.

import { assertEquals } from "@std/assert";
import type { PipelineRun, StreamingMetadata } from "../../mod.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { settle } from "../../src/testing/turns.ts";
import { collect } from "../support/collect.ts";
import { test } from "../harness.ts";
import { start } from "./_stages.ts";

const ITERABLES: Readonly<
  Record<string, (item: number) => Iterable<number> | AsyncIterable<number>>
> = {
  "an array": (item) => [item, item, item],
  *"an iterator"(item) {
    yield* [item, item, item];
  },
  async *"an async iterator"(item) {
    yield* [item, item, item];
  },
  async *"an async iterator that hangs"(item) {
    yield item;
    await new Promise(() => {});
  },
};

const PACES = {
  "one at a time": {},
  "side by side": { concurrencyLimit: 1 },
  "side by side in any order": { concurrencyLimit: 2, ordered: false },
} as const;

type Run = PipelineRun<number>;
type Endings = Readonly<
  Record<string, (run: Run, items: AsyncIterator<number>) => Promise<unknown>>
>;

const ENDINGS: Endings = {
  "its reader leaves": (_run, items) => items.return!(),
  "it is aborted": (run) => run.abort("enough"),
};

function readFirst(run: Run): StreamingMetadata {
  const [step] = run.metadata().steps;
  expectBalance(step!);
  return step!;
}

const countsOf = (
  { passedCount, abandonedCount, errorCount, inFlightCount }: StreamingMetadata,
) => {
  return { passedCount, abandonedCount, errorCount, inFlightCount };
};

const ABANDONED = { passedCount: 0, abandonedCount: 1, errorCount: 0, inFlightCount: 0 };

for (const [what, make] of Object.entries(ITERABLES)) {
  for (const [pace, options] of Object.entries(PACES)) {
    for (const [why, end] of Object.entries(ENDINGS)) {
      test(`[L14] flatMap() to ${what}, ${pace}: the item is abandoned where ${why}`, async () => {
        const run = start().flatMap("stage", make, options).run([1], { closeTimeoutMs: 1 });
        const items = run[Symbol.asyncIterator]();
        await items.next();
        assertEquals(readFirst(run).inFlightCount, 1);
        await end(run, items);

        assertEquals(countsOf(readFirst(run)), ABANDONED);
      });
    }

    test(`[L14] flatMap() to ${what}, ${pace}: the item is abandoned where a later stage ends the run`, async () => {
      const flat = start().flatMap("stage", make, options);
      const fail = () => {
        throw new Error("no");
      };
      for (const pipeline of [flat.take("one", 1), flat.tap("fail", fail)]) {
        const run = pipeline.run([1], { closeTimeoutMs: 1 });
        await Promise.allSettled([collect(run)]);

        assertEquals(countsOf(readFirst(run)), ABANDONED);
      }
    });
  }
}

for (const [pace, options] of Object.entries(PACES)) {
  for (const outcome of ["answers", "fails"] as const) {
    test(`[L14] flatMap(), ${pace}: the item is abandoned whose call ${outcome} after an abort`, async () => {
      const call = createDeferred<number[]>();
      const run = start().flatMap("stage", () => call.promise, options).run([1]);
      const reading = collect(run).catch(() => {});
      await settle();
      const aborting = run.abort("enough");
      await settle();
      if (outcome === "answers") call.resolve([1]);
      else call.reject("enough");
      await Promise.all([aborting, reading]);

      assertEquals(countsOf(readFirst(run)), ABANDONED);
    });
  }
}

test("[L14] an item whose iterable fails half-way has failed, and is not abandoned as well", async () => {
  for (const options of Object.values(PACES)) {
    for (const errorStrategy of ["FAIL_FAST", "SKIP_FAILED"] as const) {
      const run = start().flatMap("stage", function* (item) {
        yield item;
        if (item === 2) throw new Error("no");
      }, { ...options, errorStrategy }).run([1, 2]);
      await Promise.allSettled([collect(run)]);
      await settle();

      const counts = { passedCount: 1, abandonedCount: 0, errorCount: 1, inFlightCount: 0 };
      assertEquals(countsOf(readFirst(run)), counts);
    }
  }
});

test("[L14] flatten() abandons an array that is left, and passes those that were read", async () => {
  const run = start().batch("pairs", 2).flatten("stage").take("three", 3).run([1, 2, 3, 4]);
  await collect(run);

  const [, step] = run.metadata().steps;
  assertEquals(countsOf(step!), {
    passedCount: 1,
    abandonedCount: 1,
    errorCount: 0,
    inFlightCount: 0,
  });
});
