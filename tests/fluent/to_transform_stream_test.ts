import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { openEnds } from "./_ends.ts";
import { createStream, readOutcome, readStream } from "../operators/_outcome.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";

const start = StreamingPipeline.start<number>();

test("pipeThrough() sends a stream through a pipeline", async () => {
  const pipeline = start.map("doubled", (item) => item * 2).batch("pairs", 2);

  const piped = createStream(1, 2, 3).pipeThrough(pipeline.toTransformStream());

  assertEquals((await readOutcome(readStream(piped))).items, [[2, 4], [6]]);
});

test("pipeThrough() of an empty stream ends", async () => {
  const piped = createStream<number>().pipeThrough(start.toTransformStream());

  assertEquals(await readOutcome(readStream(piped)), { items: [], error: undefined });
});

test("[L7] toTransformStream() lets any value pass", async () => {
  const values = [undefined, null, Number.NaN, false, 0, "", [1]];
  const transform = StreamingPipeline.start<unknown>().toTransformStream();

  const { items } = await readOutcome(readStream(createStream(...values).pipeThrough(transform)));

  assertEquals(items, values);
});

test("[L8] each toTransformStream() is a run of its own", async () => {
  const pipeline = start.skip("first", 1);
  const piped = [
    createStream(1, 2, 3).pipeThrough(pipeline.toTransformStream()),
    createStream(4, 5, 6).pipeThrough(pipeline.toTransformStream()),
  ];

  const outcomes = await Promise.all(piped.map((stream) => readOutcome(readStream(stream))));

  assertEquals(outcomes.map(({ items }) => items), [[2, 3], [5, 6]]);
});

test("[L15] a write is done when the pipeline has taken its chunk", async () => {
  const { reader, writer } = openEnds(start.toTransformStream());

  await writer.ready;
  const first = watch(writer.write(1));
  const ready = watch(writer.ready);
  await settle();
  assertEquals([first.state, ready.state, writer.desiredSize], ["pending", "pending", 0]);
  assertEquals((await reader.read()).value, 1);
  await settle();
  assertEquals([first.state, ready.state, writer.desiredSize], ["resolved", "resolved", 1]);

  await writer.close();
  assertEquals((await reader.read()).done, true);
});

test("[L15] a slow reader slows the source of pipeThrough() down", async () => {
  const probe = new SourceProbe("a ReadableStream");
  const piped = probe.createStream().pipeThrough(start.toTransformStream());
  const reader = piped.getReader();

  await settle();
  const before = probe.pulls;
  for (let read = 0; read < 10; read++) await reader.read();
  await settle();

  // One waits in the writable's queue, one in the pipe.
  assertEquals(before <= 2, true, `${before} pulls before the first read`);
  assertEquals(probe.pulls <= 10 + 2, true, `${probe.pulls} pulls for 10 reads`);
  await reader.cancel();
});

test("[L15] toTransformStream() honours both strategies", async () => {
  const computed: number[] = [];
  const { reader, writer } = openEnds(
    start.tap("computed", (item) => computed.push(item)).toTransformStream(
      new CountQueuingStrategy({ highWaterMark: 4 }),
      new CountQueuingStrategy({ highWaterMark: 2 }),
    ),
  );

  assertEquals(writer.desiredSize, 4);
  const writes = [1, 2, 3, 4].map((item) => watch(writer.write(item)));
  await settle();
  assertEquals(computed, [1, 2]);
  assertEquals(writes.map(({ state }) => state), ["resolved", "resolved", "pending", "pending"]);

  const closed = watch(writer.close());
  const rest = await Promise.all([reader.read(), reader.read(), reader.read(), reader.read()]);
  assertEquals(rest.map(({ value }) => value), [1, 2, 3, 4]);
  assertEquals((await reader.read()).done, true);
  await settle();
  assertEquals(closed.state, "resolved");
});

test("closing the writable lets out what stages have kept back", async () => {
  const { reader, writer } = openEnds(start.batch("threes", 3).toTransformStream());

  const reading = reader.read();
  await writer.write(1);
  await writer.write(2);
  await writer.close();

  assertEquals((await reading).value, [1, 2]);
  assertEquals((await reader.read()).done, true);
});

test("[L4] cancelling the readable fails later writes with the reason", async () => {
  const { reader, writer } = openEnds(start.toTransformStream());
  const reading = reader.read();
  await writer.write(1);
  await reading;
  const reason = new Error("enough");

  await reader.cancel(reason);

  assertStrictEquals(await assertRejects(() => writer.write(2)), reason);
  assertStrictEquals(await assertRejects(() => writer.closed), reason);
});

test("[L4] cancelling the readable before it is read fails a write that waits", async () => {
  const { reader, writer } = openEnds(start.toTransformStream());
  const closed = watch(writer.closed);
  const writing = watch(writer.write(1));
  await settle();

  await reader.cancel("enough");
  await settle();

  assertEquals([closed.state, closed.error], ["rejected", "enough"]);
  assertEquals(writing.state === "pending", false);
  assertEquals(await assertRejects(() => writer.write(2)), "enough");
});

test("[L4] cancelling what pipeThrough() returned cancels the source", async () => {
  const probe = new SourceProbe("a ReadableStream");
  const reader = probe.createStream().pipeThrough(start.toTransformStream()).getReader();
  await reader.read();

  await reader.cancel(new Error("enough"));

  // On some runtimes a pipe carries the cancellation on later.
  await until("the source is cancelled", () => probe.closed === 1);
});

test("[L4] a pipeline that takes no more ends its reader and fails later writes", async () => {
  const { reader, writer } = openEnds(start.take("one", 1).toTransformStream());
  const reading = reader.read();
  await writer.write(1);

  assertEquals((await reading).value, 1);
  assertEquals((await reader.read()).done, true);
  await assertRejects(() => writer.write(2));
  await assertRejects(() => writer.closed);
});

test("[L4] a pipeline that takes no more cancels the source of pipeThrough()", async () => {
  const probe = new SourceProbe("a ReadableStream");
  const pipeline = start.take("two", 2);

  const piped = probe.createStream().pipeThrough(pipeline.toTransformStream());

  assertEquals((await readOutcome(readStream(piped))).items, [0, 1]);
  await until("the source is cancelled", () => probe.closed === 1);
});
