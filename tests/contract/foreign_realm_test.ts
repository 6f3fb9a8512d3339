// What counts is what a value does, not which realm, library or polyfill made it.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  createStep,
  type FailedItem,
  merge,
  Pipeline,
  share,
  StreamingPipeline,
  zip,
} from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import {
  foreignPromise,
  ForeignSignal,
  foreignSink,
  foreignStream,
} from "../support/foreign_realm.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { collectUntilError, ENDS, pull } from "./_ends.ts";

const REASON = new Error("stopped");
const start = () => StreamingPipeline.start<number>();
const double = (item: number) => item * 2;
const step = createStep("step", ({ input }: { input: number }) => input * 2);

for (const end of ENDS) {
  test(`[L13] ${end.name} follows a signal of another realm`, async () => {
    const foreign = new ForeignSignal();
    const probe = new SourceProbe("an async iterable", { items: [0, 1, 2], silentAfter: 2 });
    const running = collectUntilError(end, start().map("m", double), probe.source, {
      signal: foreign.signal,
    });
    await settle();
    foreign.abort(REASON);

    assertStrictEquals((await running).error, REASON);
    assertEquals([probe.closed, foreign.listenerCount], [1, 0]);
  });
}

test("[L13] toTransformStream() follows a signal of another realm", async () => {
  const foreign = new ForeignSignal();
  const { signal } = foreign;
  const { readable, writable } = start().toTransformStream(undefined, undefined, { signal });
  const writing = watch(writable.getWriter().write(1));
  const reader = readable.getReader();
  await reader.read();
  const reading = watch(reader.read());
  foreign.abort(REASON);
  await settle();

  assertStrictEquals(reading.error, REASON);
  assertEquals([writing.state, foreign.listenerCount], ["resolved", 0]);
});

test("[L12] a signal of another realm has no listener of ours when the run has ended", async () => {
  const foreign = new ForeignSignal();
  const { signal } = foreign;

  assertEquals(await start().map("m", double).executeToArray([1], { signal }), [2]);
  const result = await Pipeline.start<number>().add("a", step).execute(1, { signal });

  assertEquals([result.success, foreign.listenerCount], [true, 0]);
});

test("[L13] a polyfill that gives no reason aborts with an AbortError", async () => {
  const before = new ForeignSignal();
  before.abort();
  const { signal } = before;
  const error = await start().executeToArray([1], { signal }).catch((error) => error);
  const result = await Pipeline.start<number>().add("a", step).execute(1, { signal });

  assertInstanceOf(error, DOMException);
  assertEquals(error.name, "AbortError");
  assert(!result.success);
  assertEquals(result.error.code, "AbortError");
});

test("takeUntil() ends with a signal or a promise of another realm", async () => {
  const foreign = new ForeignSignal();
  const { promise, resolve } = createDeferred<void>();
  for (
    const [stop, end] of [[foreign.signal, () => foreign.abort()], [
      foreignPromise(promise),
      resolve,
    ]] as const
  ) {
    const probe = new SourceProbe("an async iterable", { silentAfter: 1 });
    const items = start().takeUntil("until", stop).execute(probe.source);
    await pull(items, 1);
    const next = watch(items.next());
    end();
    await settle();

    assertEquals([next.value?.done, probe.closed], [true, 1]);
  }
  assertEquals(foreign.listenerCount, 0);
});

test("[L4] a stream of another realm is read, released and cancelled like any other", async () => {
  const probe = new SourceProbe("a ReadableStream");
  const whole = new SourceProbe("a ReadableStream", { items: [0, 1, 2] });
  const of = (probe: SourceProbe) => foreignStream(probe.createStream());

  assertEquals(await start().take("two", 2).executeToArray(of(probe)), [0, 1]);
  assertEquals(await start().executeToArray(of(whole)), [0, 1, 2]);
  for (const parallel of [false, true]) {
    const answer = () => of(new SourceProbe("a ReadableStream", { items: [0, 1, 2] }));
    const many = start().flatMap("many", answer, { parallel });
    assertEquals(await many.executeToArray([1]), [0, 1, 2]);
  }
  assertEquals([probe.closed, whole.closed], [1, 0]);
  for (const combine of [merge, zip] as ((...sources: unknown[]) => AsyncIterable<unknown>)[]) {
    const cancelled = new SourceProbe("a ReadableStream");
    await start().take("one", 1).executeToArray(combine(of(cancelled)) as AsyncIterable<number>);
    assertEquals(cancelled.closed, 1);
  }
  const shared = share(of(new SourceProbe("a ReadableStream", { items: [0] })), { bufferSize: 1 });
  assertEquals(await start().executeToArray(shared), [0]);
});

test("a sink and a transform of another realm are written to", async () => {
  const failed: FailedItem[] = [];
  const sink = new WritableStream<FailedItem>({ write: (item) => void failed.push(item) });
  const fail = () => {
    throw REASON;
  };
  const split = start().map("m", fail, { errorStrategy: "SPLIT_ERRORS" });
  await split.executeToArray([1, 2], { errorsTo: foreignSink(sink) });
  assertEquals(failed.map(({ item }) => item), [1, 2]);

  const transformed = start().through("t", () => {
    const { readable, writable } = new TransformStream<number, number>();
    return { readable: foreignStream(readable), writable: foreignSink(writable) };
  });
  assertEquals(await transformed.executeToArray([1, 2]), [1, 2]);
});

test("promises of another realm are waited for, wherever a function may answer later", async () => {
  const later = <T>(value: T) => foreignPromise(value);
  const pipeline = start()
    .map("map", (item) => later(item))
    .map("side by side", (item) => later(item), { parallel: true })
    .map("again", (item) => later(item), { retry: { maxAttempts: 2, backoffMs: 0 } })
    .map("in time", (item) => later(item), { timeoutMs: 1_000 })
    .filter("filter", () => later(true))
    .tap("tap", () => later(undefined))
    .flatMap("many", (item) => later([item, item + 1]))
    .flatMap("more", (item) => later([item]), { parallel: true })
    .transform("transform", () => ({ transform: (item) => later([item]), flush: () => later([]) }))
    .scan("scan", (sum, item) => later(sum + item), 0)
    .branch("branch", () => later(true), (item) => later(item), (item) => item)
    .partition("partition", () => later(true), (yes) => yes, (no) => no)
    .groupBy("groups", () => later("key"), (group) => group)
    .route("route", () => later("one" as const), { one: (one) => one })
    .distinct("distinct", { by: (item) => later(item) })
    .throttle("throttle", { limit: 100, intervalMs: 1, cost: () => later(1) })
    .mapPartitioned("lanes", () => later("key"), (item) => later(item))
    .batch("weighed", { maxWeight: 2, weigh: () => later(1) })
    .batchUntil("until", () => later(true));
  const seen: unknown[] = [];
  await pipeline.executeForEach([1], (batch) => later(void seen.push(batch)));

  assertEquals(seen, [[[1, 3]]]);
  assertEquals(await start().executeReduce([1, 2], (sum, item) => later(sum + item), 0), 3);
});
