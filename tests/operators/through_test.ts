import { assertEquals } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { StreamingPipeline } from "../../mod.ts";
import { describe } from "../../src/internal/validation.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { assertRefused, untyped } from "../support/refused.ts";
import { count } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const bytes = StreamingPipeline.start<Uint8Array<ArrayBuffer>>();
const texts = StreamingPipeline.start<string>();

test("[L9] through() refuses a transform itself, which all runs would share", () => {
  for (const transform of [new TransformStream(), new TextDecoderStream()]) {
    const message =
      `Cannot add the stage "shared" (through): its transform must be a function, got ` +
      `${describe(transform)}; each run needs one of its own: () => new …()`;
    assertRefused(() => untyped(start)["through"]!("shared", transform), TypeError, message);
  }
});

test("through() decodes text whose characters are split between chunks", async () => {
  const encoded = new TextEncoder().encode("Mühlrad 水車 🎡");
  const pipeline = bytes.through("text", () => new TextDecoderStream());

  for (const size of [1, 2, 5, 100]) {
    const chunks = Array.from(
      { length: Math.ceil(encoded.length / size) },
      (_, index) => encoded.slice(index * size, (index + 1) * size),
    );

    assertEquals((await pipeline.executeToArray(chunks)).join(""), "Mühlrad 水車 🎡");
  }
});

test("through() compresses and decompresses", async () => {
  const text = "The wheel turns. ".repeat(2_000);
  const zip = texts
    .through("bytes", () => new TextEncoderStream())
    .through("zipped", () => new CompressionStream("gzip"));
  const unzip = bytes
    .through("unzipped", () => new DecompressionStream("gzip"))
    .through("text", () => new TextDecoderStream());

  const zipped = await zip.executeToArray([text, text]);
  const size = zipped.reduce((size, chunk) => size + chunk.length, 0);

  assertEquals(size > 0 && size < 1_000, true, `${size} bytes`);
  assertEquals((await unzip.executeToArray(zipped)).join(""), text + text);
  const both = texts.compose(
    StreamingPipeline.start<string>()
      .through("bytes", () => new TextEncoderStream())
      .through("zipped", () => new CompressionStream("deflate-raw"))
      .through("unzipped", () => new DecompressionStream("deflate-raw"))
      .through("text", () => new TextDecoderStream()),
  );
  assertEquals((await both.executeToArray([text, text])).join(""), text + text);
});

test("through() takes a transform of @std/streams", async () => {
  const pipeline = texts.through("lines", () => new TextLineStream());

  assertEquals(await pipeline.executeToArray(["a\nb", "c\n", "\nd"]), ["a", "bc", "", "d"]);
});

test("through() takes transforms that give none, one or many for an item, and some at the end", async () => {
  const pipeline = start.through("repeated", () => {
    let sum = 0;
    return new TransformStream<number, number>({
      transform(item, controller) {
        sum += item;
        for (let round = 0; round < item; round++) controller.enqueue(item);
      },
      flush: (controller) => controller.enqueue(sum),
    });
  });

  assertEquals(await pipeline.executeToArray([0, 2, 1, 3]), [2, 2, 1, 3, 3, 3, 6]);
  assertEquals(await pipeline.executeToArray([]), [0]);
});

test("[L7] through() lets any value pass", async () => {
  const values = [undefined, null, Number.NaN, false, 0, "", [1]];

  const pipeline = StreamingPipeline.start<unknown>().through("same", () => new TransformStream());

  assertEquals(await pipeline.executeToArray(values), values);
});

test("[L8] through() makes one transform per run, when the run begins", async () => {
  let made = 0;
  const pipeline = start.through("same", () => {
    made++;
    return new TransformStream<number, number>();
  });
  const items = pipeline.execute([1, 2]);

  assertEquals(made, 0);
  await items.next();
  await items.next();
  assertEquals(made, 1);
  assertEquals(await pipeline.executeToArray([3]), [3]);
  assertEquals(made, 2);
  await items.return();
});

test("through() takes any pair of streams", async () => {
  const pipeline = start.through("pair", () => {
    const first = new TransformStream<number, number>();
    const second = new TransformStream<number, string>({
      transform: (item, controller) => controller.enqueue(`${item}`),
    });
    return { writable: first.writable, readable: first.readable.pipeThrough(second) };
  });

  assertEquals(await pipeline.executeToArray([1, 2]), ["1", "2"]);
});

test("[L2] through() reads no further ahead than the transform's queues ask for", async () => {
  const probe = new SourceProbe("an async iterable");
  const pipeline = start.through("tight", () =>
    new TransformStream<number, number>(
      undefined,
      new CountQueuingStrategy({ highWaterMark: 1 }),
      new CountQueuingStrategy({ highWaterMark: 0 }),
    ));
  const items = pipeline.execute(probe.source);

  for (let read = 0; read < 5; read++) await items.next();
  await items.return();

  // One in the transform's own queue and one on its way, besides those that were read.
  assertEquals(probe.pulls <= 5 + 2, true, `${probe.pulls} pulls`);
});

test("through() in the middle of other stages keeps the order", async () => {
  const pipeline = start
    .map("later", async (item) => await item * 2, { parallel: true, concurrencyLimit: 3 })
    .through("same", () => new TransformStream<number, number>())
    .batch("pairs", 2)
    .take("three", 3);

  assertEquals(await pipeline.executeToArray(count()), [[0, 2], [4, 6], [8, 10]]);
});
