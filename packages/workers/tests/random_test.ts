// Random items, in random pools: what comes out is what a loop over the items makes, and nothing is lost.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "@headrace/pipeline";
import { test } from "../../../tests/harness.ts";
import { inWorkers } from "../mod.ts";
import { moduleOf } from "./support/modules.ts";

/** What becomes of an item in a worker. */
type Fate = "now" | "later" | "throws" | "dies" | "uncloneable";

interface Item {
  readonly number: number;
  readonly fate: Fate;
  /** What no message can carry. */
  readonly extra?: () => void;
}

const MODULE = moduleOf(`
  export default ({ number, fate }) => {
    if (fate === "throws") throw new Error("no");
    if (fate === "later") return new Promise((resolve) => setTimeout(resolve, number % 3, -number));
    if (fate !== "dies") return -number;
    setTimeout(() => { throw new Error("late"); });
    return new Promise(() => {});
  };
`);

const fates = (withDeaths: boolean): fc.Arbitrary<Fate> =>
  fc.oneof(
    { arbitrary: fc.constant<Fate>("now"), weight: 20 },
    { arbitrary: fc.constantFrom<Fate>("later", "throws", "uncloneable"), weight: 4 },
    { arbitrary: fc.constant<Fate>("dies"), weight: withDeaths ? 1 : 0 },
  );

const settings = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  itemsPerWorker: fc.integer({ min: 1, max: 20 }),
  highWaterMark: fc.integer({ min: 0, max: 5 }),
  ordered: fc.boolean(),
});

for (const withDeaths of [false, true]) {
  const what = withDeaths ? "where workers die, too" : "where none dies";
  test(
    `every item comes out or fails, once, and in order where that is asked for, ${what}`,
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fates(withDeaths), { maxLength: 60 }),
          settings,
          async (fates, options) => {
            const items = fates.map((fate, number): Item => (
              { number, fate, ...(fate === "uncloneable" && { extra: () => {} }) }
            ));
            const failed = new Map<number, string>();
            const made = await StreamingPipeline.start<Item>()
              .use(
                "made",
                inWorkers<{ default(item: Item): number }>(MODULE, {
                  ...options,
                  maxCrashes: 100,
                  errorStrategy: "SPLIT_ERRORS",
                }),
              )
              .executeToArray(items, {
                errorsTo: ({ item, error }) => void failed.set((item as Item).number, error.code),
              });

            const numbers = made.map((number) => -number);
            if (options.ordered) assertEquals(numbers, numbers.toSorted((a, b) => a - b));
            assertEquals(numbers.length + failed.size, items.length);
            for (const { number, fate } of items) {
              const code = failed.get(number);
              if (code === undefined) assert(numbers.includes(number));
              // Short items that are together with one that dies fail with it.
              if (code === undefined || (withDeaths && code === "WORKER_CRASHED")) continue;
              assertEquals([code, fate], [CODES[fate], fate]);
            }
            for (const number of numbers) assert(CODES[items[number]!.fate] === undefined);
          },
        ),
        { numRuns: withDeaths ? 15 : 40 },
      );
    },
    { hangAfterMs: 120_000 },
  );
}

/** How an item of that fate fails. */
const CODES: Readonly<Partial<Record<Fate, string>>> = {
  throws: "STEP_ERROR",
  dies: "WORKER_CRASHED",
  uncloneable: "NOT_CLONEABLE",
};
