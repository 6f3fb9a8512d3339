import { assertEquals, assertThrows } from "@std/assert";
import { type StartOptions, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";

type ErrorClass = typeof TypeError | typeof RangeError;

function assertRefused(options: unknown, errorClass: ErrorClass, message: string): void {
  const start = () => StreamingPipeline.start<number>(undefined, options as StartOptions);
  const error = assertThrows(start, errorClass);
  assertEquals(error.message, `Cannot start a pipeline: ${message}`);
}

test("[L9] start() refuses options that are not an object, or that it does not know", () => {
  assertRefused(null, TypeError, "options must be an object, got null");
  assertRefused([], TypeError, "options must be an object, got an array");
  assertRefused({ metadata: null }, TypeError, "metadata must be an object, got null");
  assertRefused({ metadata: "off" }, TypeError, `metadata must be an object, got "off"`);
  for (const options of [{ verbosity: "off" }, { metadata: { level: "off" } }]) {
    const start = () => StreamingPipeline.start<number>(undefined, options as StartOptions);
    const { message } = assertThrows(start, TypeError);
    assertEquals(message.includes("unknown option"), true, message);
  }
});

test("[L9] start() refuses metadata options that are not valid", () => {
  const verbosities = "off, counts, timing, full";
  for (const [verbosity, shown] of [["none", `"none"`], [1, "1"], [null, "null"]]) {
    const message = `metadata.verbosity must be one of ${verbosities}, got ${shown}`;
    assertRefused({ metadata: { verbosity } }, TypeError, message);
  }
  for (const [maxErrors, shown] of [[-1, "-1"], [0.5, "0.5"], [Infinity, "Infinity"]]) {
    const message = `metadata.maxErrors must be a non-negative integer, got ${shown}`;
    assertRefused({ metadata: { maxErrors } }, RangeError, message);
  }
  const rates = [0, -0.5, 1.5, Number.NaN, Infinity, null, true] as const;
  for (const sampleRate of rates) {
    const message = `metadata.sampleRate must be a number above 0, up to 1, got ${sampleRate}`;
    assertRefused({ metadata: { sampleRate } }, RangeError, message);
  }
  const message = `metadata.sampleRate must be a number above 0, up to 1, got "0.5"`;
  assertRefused({ metadata: { sampleRate: "0.5" } }, RangeError, message);
});

test("start() takes each level of metadata, and a pipeline runs with it", async () => {
  for (const verbosity of ["off", "counts", "timing", "full"] as const) {
    const pipeline = StreamingPipeline
      .start<number>(undefined, { metadata: { verbosity, sampleRate: 1, maxErrors: 0 } })
      .map("double", (item) => item * 2);

    assertEquals(await pipeline.executeToArray([1, 2]), [2, 4]);
  }
});
