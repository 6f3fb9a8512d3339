// What a source is, which values pass, and sources that do what none should do.

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  combineLatest,
  concat,
  interleave,
  merge,
  StreamingError,
  StreamingPipeline,
  zip,
  zipLongest,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const FAILURE = new Error("thrown by the test");

async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

test("a string and a value that is not iterable are one item each", async () => {
  const object = { path: "a" };

  assertEquals(await readAll(concat("two words", 1, object, undefined, null)), [
    "two words",
    1,
    object,
    undefined,
    null,
  ]);
});

test("arrays, sets, generators, streams and promises in them are read as they are", async () => {
  const promise = Promise.resolve(1);
  const stream = new SourceProbe("a ReadableStream", { items: [3, 4] }).createStream();
  async function* generate() {
    yield 5;
  }

  const items = await readAll(
    concat([promise], new Set([2]), stream, generate(), new Map([[6, 7]])),
  );

  assertStrictEquals(items[0], promise);
  assertEquals(items.slice(1), [2, 3, 4, 5, [6, 7]]);
});

test("[L7] every value passes untouched", async () => {
  const values = [undefined, null, NaN, false, 0, -0, "", [[]], () => 1, Symbol.iterator];
  async function* generate() {
    yield* values;
  }

  for (const source of [values, generate()]) {
    assertEquals(await readAll(concat(source)), values);
  }
  assertEquals(await readAll(merge(values)), values);
  assertEquals(await readAll(interleave(values)), values);
  assertEquals(await readAll(zip(values)), values.map((value) => [value]));
  assertEquals(await readAll(combineLatest(values)), values.map((value) => [value]));
});

test("without sources there are no items", async () => {
  for (const items of [concat(), merge(), interleave(), zip(), zipLongest(0), combineLatest()]) {
    assertEquals(await readAll(items), []);
  }
});

test("[L2] concat() opens a source when the one before it has ended", async () => {
  const [first, second] = [1, 2].map((item) =>
    new SourceProbe("an async iterable", { items: [item] })
  );
  const items = concat(first!.source, second!.source);

  await items.next();
  assertEquals(second!.opened, 0);
  assertEquals((await items.next()).value, 2);
  assertEquals([first!.closed, second!.opened], [0, 1]);
  await items.return();
});

test("[L3] interleave() waits for the source whose turn it is", async () => {
  const silent = new SourceProbe("an async iterable", { silentAfter: 1 });
  const items = interleave(silent.source, [10, 20, 30]);

  assertEquals([(await items.next()).value, (await items.next()).value], [0, 10]);
  const waiting = watch(items.next());
  await settle();

  assertEquals(waiting.state, "pending");
  await items.return();
});

test("zip() asks for the parts of a row at the same time", async () => {
  const probes = [0, 1].map(() => new SourceProbe("an async iterable", { silentAfter: 0 }));
  const items = zip(...probes.map(({ source }) => source));

  watch(items.next());
  await settle();

  assertEquals(probes.map(({ pulls }) => pulls), [1, 1]);
  await items.return();
});

test("zip() ends with the shortest, though another is silent, and closes that one", async () => {
  const silent = new SourceProbe("a ReadableStream", { silentAfter: 1 });

  assertEquals(await readAll(zip(silent.source, ["a"])), [[0, "a"]]);

  assertEquals(silent.closed, 1);
});

test("zip() of sync sources asks none after the one that has ended", async () => {
  const probe = new SourceProbe("a sync iterable");

  assertEquals(await readAll(zip(["a"], probe.source)), [["a", 0]]);

  assertEquals([probe.pulls, probe.closed, probe.cleaned], [1, 1, 1]);
});

test("[L4] the error of a clean-up comes after the last row of zip()", async () => {
  const probe = new SourceProbe("an async iterable", { closeFailure: FAILURE });
  const items = zip(["a"], probe.source);

  assertEquals((await items.next()).value, ["a", 0]);
  assertStrictEquals(await assertRejects(() => items.next()), FAILURE);
  assertEquals(await items.next(), { done: true, value: undefined });
});

test("combineLatest() asks none for a second item before all have given their first", async () => {
  const silent = new SourceProbe("an async iterable", { silentAfter: 0 });
  const endless = new SourceProbe("a sync iterable");
  const items = combineLatest(silent.source, endless.source);

  const waiting = watch(items.next());
  await settle();

  assertEquals([waiting.state, endless.pulls], ["pending", 1]);
  await items.return();
  assertEquals([silent.closed, endless.closed], [1, 1]);
});

