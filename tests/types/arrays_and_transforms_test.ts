// The types of the stages that gather, take apart and transform.

import { assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { StreamingPipeline } from "../../mod.ts";
import { map, pipe, through } from "../../src/operators/mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

const pipeline = StreamingPipeline.start<string>().map("length", (text) => text.length);

test("batch makes arrays and flatten takes them apart", () => {
  const batched = pipeline.batch("batch", 2);
  const twice = batched.batch("batches", 2).flatten("batch again").flatten("item");
  const tuples = StreamingPipeline.start<readonly [number, string]>().flatten("either");
  const either = StreamingPipeline.start<number[] | readonly string[]>().flatten("either");

  assertType<IsExact<OutputOf<typeof batched>, number[]>>();
  assertType<IsExact<StateOf<typeof batched>, { length: number; batch: number[] }>>();
  assertType<IsExact<OutputOf<typeof twice>, number>>();
  assertType<IsExact<OutputOf<typeof tuples>, string | number>>();
  assertType<IsExact<OutputOf<typeof either>, string | number>>();
});

test("flatten is refused where the items are not arrays", () => {
  // @ts-expect-error numbers
  pipeline.flatten("items");
  // @ts-expect-error strings
  StreamingPipeline.start<string>().flatten("items");
  // @ts-expect-error some are numbers
  StreamingPipeline.start<number | number[]>().flatten("items");
  // @ts-expect-error sets
  StreamingPipeline.start<Set<number>>().flatten("items");
});

test("through takes the platform's transforms of bytes, whatever holds the bytes", () => {
  const bytes = StreamingPipeline.start<Uint8Array>();
  const views = StreamingPipeline.start<Uint8Array<ArrayBuffer>>();
  const texts = [
    bytes.through("text", () => new TextDecoderStream()),
    views.through("text", () => new TextDecoderStream()),
  ];
  const zipped = [
    bytes.through("zipped", () => new CompressionStream("gzip")),
    views.through("zipped", () => new CompressionStream("gzip")),
    bytes.through("zipped", () => new DecompressionStream("gzip")),
    bytes.through("raw", () => new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>()),
    bytes.through(
      "raw",
      () => new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>(),
    ),
  ];

  assertType<IsExact<OutputOf<typeof texts[number]>, string>>();
  assertType<IsExact<OutputOf<typeof zipped[number]>, Uint8Array<ArrayBuffer>>>();
  // @ts-expect-error a CompressionStream does not take texts
  StreamingPipeline.start<string>().through("zipped", () => new CompressionStream("gzip"));
  // @ts-expect-error this transform takes 16 bits at a time
  bytes.through("raw", () => new TransformStream<Uint16Array, string>());
});

test("through as an operator takes the same bytes", () => {
  const bytes = StreamingPipeline.start<Uint8Array>();
  const views = StreamingPipeline.start<Uint8Array<ArrayBuffer>>();
  const zip = pipe(through(() => new CompressionStream("gzip")), map((part) => part.byteLength));
  const zipped = [
    bytes.use("zipped", through(() => new CompressionStream("gzip"))),
    views.use("zipped", through(() => new CompressionStream("gzip"))),
    bytes.use("zipped", through(() => new DecompressionStream("gzip"))),
    bytes.use("raw", through(() => new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>())),
  ];
  const sizes = [
    bytes.use("sizes", zip),
    StreamingPipeline.start<string>().use(
      "sizes",
      pipe(map((text): Uint8Array => new TextEncoder().encode(text)), zip),
    ),
  ];

  assertType<IsExact<OutputOf<typeof zipped[number]>, Uint8Array<ArrayBuffer>>>();
  assertType<IsExact<OutputOf<typeof sizes[number]>, number>>();
  // @ts-expect-error a CompressionStream does not take texts
  StreamingPipeline.start<string>().use("zipped", through(() => new CompressionStream("gzip")));
  // @ts-expect-error this transform takes 16 bits at a time
  bytes.use("raw", through(() => new TransformStream<Uint16Array, string>()));
  // @ts-expect-error this transform takes texts
  bytes.use("raw", through(() => new TransformStream<string, string>()));
});

test("through takes a transform of the items and gives what comes out of it", () => {
  const bytes = StreamingPipeline.start<Uint8Array<ArrayBuffer>>();
  const decoded = bytes.through("text", () => new TextDecoderStream());
  const zipped = bytes
    .through("zipped", () => new CompressionStream("gzip"))
    .through("unzipped", () => new DecompressionStream("gzip"));
  const encoded = decoded.through("bytes", () => new TextEncoderStream());

  assertType<IsExact<OutputOf<typeof decoded>, string>>();
  assertType<IsExact<OutputOf<typeof zipped>, Uint8Array<ArrayBuffer>>>();
  assertType<IsExact<OutputOf<typeof encoded>, Uint8Array<ArrayBuffer>>>();
  // @ts-expect-error a TextDecoderStream does not take numbers
  pipeline.through("text", () => new TextDecoderStream());
  // @ts-expect-error the transform itself would be shared by all runs
  assertThrows(() => bytes.through("text", new TextDecoderStream()), TypeError, "a function");
});
