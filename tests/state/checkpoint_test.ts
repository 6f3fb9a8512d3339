// checkpoint(key): a barrier. All items up to there are gathered, then they flow on.

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type StreamingMetadata, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { collect, failingRange, failureOf, hops, MODES, range, slowRange } from "./_support.ts";

const start = StreamingPipeline.start<number>();
const tens = start.map("tens", (item) => item * 10);

for (const { title, options } of MODES) {
  test(`all items are before the checkpoint before the first is after it, ${title}`, async () => {
    const log: string[] = [];
    const pipeline = start.tap("before", async (item) => {
      await hops(item);
      log.push(`before ${item}`);
    }, options).checkpoint("all").tap("after", (item) => void log.push(`after ${item}`), options);

    await pipeline.executeForEach(slowRange(5), () => {});

    assertEquals(log.map((line) => line.split(" ")[0]), [
      ...Array(5).fill("before"),
      ...Array(5).fill("after"),
    ]);
  });

  test(`later stages read the array of all items, and each item keeps its path, ${title}`, async () => {
    const seen = await tens.checkpoint("all").map("seen", async (item, index, { state }) => {
      const { tens, all } = state.accumulated;
      await hops(10 - index);
      return { item, tens, all, later: state.accumulated.tens, has: state.hasSnapshot("all") };
    }, options).executeToArray(slowRange(5));

    const all = [0, 10, 20, 30, 40];
    assertEquals(
      seen.sort((one, other) => one.item - other.item),
      all.map((item) => ({ item, tens: item, all, later: item, has: true })),
    );
    assertEquals(new Set(seen.map((each) => each.all)).size, 1);
  });
}

test("the array of a checkpoint cannot be changed", async () => {
  await tens.checkpoint("all").tap("seen", (_item, _index, { state }) => {
    const all = state.accumulated.all as number[];
    assert(Object.isFrozen(all));
    assertThrows(() => all.push(1), TypeError);
    assertThrows(() => all[0] = 1, TypeError);
  }).executeToArray(range(3));
});

test("items keep their paths through a checkpoint after flatMap, batch and filter", async () => {
  const seen = await tens
    .flatMap("parts", (item) => [item, item + 1])
    .filter("some", (part) => part % 3 !== 0)
    .batch("pairs", 2)
    .checkpoint("all")
    .flatten("part")
    .map("seen", (_item, _index, { state }) => {
      const { tens, parts, some, pairs, all, part } = state.accumulated;
      return [tens, parts, some, pairs, all, part];
    })
    .executeToArray(slowRange(4));

  // 0 1 10 11 20 21 30 31, without those that 3 divides.
  const pairs: [number[], number[], number[]] = [[1, 10], [11, 20], [31]];
  assertEquals(seen, [
    [10, 10, 10, pairs[0], pairs, 1],
    [10, 10, 10, pairs[0], pairs, 10],
    [20, 20, 20, pairs[1], pairs, 11],
    [20, 20, 20, pairs[1], pairs, 20],
    [30, 31, 31, pairs[2], pairs, 31],
  ]);
});

test("a step after a checkpoint sees it with each item, and after its last", async () => {
  const seen = await tens.checkpoint("all").add("step", async function* ({ input, state }) {
    for await (const item of input) yield [item, state.accumulated.tens, state.accumulated.all];
    yield [-1, state.accumulated.tens, state.accumulated.all];
  }).executeToArray(slowRange(2));

  assertEquals(seen, [[0, 0, [0, 10]], [10, 10, [0, 10]], [-1, 10, [0, 10]]]);
});

test("a step can read the array of a checkpoint before it reads its input", async () => {
  const seen = await tens.checkpoint("all").add("step", async function* ({ input, state }) {
    const { all } = state.accumulated;
    yield [state.hasSnapshot("all"), all];
    for await (const _ of input);
  }).executeToArray(slowRange(2));

  assertEquals(seen, [[true, [0, 10]]]);
});

test("two checkpoints each have what has reached them", async () => {
  const seen = await tens.checkpoint("first")
    .filter("late", (item) => item > 10)
    .map("plus", (item, _, { state }) => item + state.accumulated.first.length)
    .checkpoint("second")
    .map("seen", (_item, _index, { state }) => ({ ...state.accumulated }))
    .executeToArray(range(4));

  const first = [0, 10, 20, 30];
  const second = [24, 34];
  assertEquals(
    seen,
    [20, 30].map((item) => ({ tens: item, first, late: item, plus: item + 4, second })),
  );
});

test("a checkpoint comes first, or last, or after another", async () => {
  const seen = await start.checkpoint("first").checkpoint("second")
    .map("seen", (item, _, { state }) => [item, state.accumulated.first, state.accumulated.second])
    .checkpoint("last").executeToArray(range(2));

  assertEquals(seen, [[0, [0, 1], [0, 1]], [1, [0, 1], [0, 1]]]);
  assertEquals(await start.checkpoint("only").executeToArray(range(3)), range(3));
});

test("[L7] a checkpoint lets every value through as it is", async () => {
  const values = [undefined, null, NaN, false, 0, () => 1, [[1]]];
  const seen = await StreamingPipeline.start<unknown>().checkpoint("all").executeToArray(values);

  assertEquals(seen.length, values.length);
  for (const [index, value] of values.entries()) assertStrictEquals(seen[index], value);
});

test("a checkpoint of an empty stream lets nothing through, and ends", async () => {
  for (const source of [[], slowRange(0)]) {
    const seen = await tens.checkpoint("all").add("step", async function* ({ input }) {
      yield await collect(input);
    }).executeToArray(source);

    assertEquals(seen, [[]]);
  }
});

