import { textDecode, type TextDecodeOptions } from "@headrace/formats";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";

const decode = async (chunks: readonly number[][], options?: TextDecodeOptions) => {
  const pipeline = StreamingPipeline.start<Uint8Array>().use("text", textDecode(options));
  return (await pipeline.executeToArray(chunks.map((bytes) => new Uint8Array(bytes)))).join("");
};

test("textDecode() joins characters that chunks cut in two, and drops a byte order mark", async () => {
  const bytes = [...new TextEncoder().encode("\uFEFFfür 🌊")];

  assertEquals(await decode(bytes.map((byte) => [byte])), "für 🌊");
});

test("textDecode() drops a byte order mark at the start alone, wherever chunks begin", async () => {
  for (const text of ["a|\uFEFFb|\uFEFFc", "|\uFEFF|a|\uFEFFb", "\uFEFF\uFEFF|a"]) {
    const chunks = text.split("|").map((part) => [...new TextEncoder().encode(part)]);

    assertEquals(await decode(chunks), text.replaceAll("|", "").replace(/^\uFEFF/, ""));
  }
});

test("textDecode() puts U+FFFD in the place of bytes that are not of the encoding", async () => {
  assertEquals(await decode([[0x61, 0xff], [0x62, 0xc3]]), "a\uFFFDb\uFFFD");
});

test("textDecode() fails on such bytes where it is fatal", async () => {
  const error = await assertRejects(() => decode([[0x61], [0xff]], { fatal: true }));

  assertInstanceOf(error, StreamingError);
  assertInstanceOf(error.cause, TypeError);
});

test("textDecode() knows other encodings", async () => {
  assertEquals(await decode([[0x61, 0], [0x62], [0]], { encoding: "utf-16le" }), "ab");
});

test("textDecode() drops half a character that a failure of the source has left", async () => {
  const failure = new Error("connection lost");
  const source = function* () {
    yield new Uint8Array([0x61, 0xc3]);
    throw failure;
  };
  const out: string[] = [];

  const error = await assertRejects(async () => {
    const run = StreamingPipeline.start<Uint8Array>().use("text", textDecode()).execute(source());
    for await (const text of run) out.push(text);
  }, StreamingError);

  assertEquals([out, error.cause], [["a"], failure]);
});

test("[L9] textDecode() refuses options that are not valid, at once", () => {
  assertThrows(() => textDecode({ encoding: "klingon" }), RangeError);
  assertThrows(() => textDecode({ fatal: 1 } as never), TypeError, "fatal must be true or false");
  assertThrows(() => textDecode({ label: "utf-8" } as never), TypeError, 'unknown option "label"');
});
