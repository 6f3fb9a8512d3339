// state.accumulated where items are multiplied, gathered, dropped and held back on their way.

import { assertEquals } from "@std/assert";
import { StreamingErrorStrategy, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { failingRange, failureOf, hops, MODES, range, sorted, untidyHops } from "./_support.ts";

const start = StreamingPipeline.start<number>();
const tens = start.map("tens", (item) => item * 10);

/** Ways to give three items for one. */
const ANSWERS: Readonly<
  Record<string, (item: number) => Iterable<number> | AsyncIterable<number>>
> = {
  "an array": (item) => [item, item + 1, item + 2],
  "a generator": function* (item) {
    yield* [item, item + 1, item + 2];
  },
  "an async generator": async function* (item) {
    for (const added of [0, 1, 2]) {
      await hops(added);
      yield item + added;
    }
  },
};

for (const { title, options } of MODES) {
  for (const [kind, expand] of Object.entries(ANSWERS)) {
    test(`items of flatMap, ${title}, with ${kind} keep the path of the item they come from`, async () => {
      const seen = await tens.flatMap("parts", (item) => expand(item), options)
        .flatMap("twice", (part) => [part, part], options)
        .map("seen", async (item, index, { state }) => {
          await untidyHops(index);
          const { tens, parts, twice } = state.accumulated;
          return [item, tens, parts, twice] as const;
        })
        .executeToArray(range(8));

      const expected = range(8).flatMap((item) =>
        [0, 0, 1, 1, 2, 2].map((part) => item * 10 + part)
      )
        .map((part) => [part, part - part % 10, part, part]);
      assertEquals(sorted(seen), expected);
    });
  }
}

test("a batch has the path of its last item", async () => {
  const seen = await tens.batch("batches", 3)
    .map(
      "seen",
      (batch, _, { state }) => [batch, state.accumulated.batches, state.accumulated.tens],
    )
    .executeToArray(range(7));

  assertEquals(seen, [
    [[0, 10, 20], [0, 10, 20], 20],
    [[30, 40, 50], [30, 40, 50], 50],
    [[60], [60], 60],
  ]);
});

test("items of a flattened batch have the path of the batch", async () => {
  const seen = await tens.batch("batches", 2).flatten("item")
    .map("seen", (item, _, { state }) => [item, state.accumulated.tens, state.accumulated.item])
    .executeToArray(range(3));

  assertEquals(seen, [[0, 10, 0], [10, 10, 10], [20, 20, 20]]);
});

/** What can come after the last item of the last batch without being in it. */
const AFTER_LAST = {
  "was dropped by filter": tens.filter("kept", (item) => item < 30),
  "was dropped by filter after an await": tens.filter(
    "kept",
    async (item) => (await hops(2), item < 30),
  ),
  "was dropped by takeWhile": tens.takeWhile("kept", (item) => item < 30),
  "failed and was skipped": tens.map("kept", failFrom30, {
    errorStrategy: StreamingErrorStrategy.SKIP_FAILED,
  }),
  "failed and was skipped in a parallel stage": tens.map("kept", failFrom30, {
    errorStrategy: StreamingErrorStrategy.SKIP_FAILED,
    parallel: true,
  }),
  "gave no items in flatMap": tens.flatMap("kept", (item) => item < 30 ? [item] : []),
};

for (const [what, pipeline] of Object.entries(AFTER_LAST)) {
  test(`the last, short batch has the path of its last item, not of one that ${what}`, async () => {
    const seen = await pipeline.batch("batches", 2)
      .map("seen", (batch, _, { state }) => [batch, state.accumulated.tens, state.accumulated.kept])
      .executeToArray(range(5));

    assertEquals(seen, [[[0, 10], 10, 10], [[20], 20, 20]]);
  });
}

/** Ends before which no item comes through. */
const NONE_THROUGH = {
  "no item came": tens.take("kept", 0),
  "all were dropped by filter": tens.filter("kept", () => false),
  "all were dropped by skip": tens.skip("kept", 9),
  "all were dropped by a parallel filter": tens.filter("kept", () => false, { parallel: true }),
  "all failed and were skipped": tens.map("kept", (): number => {
    throw new Error("no");
  }, { errorStrategy: StreamingErrorStrategy.SKIP_FAILED }),
  "all gave no items in flatMap": tens.flatMap("kept", (): number[] => []),
};

/** Stages that give something when the stream ends, also of no item. */
const ENDINGS = {
  fold: (kept) => kept.fold("end", (sum, item) => sum + item, 0),
  transform: (kept) => kept.transform("end", () => ({ transform: () => [], flush: () => [0] })),
  through: (kept) =>
    kept.through("end", () => {
      return new TransformStream<number, number>({ flush: (output) => output.enqueue(0) });
    }),
  add: (kept) =>
    kept.add("end", async function* ({ input }) {
      for await (const _item of input);
      yield 0;
    }),
  concatWith: (kept) => kept.concatWith("end", [0]),
} satisfies Record<string, (kept: typeof NONE_THROUGH[keyof typeof NONE_THROUGH]) => unknown>;

for (const [what, kept] of Object.entries(NONE_THROUGH)) {
  for (const [method, end] of Object.entries(ENDINGS)) {
    test(`${method}: there is nothing on the path of what it gives at the end where ${what}`, async () => {
      const seen = await end(kept)
        .map("seen", (item, _, { state }) => [
          item,
          state.accumulated.end,
          state.accumulated.tens,
          state.accumulated.kept,
          state.hasSnapshot("tens"),
          state.hasSnapshot("kept"),
        ])
        .executeToArray(range(3));

      assertEquals(seen, [[0, 0, undefined, undefined, false, false]]);
    });
  }
}

test("what fold makes has the path of its last item, not of one that failed in it", async () => {
  for (const failing of [[0, 10, 20], [20]]) {
    const seen = await tens
      .fold(
        "sum",
        (sum, item) => {
          if (failing.includes(item)) throw new Error("no");
          return sum + item;
        },
        0,
        { errorStrategy: StreamingErrorStrategy.SKIP_FAILED },
      )
      .map("seen", (_sum, _, { state }) => state.accumulated.tens)
      .executeToArray(range(3));

    assertEquals(seen, [failing.length === 1 ? 10 : undefined]);
  }
});

test("the batch that comes out before an error has the path of its last item", async () => {
  const seen: unknown[] = [];
  await failureOf(
    tens.map("kept", failFrom30).batch("batches", 2)
      .tap("seen", (batch, _, { state }) => void seen.push([batch, state.accumulated.tens]))
      .executeToArray(range(5)),
  );

  assertEquals(seen, [[[0, 10], 10], [[20], 20]]);
});

test("the batch that comes out before an error of the source has the path of its last item", async () => {
  const seen: unknown[] = [];
  const pipeline = tens.batch("batches", 2)
    .tap("seen", (batch, _, { state }) => void seen.push([batch, state.accumulated.tens]));

  await failureOf(pipeline.executeToArray(failingRange(3, new Error("no more"))));

  assertEquals(seen, [[[0, 10], 10], [[20], 20]]);
});

test("the snapshot travels with the item through a buffer", async () => {
  const seen = await tens.buffer("ahead", 4)
    .map("seen", async (item, index, { state }) => {
      const atOnce = state.accumulated.tens;
      await untidyHops(index);
      return [item, atOnce, state.accumulated.tens, state.accumulated.ahead];
    })
    .executeToArray(range(12));

  assertEquals(seen, range(12).map((item) => Array(4).fill(item * 10)));
});

test("the snapshot travels with the item through two parallel stages and a buffer", async () => {
  const unordered = { parallel: true, concurrencyLimit: 5, ordered: false };
  const differences = await tens
    .map("first", async (item, index) => (await untidyHops(index), item + 1), unordered)
    .buffer("ahead", 3)
    .map("second", async (item, index, { state }) => {
      await untidyHops(index + 3);
      return [item - state.accumulated.tens, item - state.accumulated.first] as const;
    }, unordered)
    .map("seen", (second, _, { state }) => {
      const { tens, first, ahead } = state.accumulated;
      return [...second, first - tens, ahead - tens];
    })
    .executeToArray(range(40));

  assertEquals(differences, range(40).map(() => [1, 0, 1, 1]));
});

test("a branch leaves the value of the side that was taken", async () => {
  const seen = await tens.branch("side", (item) => item % 20 === 0, (item) => item + 1, String)
    .map("seen", (_item, _index, { state }) => [state.accumulated.side, state.accumulated.tens])
    .executeToArray(range(4));

  assertEquals(seen, [[1, 0], ["10", 10], [21, 20], ["30", 30]]);
});

test("stages that let items pass have the value that passed", async () => {
  const seen = await start
    .filter("odd", (item) => item % 2 === 1)
    .tap("tapped", () => {})
    .skip("skipped", 1)
    .map("minus", (item) => -item)
    .skipWhile("small", (item) => item > -5)
    .takeWhile("large", (item) => item > -100)
    .take("taken", 2)
    .buffer("ahead", 2)
    .map("seen", (_item, _index, { state }) => ({ ...state.accumulated }))
    .executeToArray(range(20));

  const expected = [5, 7].map((item) => ({
    odd: item,
    tapped: item,
    skipped: item,
    minus: -item,
    small: -item,
    large: -item,
    taken: -item,
    ahead: -item,
  }));
  assertEquals(seen, expected);
});

test("compose joins the states, and a pipeline works in every place", async () => {
  const other = StreamingPipeline.start<number>()
    .map("double", (item) => item * 2)
    .map("quadruple", (item, _, { state }) => item + state.accumulated.double);

  const seen = await tens.compose(other)
    .map("seen", (_item, _index, { state }) => ({ ...state.accumulated }))
    .executeToArray(range(3));

  assertEquals(
    seen,
    range(3).map((item) => ({ tens: item * 10, double: item * 20, quadruple: item * 40 })),
  );
  assertEquals(await other.executeToArray([1]), [4]);
});

test("keys of the stage itself and of later stages are not visible", async () => {
  const seen: unknown[] = [];
  const look = (_item: unknown, _index: number, { state }: { readonly state: unknown }) => {
    const { accumulated, hasSnapshot } = state as {
      accumulated: object;
      hasSnapshot: (key: string) => boolean;
    };
    const has = (key: string) => hasSnapshot.call(state, key);
    seen.push([Object.keys(accumulated), ["a", "b", "c", "d"].filter(has)]);
  };

  for (const { options } of MODES) {
    seen.length = 0;
    const pipeline = start.tap("a", look, options).map("b", (item, index, context) => {
      look(item, index, context);
      return item;
    }, options).tap("c", look, options).map("d", (item) => item, options);

    await pipeline.executeToArray([1]);

    assertEquals(seen, [[[], []], [["a"], ["a"]], [["a", "b"], ["a", "b"]]]);
  }
});

test("[L7] values are what they are in the state, undefined and functions included", async () => {
  const values = [undefined, null, NaN, false, 0, "", () => 1, [[1]], Promise];
  for (const { options } of MODES) {
    const seen = await StreamingPipeline.start<unknown>().map("value", (value) => value)
      .map("position", (_, index) => index)
      .map("seen", (position, _, { state }) => {
        return Object.is(state.accumulated.value, values[position]) && state.hasSnapshot("value");
      }, options)
      .executeToArray(values);

    assertEquals(seen, values.map(() => true));
  }
});

function failFrom30(item: number): number {
  if (item >= 30) throw new Error("30 or more");
  return item;
}
