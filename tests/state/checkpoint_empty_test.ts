// Every stage after a checkpoint has its array, whatever got through to that stage, and all of
// `state` says the same about it.

import { assertEquals, fail } from "@std/assert";
import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { collect, slowRange } from "./_support.ts";

interface State {
  readonly accumulated: { readonly all: readonly number[] };
  hasSnapshot(key: "all"): boolean;
  stream(key: "all"): AsyncIterable<readonly number[]>;
  materialize(key: "all"): Promise<readonly (readonly number[])[]>;
}

const start = StreamingPipeline.start<number>().map("tens", (item) => item * 10);
const gathered = start.checkpoint("all");
const skip = { errorStrategy: "SKIP_FAILED" } as const;

/** Everything that `state` says of the checkpoint. */
async function readAll(state: State): Promise<unknown[]> {
  return [
    state.accumulated.all,
    state.hasSnapshot("all"),
    await collect(state.stream("all")),
    await state.materialize("all"),
    Object.keys(state.accumulated).includes("all"),
  ];
}

const says = (all: readonly number[]) => [all, true, [all], [all], true];

/** What stands between the checkpoint and the step, and how much gets through. */
const BETWEEN: Readonly<Record<string, (from: typeof gathered) => typeof gathered>> = {
  "nothing in between": (from) => from,
  "a filter that drops all": (from) => from.filter("f", () => false) as never,
  "an async filter that drops all": (from) =>
    from.filter("f", () => Promise.resolve(false)) as never,
  "a parallel filter that drops all": (from) =>
    from.filter("f", () => false, { parallel: true }) as never,
  "a flatMap of nothing": (from) => from.flatMap("f", () => [] as number[]) as never,
  "a stage that fails on all": (from) => from.map("f", () => fail(), skip) as never,
  "a skip of more than there are": (from) => from.skip("f", 99) as never,
  "a takeWhile that takes none": (from) => from.takeWhile("f", () => false) as never,
  "a batch": (from) => from.batch("b", 2).flatten("f") as never,
  "a buffer": (from) => from.buffer("f", 2) as never,
  "a step that reads all and yields none": (from) =>
    from.add("f", async function* ({ input }): AsyncGenerator<number> {
      for await (const item of input) if (item < 0) yield item;
    }) as never,
  "a step that yields before it reads": (from) =>
    from.add("f", async function* ({ input, state }) {
      yield state.accumulated.all.length;
      yield* input;
    }) as never,
  "another checkpoint": (from) => from.checkpoint("f") as never,
};

/** The ways to write a step over the whole stream. */
const STEPS: Readonly<Record<string, (from: typeof gathered) => Promise<unknown[]>>> = {
  "add()": (from) =>
    from.add("s", async function* ({ state }) {
      yield await readAll(state);
    }).executeToArray([1]),
  "map() with a streaming step": (from) =>
    from.map(
      "s",
      createStreamingStep<number, unknown, { all: readonly number[] }>(
        "s",
        async function* ({ state }) {
          yield await readAll(state);
        },
      ),
    ).executeToArray([1]),
};

for (const [between, through] of Object.entries(BETWEEN)) {
  test(`a step sees what a checkpoint has gathered, also nothing: ${between}`, async () => {
    for (const count of [0, 1, 3]) {
      const all = Array.from({ length: count }, (_, index) => index * 10);
      const seen = await through(gathered).add("s", async function* ({ input, state }) {
        yield await readAll(state);
        for await (const _ of input);
        yield await readAll(state);
      }).executeToArray(slowRange(count));

      assertEquals(seen, [says(all), says(all)]);
    }
  });
}

for (const [name, run] of Object.entries(STEPS)) {
  test(`a step that was never asked for an item sees an empty checkpoint: ${name}`, async () => {
    assertEquals(await run(gathered.take("none", 0)), [says([])]);
  });
}

test("what a step makes without having read shows the checkpoint to later stages", async () => {
  for (const options of [{}, { parallel: true }, { parallel: true, ordered: false }]) {
    const seen = await gathered.filter("none", () => false)
      .add("made", async function* () {
        yield* [1, 2];
      })
      .map("seen", (item, _index, { state }) => [
        item,
        state.accumulated.all,
        state.hasSnapshot("all"),
        state.hasSnapshot("tens"),
        state.accumulated.tens,
      ], options)
      .executeToArray([1, 2, 3]);

    const expected = [1, 2].map((item) => [item, [10, 20, 30], true, false, undefined]);
    assertEquals<unknown>(seen, expected);
  }
});

test("a checkpoint has what came before a failure", async () => {
  const seen: unknown[] = [];
  const failing = start.tap("t", (item) => item === 20 ? fail() : undefined).checkpoint("all");
  const run = failing.filter("none", () => false).add("s", async function* ({ input, state }) {
    seen.push(await readAll(state));
    yield* input;
  }).executeToArray([1, 2, 3]);

  await run.catch(() => {});

  assertEquals(seen, [says([10])]);
});

test("a checkpoint inside a group belongs to the group", async () => {
  const seen = await StreamingPipeline.start<number>().groupBy(
    "g",
    (item) => item % 2,
    (group) =>
      group.filter("large", (item) => item > 90).checkpoint("all").add(
        "s",
        async function* ({ state }) {
          yield [state.accumulated.all, state.hasSnapshot("all")];
        },
      ),
  ).executeToArray([1, 2, 91]);

  assertEquals(seen.toSorted((a, b) => String(a).localeCompare(String(b))), [[[], true], [
    [91],
    true,
  ]]);
});
