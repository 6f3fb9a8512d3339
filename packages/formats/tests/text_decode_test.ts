import { textDecode, type TextDecodeOptions } from "@headrace/formats";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { test } from "../../../tests/harness.ts";

const decode = async (chunks: readonly number[][], options?: TextDecodeOptions) => {
  const pipeline = StreamingPipeline.start<Uint8Array>().use("text", textDecode(options));
  return (await pipeline.executeToArray(chunks.map((bytes) => new Uint8Array(bytes)))).join("");
};

test("textDecode() joins characters that chunks cut in two, and drops a byte order mark", async () => {
  const bytes = [...new TextEncoder().encode("\uFEFFfür 🌊")];

  assertEquals(await decode(bytes.map((byte) => [byte])), "für 🌊");
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
