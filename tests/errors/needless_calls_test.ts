// Side by side, functions are called for items that need not have been looked at: what becomes of
// those calls fails nothing.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { StreamingError } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { readOutcome } from "../operators/_outcome.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { start } from "./_failures.ts";

const LATER = { parallel: true, concurrencyLimit: 8 } as const;

/** True for 0 and 1, false for 2, and fails past that. */
async function failPastTheEnd(item: number): Promise<boolean> {
  if (await item > 2) throw new Error("past the end");
  return item < 2;
}

for (const ordered of [true, false]) {
  for (const errorStrategy of ["FAIL_FAST", "SKIP_FAILED"] as const) {
    const options = { ...LATER, ordered, errorStrategy };
    const way = `${ordered ? "in order" : "in any order"}, ${errorStrategy}`;

    test(`skipWhile() side by side is not failed by items that it need not have looked at, ${way}`, async () => {
      for (const isSync of [false, true]) {
        const pipeline = start().skipWhile("stage", (item) => {
          if (!isSync) return failPastTheEnd(item);
          if (item > 2) throw new Error("past the end");
          return item < 2;
        }, options);

        assertEquals(await pipeline.executeToArray([0, 1, 2, 3, 4]), [2, 3, 4]);
        const { steps } = await pipeline.getMetadata();
        assertEquals([steps[0]!.errorCount, steps[0]!.droppedCount], [0, 2]);
      }
    });

    test(`skipWhile() side by side lets an item pass that has failed before its turn, ${way}`, async () => {
      const answers = [0, 1, 2, 3, 4].map(() => createDeferred<boolean>());
      const pipeline = start().skipWhile("stage", (item) => answers[item]!.promise, options);
      const result = watch(readOutcome(pipeline.execute([0, 1, 2, 3, 4])));
      await settle();
      answers[0]!.resolve(false);
      if (ordered) answers[3]!.reject(new Error("need not have been asked"));
      await settle();
      answers[3]!.reject(new Error("need not have been asked"));
      for (const answer of answers) answer.resolve(true);
      await settle();

      const { items, error } = result.value!;
      assertEquals(error, undefined);
      assertEquals([...items as number[]].sort(), [0, 1, 2, 3, 4]);
    });

    test(`skipWhile() side by side is failed by an item that it looked at before items pass, ${way}`, async () => {
      const failure = new Error("undecided");
      const asked: number[] = [];
      const pipeline = start().skipWhile("stage", async (item) => {
        asked.push(item);
        if (await item === 1) throw failure;
        return item < 2;
      }, { ...options, concurrencyLimit: 2, highWaterMark: 0 });
      const { items, error } = await readOutcome(pipeline.execute([0, 1, 2, 3, 4, 5, 6, 7]));
      const [stage] = (await pipeline.getMetadata()).steps;

      assertEquals(stage!.errorCount, 1);
      if (errorStrategy === "SKIP_FAILED") {
        return assertEquals([items, error], [[2, 3, 4, 5, 6, 7], undefined]);
      }
      assertInstanceOf(error, StreamingError);
      assertStrictEquals(error.cause, failure);
      assertEquals([items, error.itemIndex, error.item], [[], 1, 1]);
      assert(asked.length < 8, `${asked}`);
    });
  }
}

test("takeWhile() side by side is not failed by items past its end", async () => {
  const pipeline = start().takeWhile("stage", failPastTheEnd, LATER);

  assertEquals(await pipeline.executeToArray([0, 1, 2, 3, 4]), [0, 1]);
});
