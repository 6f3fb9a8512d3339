// The @std packages that tests and examples may use work on every runtime, links or not. What of
// them needs `Promise.withResolvers` (`deadline`, `mergeReadableStreams`) does not on Node 20.

import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { pooledMap, retry } from "@std/async";
import { concatReadableStreams, TextLineStream, toText } from "@std/streams";
import { assertType, type IsExact } from "@std/testing/types";
import { test } from "./harness.ts";

function streamOf<T>(...items: T[]): ReadableStream<T> {
  return new ReadableStream({
    pull(controller) {
      const item = items.shift();
      if (item === undefined) controller.close();
      else controller.enqueue(item);
    },
  });
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

test("@std/assert tells an error's class and message", async () => {
  const error = await assertRejects(() => Promise.reject(new TypeError("no")), TypeError, "no");

  assertInstanceOf(error, TypeError);
});

test("@std/async maps in a pool and tries again", async () => {
  const doubled = pooledMap(2, [1, 2, 3], (item) => Promise.resolve(item * 2));

  assertEquals(await collect(doubled), [2, 4, 6]);
  let attempts = 0;
  const succeedAtSecond = () => {
    attempts++;
    if (attempts === 1) throw new Error("first");
    return attempts;
  };
  assertEquals(await retry(succeedAtSecond, { minTimeout: 0 }), 2);
});

test("@std/streams splits lines and joins streams", async () => {
  const lines = streamOf("a\nb", "c\n").pipeThrough(new TextLineStream());

  assertEquals(await toText(lines), "abc");
  assertEquals(await toText(concatReadableStreams(streamOf("a", "b"), streamOf("c"))), "abc");
});

test("@std/testing/types tells types apart", () => {
  assertType<IsExact<"a" | "b", "b" | "a">>(true);
  // @ts-expect-error `any` is not `string`
  assertType<IsExact<string, ReturnType<typeof JSON.parse>>>(true);
  assertEquals(assertType<IsExact<string, string>>(true), undefined);
});
