// L15: `toTransformStream` is a citizen of web streams: it applies backpressure to its writer, and
// carries ends, errors and cancellations across in both directions.

import { assert, assertEquals, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { collect, readAll, TRANSFORM } from "./_ends.ts";
import { FLOWING_ROWS, inOrder, KEY, neededFor, range, ROWS, TYPICAL_ROWS } from "./_rows.ts";

const REASON = new Error("thrown by the test");

/** The queue in front of the pipeline holds one chunk by default, the pipe one more. */
const QUEUED = 2;

for (const row of ROWS) {
  test(`[L15] toTransformStream() of ${row.title} gives what its model gives`, async () => {
    for (const count of [0, 1, 20]) {
      const items = range(count);
      const given = await collect(TRANSFORM, row.build(new CallProbe()), items);
      assertEquals(inOrder(row, given), inOrder(row, row.model(items)));
    }
  });
}

for (const row of FLOWING_ROWS) {
  test(`[L15] toTransformStream() of ${row.title} slows its writer down`, async () => {
    const probe = new SourceProbe("a ReadableStream");
    const reader = probe.createStream()
      .pipeThrough(row.build(new CallProbe()).toTransformStream()).getReader();
    await settle();
    assertLessOrEqual(probe.pulls, QUEUED);

    await reader.read();
    await settle();

    assertLessOrEqual(probe.pulls, neededFor(row, 1) + row.ahead + QUEUED);
    await reader.cancel();
  });
}

for (const row of TYPICAL_ROWS) {
  const open = (...strategies: QueuingStrategy[]) => {
    const calls = new CallProbe();
    const { readable, writable } = row.build(calls).toTransformStream(...strategies);
    return { calls, reader: readable.getReader(), writer: writable.getWriter() };
  };

  test(`[L15] a write into ${row.title} is done when the pipeline has taken its chunk`, async () => {
    const { calls, reader, writer } = open();

    const first = watch(writer.write(0));
    const second = watch(writer.write(1));
    await settle();
    const before = [first.state, second.state, calls.started];
    const { value } = await reader.read();
    await settle();

    assertEquals(before, ["pending", "pending", 0]);
    assertEquals([value, first.state], [0, "resolved"]);
    await reader.cancel();
  });

  test(`[L15] the writer of ${row.title} is asked for no more than its strategy holds`, async () => {
    const { reader, writer } = open({ highWaterMark: 3 });

    assertEquals(writer.desiredSize, 3);
    range(3).forEach((item) => writer.write(item).catch(() => {}));
    await settle();

    assert(writer.desiredSize! <= 1);
    await reader.cancel();
  });

  test(`[L15] the readable side of ${row.title} computes ahead as its strategy says`, async () => {
    const { calls, reader, writer } = open({ highWaterMark: 8 }, { highWaterMark: 2 });

    range(8).forEach((item) => writer.write(item).catch(() => {}));
    await settle();

    assert(calls.started >= 2);
    assertLessOrEqual(calls.started, 2 + row.ahead);
    await reader.cancel();
  });

  test(`[L15] closing the writer of ${row.title} ends the reader`, async () => {
    const { reader, writer } = open();

    const reading = readItems(reader);
    await writer.write(4);
    await writer.close();

    assertEquals(await reading, [8]);
  });

  test(`[L15] a write into ${row.title} fails when its reader is cancelled`, async () => {
    const { reader, writer } = open();
    await Promise.all([writer.write(0), reader.read()]);
    const waiting = watch(writer.write(1));

    await reader.cancel(REASON);
    await settle();

    assert(waiting.state !== "pending");
    assertStrictEquals(await writer.write(2).catch((error) => error), REASON);
    assertStrictEquals(await writer.closed.catch((error) => error), REASON);
  });

  test(`[L15] aborting the writer of ${row.title} fails its reader with the reason`, async () => {
    const { reader, writer } = open();
    await Promise.all([writer.write(0), reader.read()]);
    const waiting = watch(reader.read());
    await settle();

    await writer.abort(REASON);
    await settle();

    assertEquals(waiting.state, "rejected");
    assertStrictEquals(rootOf(waiting.error), REASON);
  });

  test(`[L15] a failure in ${row.title} reaches both sides`, async () => {
    const calls = new CallProbe({ failures: new Map([[1, REASON]]) });
    const { readable, writable } = row.build(calls).toTransformStream();
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const seen: unknown[] = [];

    const reading = watch(readAll(readable, (item) => seen.push(item)));
    for (const item of range(3)) writer.write(item).catch(() => {});
    await settle();

    assertEquals([seen, reading.state], [[0], "rejected"]);
    assertEquals((reading.error as StreamingError).key, KEY);
    const told = await writer.write(9).catch((error) => error);
    assertStrictEquals(rootOf(told), REASON);
  });

  test(`[L15] a full take after ${row.title} stops the stream before it`, async () => {
    const probe = new SourceProbe("a ReadableStream");
    const pipeline = row.build(new CallProbe()).take("two", 2);
    const seen: unknown[] = [];

    await readAll(probe.createStream().pipeThrough(pipeline.toTransformStream()), (item) => {
      seen.push(item);
    });
    await settle();

    assertEquals([seen, probe.closed], [[0, 2], 1]);
  });

  test(`[L15] a cancel after ${row.title} reaches the stream before it`, async () => {
    const probe = new SourceProbe("a ReadableStream");
    const reader = probe.createStream()
      .pipeThrough(row.build(new CallProbe()).toTransformStream()).getReader();
    await reader.read();

    await reader.cancel(REASON);
    await settle();

    assertEquals([probe.closed, probe.reasons], [1, [REASON]]);
  });

  test(`[L15] a failure of the stream before ${row.title} comes out of it`, async () => {
    const probe = new SourceProbe("a ReadableStream", { failAfter: 2, failure: REASON });
    const pipeline = row.build(new CallProbe());
    const piped = probe.createStream().pipeThrough(pipeline.toTransformStream());

    const error = await readAll(piped, () => {}).catch((error) => error);

    assertStrictEquals(rootOf(error), REASON);
  });

  test(`[L15] the signal of ${row.title} fails both sides`, async () => {
    const controller = new AbortController();
    const { readable, writable } = row.build(new CallProbe())
      .toTransformStream(undefined, undefined, { signal: controller.signal });
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const reading = watch(readItems(readable.getReader()));
    await writer.write(0);

    controller.abort(REASON);
    await settle();

    assertEquals(reading.state, "rejected");
    assertStrictEquals(reading.error, REASON);
    assertStrictEquals(await writer.write(1).catch((error) => error), REASON);
  });

  test(`[L15] ${row.title} can be written to and closed before it is read`, async () => {
    const { reader, writer } = open({ highWaterMark: 4 });
    const writing = range(3).map((item) => watch(writer.write(item)));
    const closing = watch(writer.close());
    await settle();

    const given = await readItems(reader);
    await settle();

    assertEquals(given, row.model(range(3)));
    assertEquals([...writing, closing].map(({ state }) => state), range(4).map(() => "resolved"));
  });
}

test("[L15] each toTransformStream() is a run of its own", async () => {
  const pipeline = StreamingPipeline.start<number>().take("one", 1);

  assertEquals(await collect(TRANSFORM, pipeline as never, [1, 2]), [1]);
  assertEquals(await collect(TRANSFORM, pipeline as never, [3, 4]), [3]);
});

async function readItems(reader: ReadableStreamDefaultReader<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for (let result = await reader.read(); !result.done; result = await reader.read()) {
    items.push(result.value);
  }
  return items;
}

/** What was thrown first, whether it comes as it is or as the cause of a StreamingError. */
function rootOf(error: unknown): unknown {
  return error instanceof StreamingError ? error.cause : error;
}