test("combineLatest() ends at once when a source has no item", async () => {
  const silent = new SourceProbe("an async generator", { silentAfter: 0 });

  assertEquals(await readAll(combineLatest(silent.source, [])), []);

  assertEquals(silent.closed, 1);
});

test("combineLatest() goes on with the last item of a source that has ended", async () => {
  assertEquals(await readAll(combineLatest([1], ["a", "b"])), [[1, "a"], [1, "b"]]);
});

test("a source that cannot be opened fails when it is asked", async () => {
  const source: Iterable<number> = {
    [Symbol.iterator]: () => {
      throw FAILURE;
    },
  };

  const items = merge(source, [1]);

  assertStrictEquals(await assertRejects(() => items.next()), FAILURE);
});

test("a stream that is locked fails when it is asked", async () => {
  const stream = new ReadableStream();
  stream.getReader();

  await assertRejects(() => concat(stream).next(), TypeError);
});

test("an iterator that answers with no object fails", async () => {
  const source = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(7 as never) }) };

  const error = await assertRejects(() => concat(source).next(), TypeError);

  assertEquals(error.message, "An iterator must answer with an object, got 7");
});

test("[L4] a sync source that stops its own reader is closed when it has answered", async () => {
  let closed = 0;
  const source = {
    [Symbol.iterator]: () => ({
      next() {
        items.return();
        return { done: false, value: 1 };
      },
      return() {
        closed++;
        return { done: true, value: undefined };
      },
    }),
  } as Iterable<number>;
  const items: AsyncGenerator<number, void, undefined> = concat(source);

  const result = await items.next();
  await settle();

  assertEquals([result.done, closed], [true, 1]);
});

test("a sync source that asks its own reader for an item makes nothing hang", async () => {
  let inner: Promise<unknown> | undefined;
  function* generate() {
    inner = items.next();
    yield 1;
    yield 2;
  }
  const items: AsyncGenerator<number, void, undefined> = concat(generate());

  const outer = await items.next();

  assertEquals([outer.value, await inner], [1, { done: false, value: 2 }]);
});

test("[L4] calls of next() while a slow clean-up runs get the end", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = concat(probe.source);
  await items.next();

  const closing = items.return();
  const late = items.next();

  assertEquals([(await closing).done, (await late).done, probe.cleaned], [true, true, 1]);
});

test("[L4] a second return() waits for the clean-up that the first began", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = merge(probe.source);
  await items.next();

  const first = items.return();
  await items.return();

  assertEquals(probe.cleaned, 1);
  await first;
});

test("[L4] a run of a pipeline that is left closes what was combined", async () => {
  const probes = SOURCE_KINDS.map((kind) => new SourceProbe(kind));
  const sources = probes.map(({ source }) => source);
  const pipeline = StreamingPipeline.start<number[]>().map(
    "sum",
    ([first, second]) => first! + second!,
  );

  for await (const sum of pipeline.execute(zip(...sources))) if (sum === 4) break;

  assertEquals(probes.map(({ closed, cleaned }) => [closed, cleaned]), Array(4).fill([1, 1]));
});

test("[L6] a pipeline names the source when one of several fails", async () => {
  const failing = new SourceProbe("an async generator", { failAfter: 1, failure: FAILURE });
  const pipeline = StreamingPipeline.start<number>();

  const error = await assertRejects(
    () => pipeline.executeToArray(concat([1], failing.source)),
    StreamingError,
  );

  assertEquals(error.key, "source");
  assertStrictEquals(error.cause, FAILURE);
});

test("[L6] a clean-up that fails after a run's failure is kept with it", async () => {
  const cleanUp = new Error("the clean-up fails");
  const probe = new SourceProbe("an async iterable", { closeFailure: cleanUp });
  const run = StreamingPipeline.start<number>().map("fails", () => {
    throw FAILURE;
  }).execute([1, 2]);

  const error = await assertRejects(
    () => readAll(interleave(probe.source, run)),
    StreamingError,
  );

  assertStrictEquals(error.cause, FAILURE);
  assertEquals(error.suppressed, [cleanUp]);
});
