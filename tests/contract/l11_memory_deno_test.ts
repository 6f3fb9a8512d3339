// L11: memory does not grow with the number of items that have passed, not even while one promise
// stays pending for ever. Counts the items that are still alive after a garbage collection.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import {
  assertConstantMemory,
  collectGarbage,
  type Item,
  WatchedItems,
} from "../support/living.ts";

type ItemPipeline = StreamingPipeline<Item, Item | Item[], unknown>;

const COUNT = 200_000;

/** Counted after each so many items; the last time a little before the end. */
const LOOK_EVERY = 49_900;

class SyncItems extends WatchedItems {
  *[Symbol.iterator](): Generator<Item> {
    while (this.given < COUNT) yield this.make();
  }
}

const start = () => StreamingPipeline.start<Item>();
const forever = new Promise<never>(() => {});
const parallel = { parallel: true, concurrencyLimit: 16 };
const unordered = { ...parallel, ordered: false };

/** The first call never answers, the others do in a later microtask. */
const answerLater = (item: Item): Promise<Item> =>
  item.index === 0 ? forever : Promise.resolve(item);

async function* yieldLater(item: Item): AsyncGenerator<Item> {
  yield await answerLater(item);
}

const PIPELINES: Readonly<Record<string, ItemPipeline>> = {
  "sequential stages": start().map("same", (item) => item).filter("all", () => true)
    .tap("seen", (_, __, { signal }) => signal),
  "sequential async stages": start().map("same", (item) => Promise.resolve(item)),
  "batch() and flatten()": start().batch("batches", 50).flatten("items"),
  "a generator step": start().add("step", async function* ({ input }) {
    yield* input;
  }),
  "through()": start().through("same", () => new TransformStream<Item, Item>()),
  "buffer()": start().buffer("ahead", 16),
  "map() parallel": start().map("same", (item) => Promise.resolve(item), parallel),
  "map() parallel unordered with a call that never answers": start()
    .map("same", answerLater, unordered),
  "filter() parallel unordered with a call that never answers": start()
    .filter("all", (item) => answerLater(item).then(() => true), unordered),
  "flatMap() parallel unordered with an iterator that never answers": start()
    .flatMap("many", yieldLater, unordered),
  "flatMap() parallel": start().flatMap("many", (item) => Promise.resolve([item]), parallel),
  "map() parallel that reads its signal and its state": start()
    .map("first", (item) => item)
    .map("second", async (_, __, { signal, state }) => {
      await undefined;
      return signal.aborted ? _ : state.accumulated.first;
    }, parallel),
  "distinct() in a window": start().distinct("new", { by: ({ index }) => index, window: 100 }),
  "windows and batches": start().window("three", { size: 3, slide: 1 }).map("one", ([one]) => one!)
    .batch("b", { size: 10, maxWaitMs: 60_000 }).flatten("items"),
  "windowTime() with a key for each item": start()
    .windowTime("w", { timestamp: ({ index }) => index, sizeMs: 10, by: ({ index }) => index })
    .map("one", ({ items: [one] }) => one!),
  "mapPartitioned() with a key for each item": start()
    .mapPartitioned("same", ({ index }) => index, (item) => Promise.resolve(item)),
  "groupBy() with new keys all the time, five at a time": start()
    .groupBy("g", ({ index }) => Math.floor(index / 100), (group) => group, {
      maxKeys: 5,
      whenFull: "evict",
    }),
};

for (const [name, pipeline] of Object.entries(PIPELINES)) {
  test(`[L11] ${name} holds a constant number of items while 200,000 pass`, async () => {
    const source = new SyncItems();
    const outputs = pipeline.execute(source, { closeTimeoutMs: 0 });

    await assertConstantMemory(outputs, source, LOOK_EVERY);
  });
}

test("[L11] map() parallel ordered with a call that never answers reads no further than its bounds", async () => {
  const source = new SyncItems();
  const items = start().map("same", answerLater, parallel).execute(source, { closeTimeoutMs: 0 });

  const waiting = watch(items.next());
  await settle();

  assertEquals(waiting.state, "pending");
  assertLessOrEqual(source.given, 32);
  await items.return();
});

