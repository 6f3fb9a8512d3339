import { assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { readStream } from "../operators/_outcome.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const start = StreamingPipeline.start<number>();

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

test("[L1] run() does nothing before the first item is asked for", async () => {
  const probe = new SourceProbe("an async iterable");
  await using run = start.run(probe.source);

  await settle();
  assertEquals([run.traceId.length, probe.opened], [32, 0]);
  await run[Symbol.asyncIterator]().next();
  assertEquals(probe.opened, 1);
});

test("a run is read once: each iterator goes on where the last one stopped", async () => {
  const run = start.run([1, 2, 3]);
  const first = await run[Symbol.asyncIterator]().next();

  assertEquals([first.value, ...await collect(run)], [1, 2, 3]);
  assertEquals(await collect(run), []);
});

for (const kind of SOURCE_KINDS) {
  test(`[L4] the end of an await using block closes ${kind}`, async () => {
    const probe = new SourceProbe(kind);
    {
      await using run = start.run(probe.source);
      for await (const item of run) {
        if (item === 1) break;
      }
    }

    assertEquals([probe.pulls, probe.closed, probe.cleaned], [2, 1, 1]);
  });
}

test("[L4] an error that leaves the await using block closes the run and is not replaced", async () => {
  const probe = new SourceProbe("an async iterable");
  const failure = new Error("in the block");
  const body = async () => {
    await using run = start.run(probe.source);
    await run[Symbol.asyncIterator]().next();
    throw failure;
  };

  assertStrictEquals(await assertRejects(body), failure);
  assertEquals([probe.closed, probe.cleaned], [1, 1]);
});

test("[L4] a run that was never read is closed without opening anything", async () => {
  const probe = new SourceProbe("an async iterable");
  {
    await using _run = start.run(probe.source);
  }

  assertEquals([probe.opened, probe.closed], [0, 0]);
});

test("a run that has ended is not closed again", async () => {
  const probe = new SourceProbe("an async iterable", { items: [1, 2] });
  {
    await using run = start.run(probe.source);
    assertEquals(await collect(run), [1, 2]);
  }

  assertEquals(probe.closed, 0);
});

test("readable is one and the same stream of the items", async () => {
  const run = start.map("doubled", (item) => item * 2).run([1, 2, 3]);

  assertStrictEquals(run.readable, run.readable);
  assertEquals(await collect(readStream(run.readable)), [2, 4, 6]);
});

test("readable and the iterator share the items", async () => {
  const run = start.run([1, 2, 3]);
  const reader = run.readable.getReader();

  assertEquals((await reader.read()).value, 1);
  assertEquals((await run[Symbol.asyncIterator]().next()).value, 2);
  assertEquals((await reader.read()).value, 3);
  assertEquals((await reader.read()).done, true);
});

test("[L2] readable computes an item when it is read", async () => {
  const probe = new SourceProbe("an async iterable");
  const reader = start.run(probe.source).readable.getReader();

  await settle();
  assertEquals(probe.pulls, 0);
  await reader.read();
  await settle();
  assertEquals(probe.pulls, 1);
  await reader.cancel();
});

test("[L4] cancelling readable closes the source with the reason", async () => {
  const probe = new SourceProbe("a ReadableStream");
  const reason = new Error("enough");
  const reader = start.run(probe.source).readable.getReader();
  await reader.read();

  await reader.cancel(reason);

  assertEquals([probe.closed, probe.cleaned], [1, 1]);
  assertStrictEquals(probe.reasons[0], reason);
});

test("[L13] abort() rejects whoever waits with the reason, and closes the source", async () => {
  const probe = new SourceProbe("an async iterable", { silentAfter: 0 });
  const run = start.run(probe.source);
  const waiting = watch(run[Symbol.asyncIterator]().next());
  const reason = new Error("stop");
  await settle();

  await run.abort(reason);

  assertEquals(waiting.state, "rejected");
  assertStrictEquals(waiting.error, reason);
  assertEquals(probe.closed, 1);
});

test("[L13] abort() without a reason gives an AbortError", async () => {
  const run = start.run([1]);

  await run.abort();

  const error = await assertRejects(() => run[Symbol.asyncIterator]().next(), DOMException);
  assertEquals(error.name, "AbortError");
});

test("[L13] abort() before the first pull opens nothing", async () => {
  const probe = new SourceProbe("an async iterable");
  const run = start.run(probe.source);
  const reason = new Error("stop");

  await run.abort(reason);

  assertStrictEquals(await assertRejects(() => run[Symbol.asyncIterator]().next()), reason);
  assertEquals((await run[Symbol.asyncIterator]().next()).done, true);
  assertEquals([probe.opened, probe.closed], [0, 0]);
});

test("abort() resolves when the functions in flight are done", async () => {
  const probe = new CallProbe({ hold: true, obeys: false });
  const run = start.map("held", probe.wrap((item) => item, true)).run([1]);
  const waiting = watch(run[Symbol.asyncIterator]().next());
  await settle();

  const aborted = watch(run.abort("stop"));
  await settle();
  assertEquals([probe.aborted, aborted.state], [1, "pending"]);
  probe.releaseAll();
  await settle();

  assertEquals([aborted.state, waiting.state, waiting.error], ["resolved", "rejected", "stop"]);
});

test("abort() twice keeps the first reason", async () => {
  const run = start.run(new SourceProbe("an async iterable").source);
  const items = run[Symbol.asyncIterator]();
  await items.next();

  await Promise.all([run.abort("first"), run.abort("second")]);
  await run.abort("third");

  assertEquals(await assertRejects(() => items.next()), "first");
});

test("abort() after the end changes nothing", async () => {
  const run = start.run([1]);
  assertEquals(await collect(run), [1]);

  await run.abort("late");

  assertEquals((await run[Symbol.asyncIterator]().next()).done, true);
});

test("abort() errors readable with the reason", async () => {
  const run = start.run(new SourceProbe("an async iterable", { silentAfter: 1 }).source);
  const reader = run.readable.getReader();
  await reader.read();
  const waiting = watch(reader.read());
  await settle();

  await run.abort("stop");
  await settle();

  assertEquals([waiting.state, waiting.error], ["rejected", "stop"]);
  assertEquals(await assertRejects(() => reader.closed), "stop");
});

test("trace and span ids have the form of W3C Trace Context", async () => {
  const ids: { stage: string; traceId: string; spanId: string }[] = [];
  const pipeline = start
    .tap("first", (_item, _index, { traceId, spanId }) => {
      ids.push({ stage: "first", traceId, spanId });
    })
    .add("second", async function* ({ input, traceId, spanId }) {
      ids.push({ stage: "second", traceId, spanId });
      for await (const item of input) yield item;
    })
    .tap("third", (_item, _index, { traceId, spanId }) => {
      ids.push({ stage: "third", traceId, spanId });
    }, { parallel: true });
  const run = pipeline.run([1, 2]);

  await collect(run);

  assertMatch(run.traceId, /^[0-9a-f]{32}$/);
  assertEquals(ids.map(({ traceId }) => traceId), ids.map(() => run.traceId));
  for (const { spanId } of ids) assertMatch(spanId, /^[0-9a-f]{16}$/);
  const spans = new Map(ids.map(({ stage, spanId }) => [stage, spanId]));
  assertEquals(ids.map(({ stage, spanId }) => [stage, spanId]).sort(), [
    ["first", spans.get("first")!],
    ["first", spans.get("first")!],
    ["second", spans.get("second")!],
    ["third", spans.get("third")!],
    ["third", spans.get("third")!],
  ]);
  assertEquals(new Set(spans.values()).size, 3);
});

test("each run has a trace id of its own, and its errors carry it", async () => {
  const failing = start.map("failing", () => Promise.reject(new Error("no")));
  const runs = [failing.run([1]), failing.run([1])];

  const errors = await Promise.all(
    runs.map((run) => assertRejects(() => collect(run), StreamingError)),
  );

  assertEquals(errors.map(({ traceId }) => traceId), runs.map(({ traceId }) => traceId));
  assertEquals(new Set(runs.map(({ traceId }) => traceId)).size, 2);
  for (const { spanId } of errors) assertMatch(spanId, /^[0-9a-f]{16}$/);
});