test("[L1] a checkpoint reads nothing before it is asked", async () => {
  const probe = new SourceProbe("an async iterable", { items: range(3) });
  const items = start.checkpoint("all").execute(probe.source);
  await settle();
  const before = probe.opened;
  await items.next();
  const after = probe.given;
  await items.return();

  assertEquals([before, after], [0, 3]);
});

for (const kind of SOURCE_KINDS) {
  test(`[L4] a take after a checkpoint ends the run; ${kind} is not closed after its end`, async () => {
    const probe = new SourceProbe(kind, { items: range(9) });
    const worked: number[] = [];
    const seen = await start.checkpoint("all").tap("worked", (item) => void worked.push(item))
      .take("two", 2).executeToArray(probe.source);

    assertEquals([seen, worked, probe.given, probe.closed], [[0, 1], [0, 1], 9, 0]);
  });
}

test("[L4] a take before a checkpoint closes the source, and all of it comes out", async () => {
  const probe = new SourceProbe("an async generator");
  const seen = await start.take("three", 3).checkpoint("all").executeToArray(probe.source);

  assertEquals([seen, probe.closed, probe.cleaned], [range(3), 1, 1]);
});

test("[L6] when the source fails, what was gathered comes out first, then the error", async () => {
  const cause = new Error("broken");
  const seen: unknown[] = [];
  const pipeline = tens.checkpoint("all")
    .map("seen", (item, _, { state }) => seen.push([item, state.accumulated.all]));

  const error = await failureOf(pipeline.executeToArray(failingRange(2, cause)));

  assertEquals(seen, [[0, [0, 10]], [10, [0, 10]]]);
  assertStrictEquals((error as Error).cause, cause);
});

test("[L6] when a stage before it fails, what was gathered comes out first, then the error", async () => {
  const cause = new Error("no");
  for (const { options } of MODES.slice(0, 2)) {
    const probe = new SourceProbe("an async generator");
    const seen: number[] = [];
    const pipeline = start.map("fails", async (item) => {
      await hops(2);
      if (item === 3) throw cause;
      return item;
    }, options).checkpoint("all");

    const error = await failureOf(
      pipeline.executeForEach(probe.source, (item) => void seen.push(item)),
    );

    assertEquals([seen, (error as Error).cause], [[0, 1, 2], cause]);
    assertEquals([probe.closed, probe.cleaned], [1, probe.owedAtClose ? 0 : 1]);
  }
});

test("[L13] an abort while it gathers rejects with the reason and closes the source", async () => {
  for (const isSilent of [true, false]) {
    const probe = new SourceProbe("an async iterable", isSilent ? { silentAfter: 3 } : {});
    const controller = new AbortController();
    const worked: number[] = [];
    const reason = new Error("enough");
    const work = start.tap("slow", async (item) => {
      await hops(3);
      if (!isSilent && item === 5) controller.abort(reason);
    }).checkpoint("all").tap("worked", (item) => void worked.push(item))
      .executeToArray(probe.source, { signal: controller.signal });
    const rejected = failureOf(work);

    if (isSilent) {
      await until("the source is silent", () => probe.pulls === 4);
      controller.abort(reason);
    }

    assertStrictEquals(await rejected, reason);
    assertEquals([worked, probe.closed], [[], 1]);
  }
});

test("[L4] a return while it gathers answers the read that waits, and closes the source", async () => {
  const probe = new SourceProbe("an async iterable", { silentAfter: 3 });
  const items = start.checkpoint("all").execute(probe.source);
  const first = watch(items.next());
  await until("the source is silent", () => probe.pulls === 4);

  await items.return();
  await settle();

  assertEquals([first.state, first.value?.done, probe.closed], ["resolved", true, 1]);
});

test("[L14] the figures of a checkpoint add up at every moment", async () => {
  const figures: number[][] = [];
  let look = () => {};
  const run = start.tap("before", () => look()).checkpoint("all").tap("after", () => look())
    .run(slowRange(3));
  look = () => {
    const stage = run.metadata().steps[1] as StreamingMetadata;
    expectBalance(stage);
    figures.push([stage.inputCount, stage.outputCount, stage.inFlightCount]);
  };

  for await (const _ of run);
  look();

  const [gathering, flowing] = [figures.slice(0, 3), figures.slice(3)];
  assertEquals(gathering, [[0, 0, 0], [1, 0, 1], [2, 0, 2]]);
  assertEquals(flowing, [[3, 1, 2], [3, 2, 1], [3, 3, 0], [3, 3, 0]]);
});

test("[L8] runs at the same time gather their own items", async () => {
  const pipeline = tens.checkpoint("all")
    .map("count", (_item, _index, { state }) => state.accumulated.all.length);

  const runs = [4, 0, 2].map((count) => pipeline.executeToArray(slowRange(count)));

  assertEquals(await Promise.all(runs), [[4, 4, 4, 4], [], [2, 2]]);
});

test("a context builder is called once per run, however many stages there are", async () => {
  let built = 0;
  const contexts = new Set<unknown>();
  const pipeline = StreamingPipeline.start<number, { id: number }>(() => ({ id: built++ }))
    .tap("a", (_item, _index, { context }) => void contexts.add(context))
    .checkpoint("b")
    .add("c", async function* ({ input, context }) {
      contexts.add(context);
      yield* input;
    })
    .map("d", (_item, _index, { context }) => contexts.add(context), { parallel: true });

  await pipeline.executeToArray(range(3));
  await pipeline.executeToArray(range(3));

  assertEquals([built, contexts.size], [2, 2]);
});

test("[L9] checkpoint() refuses a key that is empty or taken", () => {
  assertThrows(() => start.checkpoint(""), TypeError, "checkpoint");
  // deno-lint-ignore no-explicit-any -- a taken key does not compile
  assertThrows(() => (tens as any).checkpoint("tens"), TypeError, '"tens"');
});
