// The real thing, where there is one: values that `node:vm` makes in a realm of their own.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { runInNewContext } from "node:vm";
import { type StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";

const MODES = [{}, { parallel: true }, { parallel: true, ordered: false }];

test("an error of another realm has its name, its code and its retryability", async () => {
  for (const options of MODES) {
    const thrown: unknown = runInNewContext("new TypeError('fetch failed')");
    const pipeline = StreamingPipeline.start<number>().map("m", () => {
      throw thrown;
    }, options);
    const error: StreamingError = await pipeline.executeToArray([1]).catch((error) => error);

    assertStrictEquals(error.cause, thrown);
    assertEquals(error.message, `Stage "m" failed at item 0: TypeError`);
    assertEquals([error.code, error.retryable], ["STEP_ERROR", true]);
  }
});

test("promises, arrays, iterables and generators of another realm are what they are", async () => {
  for (const options of MODES) {
    for (
      const code of ["[1, 2]", "Promise.resolve([1, 2])", "new Set([1, 2])"].concat(
        "(function* () { yield 1; yield 2 })()",
        "(async function* () { yield 1; yield 2 })()",
      )
    ) {
      const pipeline = StreamingPipeline.start<number>()
        .flatMap("many", () => runInNewContext(code) as number[], options)
        .batch("all", 2)
        .flatten("each");
      assertEquals(await pipeline.executeToArray([0]), [1, 2], code);
    }
  }
});
