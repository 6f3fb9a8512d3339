import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

testOptions("window", (options, methods) => methods.window!("key", options), [
  [{}, RangeError, "size must be a positive integer, got undefined"],
  [{ size: 0 }, RangeError, "size must be a positive integer, got 0"],
  [{ size: 2, slide: 0 }, RangeError, "slide must be a positive integer, got 0"],
  [{ size: 2, slide: 1.5 }, RangeError, "slide must be a positive integer, got 1.5"],
  [{ size: 2, partial: 1 }, TypeError, "partial must be a boolean, got 1"],
], (value) => typeof value === "number");

test("[L9] window() refuses a slide together with options, where it would say nothing", () => {
  assertThrows(
    () => start.window("w", { size: 2 } as never, 1),
    TypeError,
    'Cannot add the stage "w" (window): slide is an option where options are given',
  );
});

/** Every full window, and at the end the first that is not, if it has an item that none had. */
function model(items: readonly number[], size: number, slide: number, partial: boolean) {
  const windows: number[][] = [];
  let had = 0;
  for (let at = 0; at < items.length; at += slide) {
    const window = items.slice(at, at + size);
    if (window.length < size && (!partial || items.length <= had)) break;
    windows.push(window);
    had = at + size;
    if (window.length < size) break;
  }
  return windows;
}

test("window() keeps its tail, as batch() does", async () => {
  const windows = start.window("w", { size: 2 });

  assertEquals(await windows.executeToArray([1, 2, 3]), [[1, 2], [3]]);
  assertEquals(await windows.executeToArray([1]), [[1]]);
  assertEquals(await windows.executeToArray([]), []);
});

test("window() drops its tail where its options say so", async () => {
  const windows = start.window("w", { size: 2, partial: false });

  assertEquals(await windows.executeToArray([1, 2, 3]), [[1, 2]]);
});

test("window() slides, and shows each item at least once", async () => {
  const windows = (slide: number) => start.window("w", { size: 3, slide });

  assertEquals(await windows(1).executeToArray([1, 2, 3, 4]), [[1, 2, 3], [2, 3, 4]]);
  assertEquals(await windows(2).executeToArray([1, 2, 3, 4]), [[1, 2, 3], [3, 4]]);
  assertEquals(await windows(1).executeToArray([1, 2]), [[1, 2]]);
});

test("window() leaves out the items between windows", async () => {
  const windows = start.window("w", { size: 2, slide: 4 });

  assertEquals(await windows.executeToArray([1, 2, 3, 4, 5]), [[1, 2], [5]]);
  assertEquals(await windows.executeToArray([1, 2, 3, 4]), [[1, 2]]);
});

test("window() agrees with an array model for every size and slide", async () => {
  const numbers = fc.array(fc.integer(), { maxLength: 30 });
  const length = fc.integer({ min: 1, max: 7 });
  await fc.assert(
    fc.asyncProperty(numbers, length, length, fc.boolean(), async (items, size, slide, partial) => {
      const pipeline = start.window("w", { size, slide, partial });

      assertEquals(await pipeline.executeToArray(items), model(items, size, slide, partial));
    }),
  );
});

test("window() makes an array of its own for each window", async () => {
  const seen: number[][] = [];
  for await (const window of start.window("w", { size: 2, slide: 1 }).execute([1, 2, 3])) {
    seen.push([...window]);
    window.push(99);
  }

  assertEquals(seen, [[1, 2], [2, 3]]);
});

test("[L6] window() hands on its tail before an error of the source", async () => {
  const failure = new Error("broken");
  const probe = new SourceProbe("an async iterable", { failAfter: 3, failure });

  const { items, error } = await readFailure(start.window("w", { size: 2 }).execute(probe.source));

  assertEquals([items, error.cause], [[[0, 1], [2]], failure]);
});
