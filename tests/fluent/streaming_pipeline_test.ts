// What holds for a pipeline as a whole: it never changes, and its runs know nothing of each other.

import {
  assertEquals,
  assertMatch,
  assertNotStrictEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { createStep, Pipeline, StreamingPipeline } from "../../mod.ts";
import { StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import { test } from "../harness.ts";
import { untyped } from "../support/refused.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";

const start = StreamingPipeline.start<number>();

test("a pipeline without stages hands on what it reads", async () => {
  assertEquals(await start.executeToArray([3, 1, 2]), [3, 1, 2]);
  assertEquals(await start.executeToArray([]), []);
});

test("each method returns a new pipeline and leaves the old one as it was", async () => {
  const doubled = start.map("doubled", (item) => item * 2);
  const plusOne = doubled.map("plus one", (item) => item + 1);
  const pairs = doubled.batch("pairs", 2);

  assertNotStrictEquals(doubled as unknown, plusOne as unknown);
  assertEquals(await start.executeToArray([1, 2]), [1, 2]);
  assertEquals(await doubled.executeToArray([1, 2]), [2, 4]);
  assertEquals(await plusOne.executeToArray([1, 2]), [3, 5]);
  assertEquals(await pairs.executeToArray([1, 2]), [[2, 4]]);
});

test("two pipelines with one beginning may use the same key", async () => {
  const base = start.map("base", (item) => item);
  const left = base.map("own", (item) => item + 1);
  const right = base.map("own", (item) => `${item}`);

  assertEquals(await left.executeToArray([1]), [2]);
  assertEquals(await right.executeToArray([1]), ["1"]);
});

test("a pipeline that has run can be built upon", async () => {
  const doubled = start.map("doubled", (item) => item * 2);
  await doubled.executeToArray([1]);

  assertEquals(await doubled.map("text", String).executeToArray([1]), ["2"]);
});

test("[L8] a pipeline runs again after a run that failed or was left", async () => {
  const pipeline = start
    .map("checked", (item) => {
      if (item === 13) throw new Error("unlucky");
      return item;
    })
    .skip("first", 1)
    .batch("pairs", 2);

  await assertRejects(() => pipeline.executeToArray([1, 2, 3, 13]));
  for await (const _ of pipeline.execute([1, 2, 3, 4])) break;

  assertEquals(await pipeline.executeToArray([1, 2, 3, 4]), [[2, 3], [4]]);
});

test("[L8] runs at the same time do not meet", async () => {
  const pipeline = start
    .map("ten", (item) => item * 10)
    .skip("first", 1)
    .add("sums", async function* ({ input }) {
      let sum = 0;
      for await (const item of input) yield sum += item;
    })
    .map("later", async (item) => await item, { parallel: true, concurrencyLimit: 2 })
    .map("both", (item, index, { state }) => [item, index, state.accumulated.ten])
    .batch("pairs", 2);
  const expected = [[[20, 0, 20], [50, 1, 30]], [[90, 2, 40]]];

  const first = pipeline.execute([1, 2, 3, 4]);
  const second = pipeline.execute([1, 2, 3, 4]);
  const interleaved = [
    [(await first.next()).value],
    [(await second.next()).value, (await second.next()).value],
    [(await first.next()).value],
  ];
  const whole = await Promise.all(
    Array.from({ length: 5 }, () => pipeline.executeToArray([1, 2, 3, 4])),
  );

  assertEquals<unknown>(interleaved, [[expected[0]], expected, [expected[1]]]);
  assertEquals<unknown>(whole, Array(5).fill(expected));
  assertEquals([(await first.next()).done, (await second.next()).done], [true, true]);
});

test("[L8] one context is built per run, at its first pull", async () => {
  let built = 0;
  const pipeline = StreamingPipeline.start<number, { run: number }>(() => ({ run: ++built }))
    .map("first", (_item, _index, { context }) => context)
    .map("second", (item, _index, { context }) => [item, context] as const)
    .add("third", async function* ({ input, context }) {
      for await (const [first, second] of input) yield [first, second, context];
    });

  const items = pipeline.execute([1, 2]);
  const unread = pipeline.run([1, 2]);
  await settle();
  assertEquals(built, 0);

  const { value } = await items.next();
  assertEquals(value, [{ run: 1 }, { run: 1 }, { run: 1 }]);
  assertEquals((value as object[]).every((context) => context === (value as object[])[0]), true);
  await items.next();
  assertEquals(built, 1);
  assertEquals((await pipeline.executeToArray([1])).length, 1);
  assertEquals(built, 2);
  await items.return();
  await unread.abort();
  assertEquals(built, 2);
});

test("without a builder the context is an empty object, one per run", async () => {
  const seen: unknown[] = [];
  const note = (context: unknown) => void seen.push(context);
  const pipeline = start
    .tap("function", (_item, _index, { context }) => note(context))
    .tap("side by side", (_item, _index, { context }) => note(context), { parallel: true })
    .map("step", createStep("step", ({ context }) => note(context)))
    .add("stream", async function* ({ input, context }) {
      note(context);
      yield* input;
    })
    .branch("branch", () => true, (_item, _index, { context }) => note(context), () => {})
    .groupBy(
      "group",
      () => 1,
      (group) => group.map("inner", (_item, _index, { context }) => note(context)),
    )
    .partition(
      "half",
      () => true,
      (half) => half.map("inner", (_item, _index, { context }) => note(context)),
      (half) => half,
    );

  await pipeline.executeToArray([1]);
  const first = seen.splice(0);
  await pipeline.executeToArray([1]);

  assertEquals(first, Array(7).fill({}));
  assertEquals(new Set(first).size, 1);
  assertEquals(new Set([...first, ...seen]).size, 2);
});

test("getStageNames() gives the keys, in order", () => {
  const pipeline = start.map("doubled", (item) => item * 2).batch("pairs", 2);

  assertEquals(start.getStageNames(), []);
  assertEquals(pipeline.getStageNames(), ["doubled", "pairs"]);
  assertEquals(
    pipeline.compose(StreamingPipeline.start<number[]>().flatten("flat")).getStageNames(),
    [
      "doubled",
      "pairs",
      "flat",
    ],
  );
});

test("a context builder that throws fails the run before the source is opened", async () => {
  const failure = new Error("no database");
  const build = (): string => {
    throw failure;
  };
  const pipeline = StreamingPipeline.start<number, string>(build).take("one", 1);
  const probe = new SourceProbe("an async iterable");

  await assertRejects(() => pipeline.executeToArray(probe.source), Error, "no database");
  const items = pipeline.execute(probe.source);
  await assertRejects(() => items.next(), Error, "no database");
  assertEquals(await items.next(), { done: true, value: undefined });
  assertEquals(probe.opened, 0);
});

test("[L9] start() refuses a context builder that is not a function", () => {
  const cases: readonly [unknown, string][] = [
    [null, "null"],
    [{}, "an object"],
    ["context", `"context"`],
    [1, "1"],
  ];
  for (const [builder, shown] of cases) {
    const error = assertThrows(
      () => StreamingPipeline.start<number, unknown>(builder as () => unknown),
      TypeError,
    );
    assertEquals(
      error.message,
      `Cannot start a pipeline: contextBuilder must be a function, got ${shown}; items are given to ` +
        "execute",
    );
  }
});

test("[L9] a pipeline is started, and not made by new", () => {
  for (const face of [StreamingPipeline, CorePipeline, Pipeline]) {
    // The cast: programs without types can call what is not public.
    const made = face as unknown as new (...given: readonly unknown[]) => unknown;
    for (const given of [[], [() => ({})], [[1, 2]], [{ metadata: {} }]]) {
      const error = assertThrows(() => new made(...given), TypeError);
      assertEquals(error.message, "Cannot start a pipeline: call start(), not new");
    }
  }
});

test("a pipeline of 1,000 stages runs", async () => {
  // deno-lint-ignore no-explicit-any -- the types of a chain made by a loop do not matter
  let pipeline: any = start;
  for (let index = 0; index < 1_000; index++) {
    pipeline = pipeline.map(`stage ${index}`, (item: number) => item + 1);
  }

  assertEquals(await pipeline.executeToArray([0, 1]), [1_000, 1_001]);
});

test("[L9] every method refuses an argument that it does not have, but for undefined", () => {
  const names = Object.getOwnPropertyNames(StreamingPipeline.prototype)
    .filter((name) => name !== "constructor");
  const most = 5;
  const methods = untyped(start);

  assertEquals(names.length > 40, true);
  for (const name of names) {
    const given = Array<unknown>(most).fill(1);
    const { message } = assertThrows(() => methods[name]!(...given, 1), TypeError);
    assertMatch(
      message,
      new RegExp(`^Cannot call ${name}: got 6 arguments, not [0-${most}]$`),
    );
  }
  methods.take!("first", 1, undefined);
});