/** Stops of all kinds that are never fired, and outlive many runs. */
const STOPS: Readonly<Record<string, Parameters<ReturnType<typeof start>["takeUntil"]>[1]>> = {
  "a promise": forever,
  "a signal": new AbortController().signal,
  "a function that returns the same promise each time": () => forever,
};

for (const [kind, stop] of Object.entries(STOPS)) {
  const pipelines: Readonly<Record<string, ItemPipeline>> = {
    "takeUntil()": start().takeUntil("t", stop),
    "takeUntil() in groups": start()
      .groupBy("g", ({ index }) => index, (group) => group.takeUntil("t", stop)),
    "takeUntil() in branches": start()
      .fanOut("f", { one: (items) => items.takeUntil("t", stop), other: (items) => items }),
  };
  for (const [name, pipeline] of Object.entries(pipelines)) {
    test(`[L11] ${name}: ${kind} that outlives many runs holds none of them`, async () => {
      const refs: WeakRef<Item>[] = [];
      const createItems = () => [0, 1].map((index) => ({ index }));
      for (let run = 0; run < 50; run++) {
        const items = createItems();
        refs.push(...items.map((item) => new WeakRef(item)));
        if (run % 2 === 0) await pipeline.executeToArray(items);
        else for await (const _ of pipeline.execute(items)) break;
      }

      // The collector may see the last of them on its stack.
      await until("the items are collected", () => {
        collectGarbage();
        return refs.filter((ref) => ref.deref() !== undefined).length <= 2;
      });
    });
  }
}

test("[L11] a signal that outlives many runs holds none of them", async () => {
  const { signal } = new AbortController();
  const contexts: WeakRef<Item>[] = [];
  const pipeline = StreamingPipeline.start<number, Item>(() => {
    const context = { index: contexts.length };
    contexts.push(new WeakRef(context));
    return context;
  }).map("same", (item) => Promise.resolve(item), { parallel: true });

  for (let run = 0; run < 200; run++) {
    if (run % 2 === 0) await pipeline.executeToArray([1, 2, 3], { signal });
    else for await (const _ of pipeline.execute([1, 2, 3], { signal })) break;
  }

  // The collector may see the last of them on its stack.
  await until("the runs are collected", () => {
    collectGarbage();
    return contexts.filter((ref) => ref.deref() !== undefined).length <= 1;
  });
});

/** Ways to run a pipeline over an array. */
const ENDS: Readonly<Record<string, (pipeline: ItemPipeline, items: Item[]) => Promise<unknown>>> =
  {
    "executeToArray()": (pipeline, items) => pipeline.executeToArray(items),
    "executeForEach()": (pipeline, items) => pipeline.executeForEach(items, () => {}),
    "execute() left early": async (pipeline, items) => {
      for await (const _ of pipeline.execute(items)) break;
    },
    "a run that is aborted": async (pipeline, items) => {
      const run = pipeline.run(items);
      await run[Symbol.asyncIterator]().next();
      await run.abort("enough");
    },
  };

for (const name of ["sequential async stages", "batch() and flatten()", "map() parallel"]) {
  for (const [end, run] of Object.entries(ENDS)) {
    test(`[L11] a pipeline of ${name} holds nothing of its latest run: ${end}`, async () => {
      const pipeline = PIPELINES[name]!;
      let refs: WeakRef<Item>[] = [];
      const runOnce = async () => {
        const items = Array.from({ length: 100 }, (_, index) => ({ index }));
        refs = items.map((item) => new WeakRef(item));
        await run(pipeline, items);
      };
      await runOnce();

      // The collector may see the last of them on its stack.
      await until("the items are collected", () => {
        collectGarbage();
        return refs.filter((ref) => ref.deref() !== undefined).length <= 2;
      });
      assertEquals((await pipeline.getMetadata()).steps[0]!.inputCount > 0, true);
    });
  }
}
