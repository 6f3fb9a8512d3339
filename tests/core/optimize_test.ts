// What `optimize` moves, what it leaves where it is, and what is said of both.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { createStep, type MapOptions, type StageOptions, StreamingPipeline } from "../../mod.ts";
import { StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import { consume } from "../../src/durable/mod.ts";
import { filter, map, pipe, skip, take } from "../../src/operators/mod.ts";
import { asStreams } from "../../src/streams/mod.ts";
import { test } from "../harness.ts";
import { collect } from "../support/collect.ts";
import type { OutputOf } from "../types/_types.ts";

const start = <T = number>() => StreamingPipeline.start<T>(undefined, { optimize: true });
const NUMBERS = Array.from({ length: 100 }, (_, index) => index);
const double = (item: number) => item * 2;

/** The lines that `explain` adds to the loops. */
function explainMoves(pipeline: { explain(): { text: string; loops: readonly unknown[] } }) {
  const { text, loops } = pipeline.explain();
  return text.split("\n").slice(loops.length);
}

test("page 2 of a listing computes ten items and not thirty", async () => {
  let calls = 0;
  const page = (isOptimized: boolean) =>
    StreamingPipeline.start<number>(undefined, { optimize: isOptimized })
      .map("price", (item) => (calls++, item * 2), { pure: true })
      .map("row", (price) => Promise.resolve(`${price}`), { pure: true, concurrencyLimit: 4 })
      .skip("before", 20)
      .take("page", 10);

  const plain = await page(false).executeToArray(NUMBERS);
  const plainCalls = calls;
  calls = 0;
  const optimized = await page(true).executeToArray(NUMBERS);

  assertEquals(optimized, plain);
  assertEquals(optimized, NUMBERS.slice(20, 30).map((item) => `${item * 2}`));
  assertEquals(plainCalls >= 30, true);
  assertEquals(calls, 10);
});

test("a filter that reads an earlier stage runs right after it, with what that made", async () => {
  const rendered: number[] = [];
  const pipeline = start()
    .map("page", (item) => ({ item, isOpen: item % 2 === 0 }), { pure: true })
    .map("rendered", ({ item }) => (rendered.push(item), `<${item}>`), { pure: true })
    .filter("open", ({ page }, { signal }) => page.isOpen && !signal.aborted, { reads: ["page"] });

  assertType<IsExact<OutputOf<typeof pipeline>, string>>();
  assertEquals(await pipeline.executeToArray([1, 2, 3, 4]), ["<2>", "<4>"]);
  assertEquals(rendered, [2, 4]);
  assertEquals(pipeline.explain().text.split("\n"), [
    "source → page (map) → open (filter) → rendered (map)",
    'open (filter) runs before rendered: it reads what "page" makes',
  ]);
});

test("without optimize, a filter that reads earlier stages stands where it is", async () => {
  const rendered: number[] = [];
  const pipeline = StreamingPipeline.start<number>()
    .map("page", double, { pure: true })
    .map("rendered", (item) => (rendered.push(item), `<${item}>`), { pure: true })
    .filter("small", ({ page, rendered }) => page < 4 && rendered !== "", {
      reads: ["page", "rendered"],
    });

  assertEquals(await pipeline.executeToArray([1, 2]), ["<2>"]);
  assertEquals(rendered, [2, 4]);
  assertEquals(pipeline.explain().moves, []);
});

test("state, and the order of the stages in the metadata, are those of the plain plan", async () => {
  const pipeline = start()
    .map("double", double, { pure: true })
    .map("text", (item, _index, { state }) => `${item} of ${state.accumulated.double}`, {
      pure: true,
      usesIndex: false,
      concurrencyLimit: 2,
    })
    .skip("rest", 2)
    .map("seen", (item, _index, { state }) => [item, { ...state.accumulated }] as const);

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [
    ["6 of 6", { double: 6, text: "6 of 6", rest: "6 of 6" }],
  ]);
  const { steps } = await pipeline.getMetadata();
  assertEquals(steps.map(({ key, inputCount, droppedCount }) => [key, inputCount, droppedCount]), [
    ["double", 1, 0],
    ["text", 1, 0],
    ["rest", 3, 2],
    ["seen", 1, 0],
  ]);
});

const STAYS: Readonly<Record<string, [MapOptions<number>, string]>> = {
  "is not said to be pure": [{}, '"a" does not say that it is pure'],
  "leaves out what fails": [
    { pure: true, errorStrategy: "SKIP_FAILED" },
    '"a" leaves out items on which it fails',
  ],
  "uses its index": [
    { pure: true, usesIndex: true },
    '"a" may look at its index, unless usesIndex is false',
  ],
  "emits items as they finish": [
    { pure: true, concurrencyLimit: 2, ordered: false },
    '"a" emits items as they finish',
  ],
};

