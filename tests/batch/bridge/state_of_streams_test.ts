// What a batch pipeline sees of the stages of a streaming one: all items of each.

import { assertEquals } from "@std/assert";
import {
  createStep,
  createTransform,
  type Pipeline,
  StreamingPipeline,
  streamingToPipeline,
} from "../../../mod.ts";
import { dataOf } from "../_helpers.ts";
import { test } from "../../harness.ts";

const start = StreamingPipeline.start<number>();

/** All that the state has after a streaming pipeline, and what came out of it. */
async function stateAfter(
  pipeline: StreamingPipeline<number, unknown, unknown>,
  source: Iterable<number> = [1, 2, 3, 4, 5],
): Promise<{ readonly state: Record<string, unknown>; readonly data: unknown }> {
  const look = createStep("look", (given) => {
    const { input, state } = given as { input: unknown; state: Record<string, unknown> };
    return { state: { ...state }, data: input };
  });
  const bridged = streamingToPipeline(pipeline) as Pipeline<unknown, unknown, unknown>;
  return dataOf(await bridged.add("look", look as never).execute(source)) as never;
}

/** What the stage between `a` and `z` gives for 1 to 5. */
const STAGES: Readonly<
  Record<string, [add: (pipeline: Numbers) => Numbers, made: readonly unknown[]]>
> = {
  map: [(p) => p.map("b", (item) => item * 2), [2, 4, 6, 8, 10]],
  "map side by side": [
    (p) => p.map("b", async (item) => await item * 2, { parallel: true, concurrencyLimit: 2 }),
    [2, 4, 6, 8, 10],
  ],
  filter: [(p) => p.filter("b", (item) => item % 2 === 1), [1, 3, 5]],
  flatMap: [(p) => p.flatMap("b", (item) => item > 3 ? [item, item] : []), [4, 4, 5, 5]],
  "flatMap side by side": [
    (p) => p.flatMap("b", async (item) => [await item, 0], { parallel: true }),
    [1, 0, 2, 0, 3, 0, 4, 0, 5, 0],
  ],
  batch: [(p) => p.batch("b", 2) as unknown as Numbers, [[1, 2], [3, 4], [5]]],
  window: [
    (p) => p.window("b", { size: 3, partial: false }) as unknown as Numbers,
    [[1, 2, 3]],
  ],
  tap: [(p) => p.tap("b", () => "not used"), [1, 2, 3, 4, 5]],
  skip: [(p) => p.skip("b", 3), [4, 5]],
  skipWhile: [(p) => p.skipWhile("b", (item) => item < 3), [3, 4, 5]],
  takeWhile: [(p) => p.takeWhile("b", (item) => item < 3), [1, 2]],
  branch: [
    (p) => p.branch("b", (item) => item > 3, (item) => -item, (item) => item),
    [1, 2, 3, -4, -5],
  ],
  buffer: [(p) => p.buffer("b", 2), [1, 2, 3, 4, 5]],
  through: [(p) => p.through("b", () => new TransformStream<number, number>()), [1, 2, 3, 4, 5]],
  "a generator step": [
    (p) =>
      p.add("b", async function* ({ input }) {
        for await (const item of input) if (item !== 3) yield* [item, item];
      }),
    [1, 1, 2, 2, 4, 4, 5, 5],
  ],
  "failures that are skipped": [
    (p) => p.map("b", failsOnTwo, { errorStrategy: "SKIP_FAILED" }),
    [1, 3, 4, 5],
  ],
};

type Numbers = StreamingPipeline<number, number, unknown>;

function failsOnTwo(item: number): number {
  if (item === 2) throw new Error("two");
  return item;
}

for (const [what, [add, made]] of Object.entries(STAGES)) {
  test(`state after streamingToPipeline has all items of each stage: ${what}`, async () => {
    const before = start.map("a", (item) => item) as Numbers;
    const inner = add(before).map("z", (item) => item);
    const last = add(before);

    const { state, data } = await stateAfter(inner);
    assertEquals(Object.keys(state), ["a", "b", "z"]);
    assertEquals([state.b, state.z, data], [made, made, made]);
    assertEquals((state.a as unknown[]).slice(0, 3), [1, 2, 3]);
    assertEquals((await stateAfter(last)).state.b, made);
  });
}

