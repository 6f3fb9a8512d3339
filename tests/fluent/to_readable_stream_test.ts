import {
  assertEquals,
  assertInstanceOf,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { readOutcome, readStream } from "../operators/_outcome.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const start = StreamingPipeline.start<number>();

test("toReadableStream() is a stream of the items", async () => {
  const pipeline = start.map("doubled", (item) => item * 2);
  const stream = pipeline.toReadableStream([1, 2, 3]);

  assertInstanceOf(stream, ReadableStream);
  assertEquals((await readOutcome(readStream(stream))).items, [2, 4, 6]);
  assertEquals((await readOutcome(readStream(pipeline.toReadableStream([])))).items, []);
});

test("[L7] toReadableStream() lets any value pass", async () => {
  const values = [undefined, null, Number.NaN, false, 0, "", [1]];
  const stream = StreamingPipeline.start<unknown>().toReadableStream(values);

  assertEquals((await readOutcome(readStream(stream))).items, values);
});

test("[L15] toReadableStream() computes an item when it is read", async () => {
  const probe = new SourceProbe("an async iterable");
  const reader = start.toReadableStream(probe.source).getReader();

  await settle();
  assertEquals(probe.opened, 0);
  for (const expected of [0, 1, 2]) {
    assertEquals((await reader.read()).value, expected);
    await settle();
    assertEquals(probe.pulls, expected + 1);
  }
  await reader.cancel();
});

test("[L15] toReadableStream() computes as far ahead as the strategy says", async () => {
  const probe = new SourceProbe("an async iterable");
  const strategy = new CountQueuingStrategy({ highWaterMark: 3 });
  const reader = start.toReadableStream(probe.source, strategy).getReader();

  await settle();
  assertEquals(probe.pulls, 3);
  for (let read = 1; read <= 5; read++) {
    await reader.read();
    await settle();
    // workerd fills the queue up again only when it is empty.
    assertEquals(probe.pulls >= read && probe.pulls <= read + 3, true, `${probe.pulls} pulls`);
  }
  await reader.cancel();
});

test("[L15] toReadableStream() measures items as the strategy says", async () => {
  const pipeline = StreamingPipeline.start<string>();
  const probe = new SourceProbe("an async iterable", { items: ["aaaa", "bbbb", "cccc", "dddd"] });
  const strategy = { highWaterMark: 8, size: (text: string) => text.length };
  const reader = pipeline.toReadableStream(probe.source, strategy).getReader();

  await settle();
  assertEquals(probe.pulls, 2);
  await reader.cancel();
});

for (const ahead of [0, 2]) {
  test(`[L4] a size that the strategy cannot say closes the run, with ${ahead} ahead`, async () => {
    const noSize = new Error("no size");
    const size = () => {
      throw noSize;
    };
    for (const strategy of [{ highWaterMark: 2, size }, { highWaterMark: 2, size: () => -1 }]) {
      const probe = new SourceProbe("an async iterable");
      const stream = start.toReadableStream(probe.source, strategy);
      const reader = ahead > 0 ? undefined : stream.getReader();
      const first = reader && watch(reader.read());
      await settle();

      const reading = watch((reader ?? stream.getReader()).read());
      await settle();

      // An item that is waited for is not measured, but on workerd.
      if (first !== undefined) assertNotEquals(first.state, "pending");
      assertEquals(reading.state, "rejected");
      assertEquals([probe.closed, probe.cleaned], [1, 1]);
    }
  });
}

test("toReadableStream() refuses a strategy that web streams refuse", () => {
  for (const highWaterMark of [-1, Number.NaN]) {
    // A RangeError by the specification, a TypeError on workerd.
    const error = assertThrows(() => start.toReadableStream([1], { highWaterMark }));
    assertEquals(error instanceof RangeError || error instanceof TypeError, true);
  }
});

test("[L4] cancelling the stream closes the source with the reason", async () => {
  const probe = new SourceProbe("a ReadableStream");
  const reason = new Error("enough");
  const reader = start.toReadableStream(probe.createStream()).getReader();
  await reader.read();

  await reader.cancel(reason);

  assertEquals([probe.closed, probe.cleaned], [1, 1]);
  assertStrictEquals(probe.reasons[0], reason);
});

test("[L4] cancelling the stream before it is read opens nothing", async () => {
  const probe = new SourceProbe("an async iterable");

  await start.toReadableStream(probe.source).cancel();

  assertEquals([probe.opened, probe.closed], [0, 0]);
});

test("[L5] cancelling the stream does not wait for a silent source", async () => {
  const probe = new SourceProbe("an async iterable", { silentAfter: 1 });
  const reader = start.toReadableStream(probe.source).getReader();
  await reader.read();
  const waiting = watch(reader.read());
  await settle();

  await reader.cancel();

  assertEquals([waiting.state, waiting.value?.done, probe.closed], ["resolved", true, 1]);
});

test("[L6] the stream fails with the error of a stage, after the items before it", async () => {
  const cause = new Error("no");
  const pipeline = start.map("checked", (item) => item === 3 ? Promise.reject(cause) : item);

  const { items, error } = await readOutcome(readStream(pipeline.toReadableStream([1, 2, 3, 4])));

  assertEquals(items, [1, 2]);
  assertInstanceOf(error, StreamingError);
  assertEquals([error.key, error.itemIndex, error.cause], ["checked", 2, cause]);
});

test("[L6] items that wait in the stream's queue come out before the error", async () => {
  const failure = new Error("broken");
  const probe = new SourceProbe("an async iterable", { failAfter: 3, failure });
  const stream = start.toReadableStream(probe.source, { highWaterMark: 10 });
  await settle();

  const { items, error } = await readOutcome(readStream(stream));

  assertEquals(items, [0, 1, 2]);
  assertInstanceOf(error, StreamingError);
  assertStrictEquals(error.cause, failure);
});

test("[L13] an aborted signal fails the stream with its reason", async () => {
  const probe = new SourceProbe("an async iterable", { silentAfter: 1 });
  const controller = new AbortController();
  const { signal } = controller;
  const reader = start.toReadableStream(probe.source, undefined, { signal }).getReader();
  await reader.read();
  const waiting = watch(reader.read());
  await settle();

  controller.abort("stop");
  await settle();

  assertEquals([waiting.state, waiting.error, probe.closed], ["rejected", "stop", 1]);
  assertEquals(await assertRejects(() => reader.closed), "stop");
});

test("toReadableStream() can be piped through a web transform and into a writable", async () => {
  const written: string[] = [];
  const stream = StreamingPipeline.start<string>()
    .map("line", (text) => `${text}\n`)
    .toReadableStream(["a", "b"])
    .pipeThrough(new TextEncoderStream())
    .pipeThrough(new TextDecoderStream());

  await stream.pipeTo(
    new WritableStream({
      write: (text) => {
        written.push(text);
      },
    }),
  );

  assertEquals(written.join(""), "a\nb\n");
});

test("toReadableStream() is the body of a response", async () => {
  const body = StreamingPipeline.start<string>()
    .map("upper", (text) => text.toUpperCase())
    .through("bytes", () => new TextEncoderStream())
    .toReadableStream(["a", "b"]);

  assertEquals(await new Response(body).text(), "AB");
});

test("toReadableStream() is the source of another pipeline", async () => {
  const first = start.map("doubled", (item) => item * 2);
  const second = start.batch("pairs", 2);

  const stream = first.toReadableStream([1, 2, 3]);

  assertEquals(await second.executeToArray(stream), [[2, 4], [6]]);
  assertEquals(stream.locked, false);
});