for (const [title, [options, reason]] of Object.entries(STAYS)) {
  test(`take stays after a stage that ${title}, and explain() says so`, async () => {
    const pipeline = start().map("a", double, options).take("first", 2);

    assertEquals(explainMoves(pipeline), [`first (take) stays: ${reason}`]);
    assertEquals(pipeline.explain().moves, [
      { key: "first", operator: "take", movedBefore: [], staysBehind: "a", reason },
    ]);
    assertEquals(await pipeline.executeToArray([1, 2, 3]), [2, 4]);
  });
}

const FUNCTIONS: Readonly<Record<string, (...given: never[]) => unknown>> = {
  "no parameter": () => 1,
  "an index": (item: number, index: number) => item + index,
  "an index and a context": (
    item: number,
    index: number,
    { signal }: { signal: AbortSignal },
  ) => [item, index, signal],
  "all its arguments in one list": (...all: number[]) => all,
};

for (const [what, work] of Object.entries(FUNCTIONS)) {
  test(`nothing moves past a pure function of ${what}, unless it says that it uses no index`, () => {
    const moves = (options: MapOptions<number>) =>
      explainMoves(
        start().map("a", work as () => unknown, { pure: true, ...options }).skip("b", 1),
      );

    assertEquals(moves({}), [
      'b (skip) stays: "a" may look at its index, unless usesIndex is false',
    ]);
    assertEquals(moves({ usesIndex: false }), ["b (skip) runs before a"]);
  });
}

test("a pure step has no index, so that stages move past it", () => {
  const step = createStep("step", ({ input }: { input: number }) => input);

  assertEquals(explainMoves(start().map("a", step, { pure: true }).skip("b", 1)), [
    "b (skip) runs before a",
  ]);
});

test("nothing moves past stages that drop items, make many or gather them", () => {
  const pipeline = start()
    .filter("odd", (item) => item % 2 === 1).take("a", 9)
    .flatMap("twice", (item) => [item, item]).take("b", 8)
    .batch("pairs", 2).take("c", 7);

  assertEquals(explainMoves(pipeline), [
    'a (take) stays: "odd" does not make one item of each',
    'b (take) stays: "twice" does not make one item of each',
    'c (take) stays: "pairs" does not make one item of each',
  ]);
});

test("a filter whose failures, or whose order, would show where it runs stays", () => {
  const filtered = (options: StageOptions) =>
    start().map("a", double, { pure: true }).map("b", double, { pure: true })
      .filter("c", ({ a }) => a > 2, { ...options, reads: ["a"] });

  assertEquals(explainMoves(filtered({ errorStrategy: "SPLIT_ERRORS" })), [
    'c (filter) stays: "c" leaves out items on which it fails',
  ]);
  assertEquals(explainMoves(filtered({ concurrencyLimit: 2, ordered: false })), [
    'c (filter) stays: "c" emits items as they finish',
  ]);
  assertEquals(explainMoves(filtered({ concurrencyLimit: 2 })), [
    'c (filter) runs before b: it reads what "a" makes',
  ]);
});

test("a step that may read all that a stage lets pass keeps that stage in its place", async () => {
  const build = (checkpoints: "on-demand" | "never") =>
    StreamingPipeline.start<number>(undefined, { optimize: true, checkpoints })
      .map("double", double, { pure: true })
      .skip("rest", 1)
      .add("all", async function* ({ input, state }) {
        if (checkpoints === "on-demand") yield await state.materialize("double");
        for await (const item of input) yield item;
      });

  assertEquals(await build("on-demand").executeToArray([1, 2, 3]), [[2, 4, 6], 4, 6]);
  assertEquals(explainMoves(build("on-demand")), [
    'rest (skip) stays: "all" may read all that "rest" lets pass, unless checkpoints are "never"',
  ]);
  assertEquals(explainMoves(build("never")), ["rest (skip) runs before double"]);
  assertEquals(await build("never").executeToArray([1, 2, 3]), [4, 6]);
});

