// How a failure or an abort at one end of toTransformStream() reaches the other.

import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { readOutcome, readStream } from "../operators/_outcome.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { openEnds } from "./_ends.ts";

const start = StreamingPipeline.start<number>();

test("[L13] aborting the writable fails the reader with the reason and aborts the functions", async () => {
  let seen: AbortSignal | undefined;
  const pipeline = start.map("held", (_item, _index, { signal }) => {
    seen = signal;
    return new Promise<number>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  });
  const { reader, writer } = openEnds(pipeline.toTransformStream());
  const reading = watch(reader.read());
  await writer.write(1);
  await settle();

  await writer.abort("gone");
  await settle();

  assertEquals([reading.state, reading.error], ["rejected", "gone"]);
  assertEquals([seen?.aborted, seen?.reason], [true, "gone"]);
  assertEquals(await assertRejects(() => reader.closed), "gone");
});

test("[L13] aborting the writable fails a reader that waits for the next chunk", async () => {
  const { reader, writer } = openEnds(start.toTransformStream());
  const reading = watch(reader.read());
  await settle();

  await writer.abort("gone");
  await settle();

  assertEquals([reading.state, reading.error], ["rejected", "gone"]);
});

test("[L13] aborting the writable before anybody reads fails the first read", async () => {
  const { reader, writer } = openEnds(start.toTransformStream());

  await writer.abort("gone");

  assertEquals(await assertRejects(() => reader.read()), "gone");
});

test("[L6] an error of a stage fails both ends, after the items before it", async () => {
  const cause = new Error("no");
  const pipeline = start.map("checked", (item) => item === 2 ? Promise.reject(cause) : item);
  const { reader, writer } = openEnds(pipeline.toTransformStream());
  const first = reader.read();
  await writer.write(1);
  assertEquals((await first).value, 1);

  const second = watch(reader.read());
  const closed = watch(writer.closed);
  await writer.write(2).catch(() => {});
  await until("both have failed", () => second.state !== "pending" && closed.state !== "pending");

  assertInstanceOf(second.error, StreamingError);
  assertEquals([second.error.key, second.error.cause], ["checked", cause]);
  assertEquals(closed.state, "rejected");
  await assertRejects(() => writer.write(3));
});

test("[L6] an error of the stream before comes out of pipeThrough()", async () => {
  const failure = new Error("broken");
  const probe = new SourceProbe("a ReadableStream", { failAfter: 2, failure });

  const piped = probe.createStream().pipeThrough(start.toTransformStream());
  const { error } = await readOutcome(readStream(piped));

  assertStrictEquals(error, failure);
});

test("[L13] an aborted signal fails both ends with its reason", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const { reader, writer } = openEnds(start.toTransformStream(undefined, undefined, { signal }));
  const reading = watch(reader.read());
  const closed = watch(writer.closed);
  await settle();

  controller.abort("stop");
  await settle();

  assertEquals([reading.state, reading.error], ["rejected", "stop"]);
  assertEquals([closed.state, closed.error], ["rejected", "stop"]);
  assertEquals(await assertRejects(() => writer.write(1)), "stop");
});

test("[L13] a signal that was aborted before fails both ends with its reason", async () => {
  const signal = AbortSignal.abort("stop");
  const { reader, writer } = openEnds(start.toTransformStream(undefined, undefined, { signal }));
  const writing = watch(writer.write(1));
  const reading = watch(reader.read());
  await settle();

  assertEquals([reading.state, reading.error], ["rejected", "stop"]);
  assertEquals([writing.state, writing.error], ["rejected", "stop"]);
});

test("[L13] an aborted signal fails a write that nobody has read", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const { writer } = openEnds(start.toTransformStream(undefined, undefined, { signal }));
  const closed = watch(writer.closed);
  const writing = watch(writer.write(1));
  await settle();

  controller.abort("stop");
  await settle();

  assertEquals([writing.state === "pending", closed.state, closed.error], [
    false,
    "rejected",
    "stop",
  ]);
});

test("a context builder that throws fails both ends", async () => {
  const pipeline = StreamingPipeline.start<number, string>(() => {
    throw new Error("no database");
  });
  const { reader, writer } = openEnds(pipeline.toTransformStream());
  const writing = watch(writer.write(1));
  const reading = watch(reader.read());

  await until("both have settled", () => reading.state !== "pending");
  await settle();

  assertEquals([reading.state, writing.state], ["rejected", "rejected"]);
  await assertRejects(() => writer.closed);
});