test("state after streamingToPipeline has what came out in any order", async () => {
  const held = new Map<number, () => void>();
  const pipeline = start
    .map("a", (item) => item)
    .map("b", async (item) => {
      await new Promise<void>((resolve) => held.set(item, resolve));
      return item;
    }, { parallel: true, concurrencyLimit: 3, ordered: false })
    .map("z", (item) => item);
  const done = stateAfter(pipeline, [1, 2, 3]);
  for (const item of [3, 1, 2]) {
    while (!held.has(item)) await undefined;
    held.get(item)!();
    for (let hops = 0; hops < 64; hops++) await undefined;
  }

  assertEquals(await done, {
    state: { a: [1, 2, 3], b: [3, 1, 2], z: [3, 1, 2] },
    data: [3, 1, 2],
  });
});

test("state after streamingToPipeline has empty lists where nothing has passed", async () => {
  const pipeline = start.map("a", (item) => item).batch("b", 2).flatten("c").checkpoint("d")
    .take("e", 1);

  assertEquals((await stateAfter(pipeline, [])).state, { a: [], b: [], c: [], d: [[]], e: [] });
});

test("a checkpoint in streamingToPipeline has made its one array, also as the last stage", async () => {
  const inner = start.map("a", (item) => item).checkpoint("b").map("c", (item) => item);
  const last = start.checkpoint("b");

  assertEquals(await stateAfter(inner, [1, 2]), {
    state: { a: [1, 2], b: [[1, 2]], c: [1, 2] },
    data: [1, 2],
  });
  const { state, data } = await stateAfter(last, [1, 2]);
  assertEquals([state.b, data], [[[1, 2]], [1, 2]]);
});

test("streamingToPipeline of no stages gives the items, and no key is taken", async () => {
  const pipeline = streamingToPipeline(start).map("items", (item) => item * 2);

  assertEquals(dataOf(await pipeline.execute([1, 2])), [2, 4]);
});

test("the state of two runs at the same time is separate", async () => {
  const pipeline = streamingToPipeline(
    start.map("a", async (item) => await item).map("b", (item) => item * 2),
  ).add("sum", createTransform("sum", (_: number[], { a }: { a: number[] }) => a.join()));

  const results = await Promise.all([pipeline.execute([1, 2]), pipeline.execute([3])]);
  assertEquals(results.map((result) => dataOf(result)), ["1,2", "3"]);
});

test("a key in the state is the list that a stage was given, not a copy", async () => {
  const same = createTransform(
    "same",
    (input: number[], state: { readonly a: number[]; readonly b: number[] }) =>
      input === state.b && state.a !== state.b,
  );
  const pipeline = streamingToPipeline(start.map("a", (n) => n).map("b", (n) => n))
    .add("same", same);

  assertEquals(dataOf(await pipeline.execute([1])), true);
});

test("inside streamingToPipeline a function sees the path of its item", async () => {
  const pipeline = streamingToPipeline(
    start.map("a", (item) => item * 10)
      .flatMap("b", (item) => [item, item + 1])
      .map("c", async (item, _, { state }) => {
        await undefined;
        return [state.accumulated.a, state.accumulated.b, item];
      }, { parallel: true }),
  );

  assertEquals(dataOf(await pipeline.execute([1, 2])), [
    [10, 10, 10],
    [10, 11, 11],
    [20, 20, 20],
    [20, 21, 21],
  ]);
});

test("checkpoints never: streamingToPipeline has its arrays nevertheless", async () => {
  const never = StreamingPipeline.start<number>(undefined, { checkpoints: "never" })
    .map("a", (item) => item).map("b", (item) => item);

  assertEquals((await stateAfter(never, [1, 2])).state, { a: [1, 2], b: [1, 2] });
});

test("without keepState only what came out is kept, and no key is taken", async () => {
  const streaming = StreamingPipeline.start<number>()
    .map("tens", (item) => item * 10)
    .filter("large", (item) => item > 10);
  const pipeline = streamingToPipeline(streaming, { keepState: false })
    .add("tens", createStep("sum", ({ input }) => input.reduce((sum, each) => sum + each, 0)));
  const { metadata, ...result } = await pipeline.execute([1, 2, 3]);

  assertEquals(result, { success: true, data: 50 });
  assertEquals(metadata.steps?.map(({ stepName }) => stepName), ["streamingToPipeline", "sum"]);
  assertEquals(metadata.listMetadata?.totalItems, 3);
});
