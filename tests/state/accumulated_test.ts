// state.accumulated in functions of one item: the value of each earlier stage on the item's own
// path, whatever else is worked on meanwhile.

import { assertEquals, assertThrows } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  type StageContext,
  type StageOptions,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { collect, MODES, range, sorted, untidyHops } from "./_support.ts";

type Context = StageContext<{ tens: number }, unknown>;

/** What one call saw: its item, and the value of the stage before, at once and after an `await`. */
type Sight = readonly [item: number, atOnce: number, later: number];

const tens = StreamingPipeline.start<number>().map("tens", (item) => item * 10);
const all = range(24);

/** The stages whose functions look at the state. */
const READERS = {
  map: (look, options) => tens.map("seen", look, options),
  flatMap: (look, options) =>
    tens.flatMap("seen", async (...args) => [await look(...args)], options),
  "flatMap with a generator": (look, options) =>
    tens.flatMap("seen", async function* (...args) {
      yield await look(...args);
    }, options),
  filter: (look, options) => tens.filter("seen", look, options),
  tap: (look, options) => tens.tap("seen", look, options),
  takeWhile: (look, options) => tens.takeWhile("seen", look, options),
  skipWhile: (look, options) => tens.skipWhile("seen", look, options),
  "the predicate of branch": (look, options) => tens.branch("seen", look, Number, Number, options),
  "a side of branch": (look, options) => tens.branch("seen", () => true, look, look, options),
} satisfies Readonly<Record<string, (look: Look, options: StageOptions) => AnyPipeline>>;

type Look = (item: number, index: number, context: Context) => Promise<boolean>;
interface AnyPipeline {
  executeToArray(source: readonly number[]): Promise<unknown[]>;
}

for (const { title, options } of MODES) {
  for (const [name, build] of Object.entries(READERS)) {
    test(`accumulated is exact in ${name}, ${title}, before and after an await`, async () => {
      const sights: Sight[] = [];
      const pipeline = build(async (item, index, { state }) => {
        const atOnce = state.accumulated.tens;
        await untidyHops(index);
        sights.push([item, atOnce, state.accumulated.tens]);
        return true;
      }, options);

      await pipeline.executeToArray(all);

      assertEquals(sorted(sights), all.map((item) => [item * 10, item * 10, item * 10]));
    });
  }

  test(`accumulated is the item's own after a ${title} stage too`, async () => {
    const seen = await tens
      .map("worked", async (item, index) => (await untidyHops(index), item + 1), options)
      .filter("third", (item) => item % 30 === 1)
      .map("seen", async (item, index, { state }) => {
        await untidyHops(index);
        const { tens, worked, third } = state.accumulated;
        return [item, tens, worked, third] as const;
      })
      .executeToArray(all);

    const expected = all.filter((item) => item % 3 === 0)
      .map((item) => [item * 10 + 1, item * 10, item * 10 + 1, item * 10 + 1]);
    assertEquals(sorted(seen), expected);
  });

  test(`a step sees the state of its own item, ${title}`, async () => {
    const step = createStep<number, number, { tens: number }>("step", async ({ input, state }) => {
      await untidyHops(input / 10);
      return state.tens + input;
    });

    const sums = await tens.map("sum", step, options).executeToArray(all);

    assertEquals([...sums].sort((one, other) => one - other), all.map((item) => item * 20));
  });
}

for (const { title, options } of MODES.slice(1)) {
  test(`a streaming step that runs once per item sees that item's state, ${title}`, async () => {
    const step = createStreamingStep<number, Sight, { tens: number }>(
      "step",
      async function* ({ input, state }) {
        const { accumulated } = state;
        const atOnce = accumulated.tens;
        for await (const item of input) {
          await untidyHops(item / 10);
          yield [item, atOnce, accumulated.tens];
          yield [item, atOnce, state.accumulated.tens];
        }
      },
    );

    const sights = await tens.map("seen", step, options).executeToArray(all);

    const expected = all.flatMap((item) => [item, item]).map((item) => Array(3).fill(item * 10));
    assertEquals(sorted(sights), expected);
  });
}

test("accumulated is exact in both sides of branch that are streaming steps", async () => {
  const step = createStreamingStep<number, number, { tens: number }>(
    "step",
    async function* ({ input, state }) {
      for await (const item of input) {
        await untidyHops(item);
        yield state.accumulated.tens - item;
      }
    },
  );

  for (const { options } of MODES) {
    const differences = await tens.branch("seen", (item) => item % 20 === 0, step, step, options)
      .executeToArray(all);

    assertEquals(differences, all.map(() => 0));
  }
});

test("accumulated does not depend on how many parameters a function declares", async () => {
  const readLast = (...args: unknown[]) => (args[2] as Context).state.accumulated.tens;
  const readArguments = function () {
    return (arguments[2] as Context).state.accumulated.tens;
  };
  const wrap = (inner: (...args: never[]) => unknown) => (...args: unknown[]) =>
    inner(...args as never[]);

  for (const { options } of MODES) {
    for (const work of [readLast, readArguments, wrap(readLast), wrap(wrap(readArguments))]) {
      const seen = await tens.map("seen", work as (item: number) => number, options)
        .executeToArray(all);

      assertEquals([...seen].sort((one, other) => one - other), all.map((item) => item * 10));
    }
  }
});

test("accumulated lists and spreads as a plain object that cannot be changed", async () => {
  for (const { options } of MODES) {
    const seen = await tens.tap("tapped", () => {}).map("seen", (_item, _index, { state }) => {
      const { accumulated } = state;
      assertThrows(() => Object.assign(accumulated, { tens: 1 }), TypeError);
      assertThrows(() => Object.assign(accumulated, { other: 1 }), TypeError);
      return [Object.keys(accumulated), { ...accumulated }, JSON.stringify(accumulated)];
    }, options).executeToArray([7]);

    const expected = { tens: 70, tapped: 70 };
    assertEquals(seen, [[["tens", "tapped"], expected, JSON.stringify(expected)]]);
  }
});

test("[L8] two runs at the same time do not see each other's state", async () => {
  for (const { options } of MODES) {
    const pipeline = tens.map("seen", async (item, index, { state }) => {
      await untidyHops(index);
      return state.accumulated.tens - item;
    }, options);

    const runs = [all, range(7), [], range(15)].map((source) => collect(pipeline.execute(source)));

    const expected = [24, 7, 0, 15].map((count) => Array(count).fill(0));
    assertEquals(await Promise.all(runs), expected);
  }
});
