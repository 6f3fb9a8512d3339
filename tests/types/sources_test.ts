// What a run can read: one item, or many. An item that is itself iterable must be wrapped.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type Many,
  type OneItem,
  type Source,
  StreamingPipeline,
  type WrapIterableItem,
} from "../../mod.ts";
import { test } from "../harness.ts";

interface Query {
  readonly path: string;
}

const numbers = StreamingPipeline.start<number>();
const texts = StreamingPipeline.start<string>();
const queries = StreamingPipeline.start<Query>();
const arrays = StreamingPipeline.start<number[]>();

async function* generate<T>(...items: T[]): AsyncGenerator<T> {
  for (const item of items) yield await item;
}

function createStream(): ReadableStream<number> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(1);
      controller.close();
    },
  });
}

test("numbers, objects and strings are one item each", async () => {
  assertEquals(await numbers.executeToArray(1), [1]);
  assertEquals(await queries.executeToArray({ path: "a" }), [{ path: "a" }]);
  assertEquals(await texts.executeToArray("two words"), ["two words"]);
});

test("arrays, sets, maps, generators and streams are many items", async () => {
  assertEquals(await numbers.executeToArray([1, 2]), [1, 2]);
  assertEquals(await numbers.executeToArray(new Set([1, 2])), [1, 2]);
  assertEquals(await numbers.executeToArray(new Map([["a", 1]]).values()), [1]);
  assertEquals(await numbers.executeToArray(generate(1, 2)), [1, 2]);
  assertEquals(await numbers.executeToArray(createStream()), [1]);
  assertEquals(await numbers.executeToArray(new Uint8Array([1, 2])), [1, 2]);
  assertEquals(await texts.executeToArray(["a", "b"]), ["a", "b"]);
});

test("an item that is iterable must be wrapped", async () => {
  assertEquals(await arrays.executeToArray([[1, 2]]), [[1, 2]]);
  assertEquals(await arrays.executeToArray(generate([1, 2])), [[1, 2]]);
  // @ts-expect-error it would be read as two items that are numbers
  assertEquals<unknown>(await arrays.executeToArray([1, 2]), [1, 2]);
});

test("a source of the wrong items does not compile", () => {
  const attempts = [
    // @ts-expect-error a string is no number
    () => numbers.execute("12"),
    // @ts-expect-error nor are strings
    () => numbers.execute(["1"]),
    // @ts-expect-error a function that makes a source is no source
    () => numbers.execute(() => generate(1)),
    // @ts-expect-error a promise of a source is no source
    () => numbers.execute(Promise.resolve([1])),
    // @ts-expect-error an object without a path is no query
    () => queries.execute({ pattern: "a" }),
    // @ts-expect-error items of a stream count
    () => texts.execute(createStream()),
  ];

  assertEquals(attempts.map((attempt) => typeof attempt().next), attempts.map(() => "function"));
});

test("every end takes the same sources", () => {
  // @ts-expect-error a string is no number
  const asReduce = () => numbers.executeReduce("1", (sum, item) => sum + item, 0);
  // @ts-expect-error a string is no number
  const asForEach = () => numbers.executeForEach("1", () => {});
  // @ts-expect-error a string is no number
  const asArray = () => numbers.executeToArray("1");
  // @ts-expect-error a string is no number
  const asRun = numbers.run("1");
  // @ts-expect-error a string is no number
  const asStream = numbers.toReadableStream("1");

  assertEquals([asReduce, asForEach, asArray].map((end) => typeof end), Array(3).fill("function"));
  assertType<IsExact<typeof asStream, ReadableStream<number>>>();
  assertEquals(typeof asRun.traceId, "string");
});

test("Source says what is one item", () => {
  assertType<IsExact<OneItem<number>, number>>();
  assertType<IsExact<OneItem<string | number>, string | number>>();
  assertType<IsExact<OneItem<string | number[]>, string | WrapIterableItem<number[]>>>();
  assertType<IsExact<OneItem<Uint8Array>, WrapIterableItem<Uint8Array>>>();
  assertType<
    IsExact<OneItem<ReadableStream<number>>, WrapIterableItem<ReadableStream<number>>>
  >();
  assertType<IsExact<OneItem<undefined | null>, undefined | null>>();
  assertType<IsExact<OneItem<unknown>, unknown>>();
  assertType<IsExact<Source<number[]>, Many<number[]> | WrapIterableItem<number[]>>>();
  assertType<IsExact<Source<number>, number | Many<number>>>();
});
