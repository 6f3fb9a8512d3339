// state.stream: a step reads what an earlier stage makes, beside its own input.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createStreamingStep, StateNotRecordedError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { collect, hops, range, slowRange } from "./_support.ts";

const start = StreamingPipeline.start<number>();
const tens = start.map("tens", (item) => item * 10);
const all = range(12);
const allTens = all.map((item) => item * 10);

const unordered = { parallel: true, concurrencyLimit: 3, ordered: false };

/** What can stand between the stage that is read and the step. */
const BETWEEN = {
  nothing: tens,
  "a map": tens.map("between", (item) => item + 1),
  "an async map": tens.map("between", async (item) => (await hops(3), item + 1)),
  "a parallel map": tens.map("between", async (item) => (await hops(3), item + 1), {
    parallel: true,
    concurrencyLimit: 3,
  }),
  "a parallel map, unordered": tens.map("between", async (item) => {
    await hops(20 - (item * 3) % 20);
    return item + 1;
  }, unordered),
  "a flatMap": tens.flatMap("between", (item) => [item, item + 1]),
  "a parallel flatMap": tens.flatMap("between", async (item) => (await hops(2), [item, 1]), {
    parallel: true,
    concurrencyLimit: 4,
  }),
  "a batch": tens.batch("between", 5),
  "a filter": tens.filter("between", (item) => item % 30 === 0),
  "a filter that lets nothing pass": tens.filter("between", () => false),
  "a parallel filter": tens.filter("between", async (item) => (await hops(2), item > 40), {
    parallel: true,
  }),
  "a branch": tens.branch("between", (item) => item > 40, String, Number),
  "a buffer": tens.buffer("between", 4),
  "a web transform": tens.through("between", () => new TransformStream<number, number>()),
  "a step": tens.add("between", async function* ({ input }) {
    for await (const item of input) yield* [item, -item];
  }),
  "a checkpoint": tens.checkpoint("between"),
};

for (const [what, pipeline] of Object.entries(BETWEEN)) {
  test(`a step reads everything with ${what} between, and then its own input`, async () => {
    const own = await (pipeline as StreamingPipeline<number, unknown, { tens: number }>)
      .executeToArray(all);
    for (const source of [all, slowRange(12)]) {
      const given = await (pipeline as StreamingPipeline<number, unknown, { tens: number }>)
        .add("step", async function* ({ input, state }) {
          const streamed = state.stream("tens");
          const materialized = state.materialize("tens");
          yield await materialized;
          yield await collect(streamed);
          yield await collect(input);
        }).executeToArray(source);

      assertEquals(given.slice(0, 2), [allTens, allTens]);
      assertEquals(texts(given[2]!), texts(own));
    }
  });
}

test("a step reads the items of every earlier stage, of its own kind of item", async () => {
  const given = await tens.filter("half", (item) => item % 20 === 0)
    .flatMap("twice", (item) => [item, item])
    .batch("batches", 4)
    .add("step", async function* ({ input, state }) {
      const streams = ["tens", "half", "twice", "batches"] as const;
      const read = streams.map((key) => state.stream(key) as AsyncIterable<unknown>);
      for (const items of read) yield await collect(items);
      yield await collect(input);
    }).executeToArray(range(6));

  const half = [0, 20, 40];
  const batches = [[0, 0, 20, 20], [40, 40]];
  assertEquals(given, [
    [0, 10, 20, 30, 40, 50],
    half,
    half.flatMap((n) => [n, n]),
    batches,
    batches,
  ]);
});

test("readers and the step each go at their own speed, and each sees everything once", async () => {
  const schedules = fc.array(fc.constantFrom("input", "one", "other", "source", "both"), {
    maxLength: 40,
  });
  const sources = fc.constantFrom(range, slowRange);
  const run = fc.asyncProperty(fc.nat(15), schedules, sources, async (count, schedule, source) => {
    const seen: Record<string, unknown[]> = { input: [], one: [], other: [], source: [] };
    await start.tap("source", () => {}).map("tens", (item) => item * 10)
      .map("kept", async (item) => (await hops(item % 4), item + 1))
      .add("step", async function* ({ input, state }) {
        const readers: Record<string, AsyncIterator<unknown>> = {
          input,
          one: state.stream("tens"),
          other: state.stream("tens"),
          source: state.stream("source"),
        };
        const read = async (name: string) => {
          const result = await readers[name]!.next();
          if (result.done) return false;
          seen[name]!.push(result.value);
          if (name !== "input") return true;
          const { source, tens, kept } = state.accumulated;
          assertEquals([kept, tens + 1, source * 10 + 1], Array(3).fill(result.value));
          return true;
        };
        for (const turn of schedule) {
          if (turn !== "both") await read(turn);
          else await Promise.all(["one", "input", "other"].map(read));
        }
        for (const name of Object.keys(readers)) while (await read(name));
        yield* [];
      }).executeToArray(source(count));

    const items = range(count);
    const expected = items.map((item) => item * 10);
    assertEquals(seen, {
      input: expected.map((item) => item + 1),
      one: expected,
      other: expected,
      source: items,
    });
  });

  await fc.assert(run, { numRuns: 60, seed: 3 });
});

