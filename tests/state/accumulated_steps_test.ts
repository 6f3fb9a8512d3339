// state.accumulated in steps over the whole stream: a live view of the item read last.

import { assert, assertEquals } from "@std/assert";
import { createStreamingStep, StreamingErrorStrategy, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { hops, range, slowRange, sorted } from "./_support.ts";

const start = StreamingPipeline.start<number>();
const tens = start.map("tens", (item) => item * 10);

test("a step sees the state of the item that it read last", async () => {
  const seen = await tens.add("step", async function* ({ input, state }) {
    for await (const item of input) {
      const atOnce = state.accumulated.tens;
      await hops(3);
      yield [item, atOnce, state.accumulated.tens];
      assertEquals(state.accumulated.tens, item);
    }
  }).executeToArray(slowRange(10));

  assertEquals(seen, range(10).map((item) => Array(3).fill(item * 10)));
});

test("accumulated and state are live views, also where they are taken once before the loop", async () => {
  const seen = await tens.add("step", async function* ({ input, state, state: { accumulated } }) {
    for await (const item of input) {
      yield [item, accumulated.tens, state.accumulated.tens, { ...accumulated }.tens];
    }
  }).executeToArray(slowRange(5));

  assertEquals(seen, range(5).map((item) => Array(4).fill(item * 10)));
});

test("nothing is on the path before a step has read, and all of it after", async () => {
  const seen = await tens.filter("kept", () => true).add(
    "step",
    async function* ({ input, state }) {
      const look =
        () => [state.hasSnapshot("tens"), state.hasSnapshot("kept"), state.accumulated.tens];
      const before = look();
      const keys = Object.keys(state.accumulated);
      await input.next();
      yield [before, keys, look()];
    },
  ).executeToArray([3]);

  assertEquals(seen, [[[false, false, undefined], ["tens", "kept"], [true, true, 30]]]);
});

test("what a step yields before it has read has no snapshot but the step's own", async () => {
  const seen = await tens.add("step", async function* ({ input }) {
    yield -1;
    yield* input;
  }).map("seen", (item, _, { state }) => {
    return [item, state.hasSnapshot("tens"), state.hasSnapshot("step"), { ...state.accumulated }];
  }).executeToArray([1]);

  assertEquals(seen, [
    [-1, false, true, { tens: undefined, step: -1 }],
    [10, true, true, { tens: 10, step: 10 }],
  ]);
});

test("hasSnapshot is false for keys that are not earlier stages", async () => {
  const pipeline = tens.add("step", async function* ({ input, state }) {
    const has = state.hasSnapshot.bind(state) as (key: string) => boolean;
    for await (const _ of input) yield ["step", "later", "nowhere", "toString", ""].map(has);
  }).tap("later", () => {});

  assertEquals(await pipeline.executeToArray([1]), [[false, false, false, false, false]]);
});

test("what a step yields has the path of the item that it read last", async () => {
  const pipeline = tens.add("step", async function* ({ input }) {
    let sum = 0;
    for await (const item of input) {
      sum += item;
      if (item % 20 === 0) continue;
      yield item;
      yield sum;
    }
    yield -1;
  });

  const seen = await pipeline.map("seen", async (item, _, { state }) => {
    await hops(2);
    return [item, state.accumulated.tens, state.accumulated.step];
  }).executeToArray(range(5));

  assertEquals(seen, [[10, 10, 10], [10, 10, 10], [30, 30, 30], [60, 30, 60], [-1, 40, -1]]);
});

test("the path stays that of the item read last when all items after it are dropped", async () => {
  const failing = {
    errorStrategy: StreamingErrorStrategy.SKIP_FAILED,
  };
  const early = (item: number) => item < 30;
  const pipelines = [
    tens.filter("kept", early),
    tens.filter("kept", async (item) => (await hops(2), early(item))),
    tens.takeWhile("kept", early),
    tens.flatMap("kept", (item) => early(item) ? [item] : []),
    tens.map("kept", (item) => early(item) ? item : fail(), failing),
  ];
  for (const pipeline of pipelines) {
    const seen = await pipeline.add("step", async function* ({ input, state }) {
      for await (const _ of input);
      yield [state.accumulated.tens, state.accumulated.kept];
    }).map("seen", (given, _, { state }) => [...given, state.accumulated.tens])
      .executeToArray(slowRange(6));

    assertEquals(seen, [[20, 20, 20]]);
  }
});

test("the state does not change while the next item is being computed", async () => {
  const seen = await tens.map("slow", async (item) => (await hops(5), item + 1))
    .add("step", async function* ({ input, state }) {
      await input.next();
      const next = input.next();
      const sights = [];
      for (let hop = 0; hop < 4; hop++) {
        sights.push([state.accumulated.tens, state.accumulated.slow]);
        await undefined;
      }
      await next;
      yield [sights, [state.accumulated.tens, state.accumulated.slow]];
    }).executeToArray([1, 2, 3]);

  assertEquals(seen, [[Array(4).fill([10, 11]), [20, 21]]]);
});

/** By how much the state has changed while the function waited. */
async function changeOfTens(
  _item: unknown,
  _index: number,
  { state }: { readonly state: { readonly accumulated: { readonly tens: number } } },
): Promise<number> {
  const atOnce = state.accumulated.tens;
  await hops(30);
  return state.accumulated.tens - atOnce;
}

test("the state of a function does not change when the step before it reads on meanwhile", async () => {
  const seen = await start.map("tens", (item) => item * 10)
    .add("ahead", async function* ({ input }) {
      let next = input.next();
      for (;;) {
        const result = await next;
        if (result.done) return;
        next = input.next();
        yield result.value;
      }
    })
    .map("seen", changeOfTens)
    .executeToArray(slowRange(6));

  assertEquals(seen, range(6).map(() => 0));
});

test("the state of a function does not change when a web transform before it reads on", async () => {
  const seen = await tens.through("through", () => new TransformStream<number, number>())
    .map("seen", changeOfTens)
    .executeToArray(slowRange(6));

  assertEquals(seen, range(6).map(() => 0));
});

test("a step after a parallel stage sees the state of its item", async () => {
  for (const ordered of [true, false]) {
    const options = { parallel: true, concurrencyLimit: 4, ordered };
    const seen = await tens
      .map("worked", async (item) => (await hops(item % 7), item + 1), options)
      .add("step", async function* ({ input, state }) {
        for await (const item of input) {
          await hops(2);
          yield [item, state.accumulated.tens, state.accumulated.worked];
        }
      })
      .executeToArray(range(20));

    assertEquals(sorted(seen), range(20).map((n) => [n * 10 + 1, n * 10, n * 10 + 1]));
  }
});

test("steps after steps see what the ones before yielded", async () => {
  const double = createStreamingStep<number, number>("double", async function* ({ input }) {
    for await (const item of input) yield* [item, item * 2];
  });

  const seen = await tens.add("doubled", double).add("last", async function* ({ input, state }) {
    for await (const item of input) {
      yield [item, state.accumulated.tens, state.accumulated.doubled];
    }
  }).executeToArray([1, 2]);

  assertEquals(seen, [[10, 10, 10], [20, 10, 20], [20, 20, 20], [40, 20, 40]]);
});

test("a window that is flushed at the end has the path of its last item", async () => {
  const window = createStreamingStep<number, number[]>("window", async function* ({ input }) {
    let items: number[] = [];
    for await (const item of input) {
      items.push(item);
      if (items.length < 3) continue;
      yield items;
      items = [];
    }
    if (items.length > 0) yield items;
  });

  const seen = await tens.filter("kept", (item) => item !== 50).add("windows", window)
    .map("seen", (items, _, { state }) => [items, state.accumulated.tens, state.accumulated.kept])
    .executeToArray(range(6));

  assertEquals(seen, [[[0, 10, 20], 20, 20], [[30, 40], 40, 40]]);
});

test("a step that is started again sees the state of the item that it is given again", async () => {
  const failures: number[] = [];
  const seen = await tens.add("step", async function* ({ input, state }) {
    for await (const item of input) {
      assertEquals(state.accumulated.tens, item);
      if (item === 20 && failures.push(item) < 3) throw new Error("again");
      yield [item, state.accumulated.tens];
    }
  }, { retry: { maxAttempts: 3, backoffMs: 0, shouldRetry: () => true } }).map(
    "seen",
    (given, _, { state }) => {
      return [...given, state.accumulated.tens];
    },
  ).executeToArray(slowRange(5));

  assertEquals(failures.length, 3);
  assertEquals(seen, range(5).map((item) => Array(3).fill(item * 10)));
});

test("[L8] two runs of a step at the same time do not see each other's state", async () => {
  const pipeline = tens.add("step", async function* ({ input, state: { accumulated } }) {
    for await (const item of input) {
      await hops(item % 9);
      yield item - accumulated.tens;
    }
  });

  const [first, second] = await Promise.all([
    pipeline.executeToArray(slowRange(12)),
    pipeline.executeToArray(range(7)),
  ]);

  assert([...first, ...second].every((difference) => difference === 0));
  assertEquals([first.length, second.length], [12, 7]);
});

function fail(): never {
  throw new Error("no");
}