test("a failure of an item that is dropped does not happen; others are as they were", async () => {
  const build = (optimize: boolean, failing: number) =>
    StreamingPipeline.start<number>(undefined, { optimize })
      .map("a", (item) => {
        if (item === failing) throw new Error("failed");
        return item;
      }, { pure: true })
      .skip("b", 2);

  await assertRejects(() => build(false, 1).executeToArray(NUMBERS), Error, 'Stage "a" failed');
  assertEquals(await build(true, 1).executeToArray([0, 1, 2, 3]), [2, 3]);
  await assertRejects(
    () => build(true, 2).executeToArray(NUMBERS),
    Error,
    'Stage "a" failed at item 0',
  );
});

test("operators, pipes and groups of an optimized pipeline are optimized as well", async () => {
  let calls = 0;
  const counted = (item: number) => (calls++, item);
  const piped = start().use("first", pipe(map(counted, { pure: true }), skip(1), take(2)));

  assertEquals(await piped.executeToArray(NUMBERS), [1, 2]);
  assertEquals(calls, 2);

  calls = 0;
  const grouped = start().groupBy(
    "group",
    (item) => item % 2,
    (group) => group.map("counted", counted, { pure: true }).skip("rest", 48),
  );
  assertEquals(await grouped.executeToArray(NUMBERS), [96, 97, 98, 99]);
  assertEquals(calls, 4);
});

test("asStreams() and consume() run the stages of an optimized pipeline as they were added", async () => {
  let calls = 0;
  const pipeline = start().map("page", double)
    .map("rendered", (item) => (calls++, `<${item}>`), { pure: true })
    .filter("small", ({ page }) => page < 4, { reads: ["page"] });
  const queue = {
    async *open() {
      for (const item of [1, 2]) yield { item, attempts: 1, ack() {}, nack() {}, extend() {} };
    },
  };
  const counts: number[] = [];
  const ends = [
    () => pipeline.executeToArray([1, 2]),
    () => collect(asStreams(pipeline, [1, 2])),
    () => consume(pipeline, queue, () => {}),
  ];
  for (const end of ends) {
    calls = 0;
    await end();
    counts.push(calls);
  }

  assertEquals(counts, [1, 2, 2]);
});

test("a reading filter is an operator too, and reads stages of the pipeline it is composed with", async () => {
  const used = start().map("page", double).use(
    "small",
    filter(({ page }) => page < 4, { reads: ["page"] }),
  );
  const composed = start().map("before", double).compose(used);

  assertType<IsExact<OutputOf<typeof used>, number>>();
  assertEquals(await used.executeToArray([1, 2]), [2]);
  assertEquals(await composed.executeToArray([0, 1]), [0]);
});

test("[L9] what is said of stages is checked when they are added", () => {
  const pipeline = start().map("page", double);

  assertThrows(
    () => pipeline.filter("f", () => true, { reads: ["pages"] as never }),
    TypeError,
    'Cannot add the stage "f" (filter): reads must be one of page, got "pages". Did you mean page?',
  );
  assertThrows(
    () => pipeline.filter("f", () => true, { reads: [] }),
    TypeError,
    'Cannot add the stage "f" (filter): reads must be an array of keys of earlier stages, at least one, got []',
  );
  assertThrows(
    () => start().filter("f", () => true, { reads: ["page"] as never }),
    TypeError,
    'Cannot add the stage "f" (filter): reads must be an array of keys of earlier stages, and there are none, got an array',
  );
  assertThrows(
    () => pipeline.filter("f", () => true, { reads: "page" as never }),
    TypeError,
    'reads must be an array of keys of earlier stages, at least one, got "page"',
  );
  assertThrows(
    () => pipeline.map("m", double, { pure: "yes" as never }),
    TypeError,
    'Cannot add the stage "m" (map): pure must be a boolean, got "yes"',
  );
  assertThrows(
    () => pipeline.map("m", double, { usesIndex: true }),
    TypeError,
    'Cannot add the stage "m" (map): usesIndex needs pure: true',
  );
  assertThrows(
    () => StreamingPipeline.start(undefined, { optimize: 1 as never }),
    TypeError,
    "optimize must be a boolean, got 1",
  );
  // @ts-expect-error the small pipeline has no optimiser
  assertThrows(() => CorePipeline.start(undefined, { optimize: true }), TypeError, "optimize");
});

test("a function that reads earlier stages has no state, and its error says so", async () => {
  const pipeline = start().map("page", double).filter("f", (_read, context) => {
    return (context as unknown as { state: unknown }).state !== undefined;
  }, { reads: ["page"] });

  const error = await assertRejects(() => pipeline.executeToArray([1]), Error);
  assertEquals(
    (error.cause as Error).message,
    "State is that of one item: a function that gets no item has none",
  );
});