test("the state of the step's item is right while a reader waits for the same item", async () => {
  const seen = await tens.add("step", async function* ({ input, state }) {
    const reader = state.stream("tens");
    for (;;) {
      const [own, read] = await Promise.all([input.next(), reader.next()]);
      if (own.done || read.done) return;
      yield [own.value, read.value, state.accumulated.tens];
    }
  }).executeToArray(slowRange(6));

  assertEquals(seen, range(6).map((item) => Array(3).fill(item * 10)));
});

test("the state of the step's item is right when a reader asks first, or much later", async () => {
  for (const isFirst of [true, false]) {
    const seen = await tens.add("step", async function* ({ input, state }) {
      const reader = state.stream("tens");
      for (let index = 0; index < 6; index++) {
        const ahead = isFirst ? reader.next() : undefined;
        const own = input.next();
        await hops(isFirst ? 0 : 2);
        const behind = isFirst ? undefined : reader.next();
        const item = (await own).value;
        await hops(9);
        yield [item, (await (ahead ?? behind))?.value, state.accumulated.tens];
      }
    }).executeToArray(slowRange(6));

    assertEquals(seen, range(6).map((item) => Array(3).fill(item * 10)));
  }
});

test("[L2] a reader pulls no more than it reads", async () => {
  const probe = new SourceProbe("an async iterable");
  const pulls: number[] = [];
  await tens.add("step", async function* ({ state, input }) {
    const reader = state.stream("tens");
    const note = () => pulls.push(probe.pulls);
    note();
    await reader.next();
    note();
    await reader.next();
    note();
    await input.next();
    await input.next();
    note();
    await input.next();
    note();
    await reader.next();
    note();
    yield 0;
  }).take("one", 1).executeToArray(probe.source);

  assertEquals(pulls, [0, 1, 2, 2, 3, 3]);
});

test("a reader that stops early leaves the step and other readers everything", async () => {
  const seen = await tens.add("step", async function* ({ input, state }) {
    const brief = state.stream("tens");
    const unread = state.stream("tens");
    const thrown = state.stream("tens");
    const patient = state.stream("tens");
    for await (const item of brief) if (item === 20) break;
    await unread.return();
    await thrown.next();
    await thrown.throw(new Error("enough")).catch(() => {});
    yield await collect(input);
    yield await collect(patient);
    yield [...await collect(brief), ...await collect(unread), ...await collect(thrown)];
  }).executeToArray(slowRange(5));

  const five = range(5).map((item) => item * 10);
  assertEquals(seen, [five, five, []]);
});

test("what a step yields while it reads comes out as it yields it", async () => {
  const items = tens.add("step", async function* ({ state }) {
    yield* state.stream("tens");
  }).execute(new SourceProbe("an async iterable").source);

  const given = [await items.next(), await items.next()].map(({ value }) => value);
  await items.return();

  assertEquals(given, [0, 10]);
});

test("a step that reads only the state, and never its input, ends", async () => {
  const seen = await tens.add("step", async function* ({ state }) {
    for await (const item of state.stream("tens")) yield item + 1;
  }).executeToArray(all);

  assertEquals(seen, allTens.map((item) => item + 1));
});

test("two steps read the same key, the later one through the earlier one", async () => {
  const step = createStreamingStep<number, number, { tens: number }>(
    "step",
    async function* ({ input, state }) {
      const sum = (await collect(state.stream("tens"))).reduce((a, b) => a + b, 0);
      for await (const item of input) yield item + sum;
    },
  );

  for (const source of [range(4), slowRange(4)]) {
    const seen = await tens.add("first", step).add("second", step).executeToArray(source);

    assertEquals(seen, [0, 10, 20, 30].map((item) => item + 120));
  }
});

test("a step that ends before its input does gives its readers what it let through", async () => {
  const probe = new SourceProbe("an async generator");
  const seen = await tens.take("three", 3).add("step", async function* ({ state }) {
    yield await collect(state.stream("tens"));
  }).executeToArray(probe.source);

  assertEquals([seen, probe.closed, probe.cleaned], [[[0, 10, 20]], 1, 1]);
});

for (const [what, key] of [["its own", "step"], ["a later", "later"], ["an unknown", "nowhere"]]) {
  test(`reading ${what} key throws at once, and says that no earlier stage has it`, async () => {
    const seen = await tens.add("step", async function* ({ input, state }) {
      const stream = state.stream as (key: string) => AsyncGenerator<number>;
      const error = assertThrows(
        () => stream.call(state, key!),
        StateNotRecordedError,
        `Cannot read what stage "${key}" has made: no stage of that key is earlier`,
      );
      assertEquals([error.key, error.code], [key, "STATE_NOT_RECORDED"]);
      yield* input;
    }).tap("later", () => {}).map("last", (item) => item).executeToArray([1]);

    assertEquals(seen, [10]);
  });
}

test("[L8] two runs at the same time read their own items", async () => {
  const pipeline = tens.add("step", async function* ({ input, state }) {
    const reader = state.stream("tens");
    for await (const item of input) yield item - ((await reader.next()).value ?? NaN);
  });

  const [first, second] = await Promise.all([
    pipeline.executeToArray(slowRange(9)),
    pipeline.executeToArray(range(5).map((item) => item + 100)),
  ]);

  assertEquals([first, second], [Array(9).fill(0), Array(5).fill(0)]);
});

/** What came out, in an order of its own, for a stage between may have none. */
function texts(items: readonly unknown[]): string[] {
  return items.map((item) => JSON.stringify(item)).sort();
}
