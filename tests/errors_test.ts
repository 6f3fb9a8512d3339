import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { StreamingError, type StreamingErrorDetails, StreamingPipeline } from "../mod.ts";
import { test } from "./harness.ts";
import { readFailure } from "./operators/_outcome.ts";

const start = StreamingPipeline.start<number>();

/** The error of a stage that throws this. */
async function fail(cause: unknown): Promise<StreamingError> {
  const pipeline = start.map("stage", () => {
    throw cause;
  });
  return (await readFailure(pipeline.execute([1]))).error;
}

test("an error carries what it is made from", () => {
  const cause = new Error("why");
  const details = {
    code: "CODE",
    stepName: "step",
    key: "key",
    itemIndex: 3,
    item: "item",
    attempts: 2,
    retryable: true,
    phase: "yield",
    traceId: "0".repeat(31) + "1",
    spanId: "0".repeat(15) + "1",
  } as const satisfies StreamingErrorDetails & { phase: string };

  const error = new StreamingError("message", cause, details);

  assertInstanceOf(error, Error);
  assertEquals([error.name, error.message, `${error}`], [
    "StreamingError",
    "message",
    "StreamingError: message",
  ]);
  assertStrictEquals(error.cause, cause);
  const { code, stepName, key, itemIndex, item, attempts, retryable, traceId, spanId } = error;
  assertEquals(
    [code, stepName, key, itemIndex, item, attempts, retryable, traceId, spanId],
    ["CODE", "step", "key", 3, "item", 2, true, details.traceId, details.spanId],
  );
});

test("an error keeps its item out of logs", async () => {
  const pipeline = StreamingPipeline.start<string>().map("stage", () => {
    throw new Error("no");
  });
  const { error } = await readFailure(pipeline.execute(["the secret"]));

  assertEquals(error.item, "the secret");
  assertEquals(Object.keys(error).includes("item"), false);
  assertEquals(JSON.stringify(error).includes("the secret"), false);
  assertEquals(error.message.includes("the secret"), false);
});

test("an error has the code of its cause and knows whether another attempt could help", async () => {
  const cases: readonly [unknown, string, boolean][] = [
    [new Error("no"), "STEP_ERROR", false],
    ["no", "STEP_ERROR", false],
    [Object.assign(new Error("no"), { code: "ECONNRESET" }), "ECONNRESET", true],
    [Object.assign(new Error("no"), { code: "MINE" }), "MINE", false],
    [Object.assign(new Error("no"), { status: 429 }), "HTTP_429", true],
    [Object.assign(new Error("no"), { status: 404 }), "HTTP_404", false],
    [new DOMException("no", "TimeoutError"), "TimeoutError", true],
  ];

  for (const [cause, code, retryable] of cases) {
    const error = await fail(cause);

    assertEquals([error.code, error.retryable, error.attempts], [code, retryable, 1]);
    assertStrictEquals(error.cause, cause);
  }
});

test("an error of the source is attributed to the source", async () => {
  const cause = new Error("no more");
  function* source() {
    yield 1;
    throw cause;
  }

  const { items, error } = await readFailure(start.take("all", 9).execute(source()));

  assertEquals(items, [1]);
  assertEquals([error.key, error.stepName, error.itemIndex], ["source", "source", undefined]);
  assertStrictEquals(error.cause, cause);
});

test("an error that is thrown again by a later run is wrapped, and both can be told apart", async () => {
  const inner = start.map("inner", () => Promise.reject(new Error("root")));
  const outer = start.map("outer", async (item) => await inner.executeToArray([item]));

  const { error } = await readFailure(outer.execute([1]));

  assertEquals([error.key, error.code], ["outer", "STEP_ERROR"]);
  assertInstanceOf(error.cause, StreamingError);
  assertEquals([error.cause.key, (error.cause.cause as Error).message], ["inner", "root"]);
});
