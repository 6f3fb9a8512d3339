// What a StreamingError says: which failure, where, and what followed from it.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  type StageOptions,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { readFailure } from "../operators/_outcome.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { fail, start } from "./_failures.ts";

const ROWS: readonly [thrown: unknown, code: string, retryable: boolean][] = [
  [new Error("no"), "STEP_ERROR", false],
  [Object.assign(new Error("no"), { code: "MINE" }), "MINE", false],
  [Object.assign(new Error("no"), { code: 42 }), "STEP_ERROR", false],
  [Object.assign(new Error("no"), { code: "MINE", status: 503 }), "MINE", true],
  ...["ECONNRESET", "ETIMEDOUT", "ECONNREFUSED", "EPIPE", "EAI_AGAIN", "RATE_LIMIT"].map((
    code,
  ): [unknown, string, boolean] => [Object.assign(new Error("no"), { code }), code, true]),
  [Object.assign(new Error("no"), { code: "ENOENT" }), "ENOENT", false],
  [new DOMException("no", "TimeoutError"), "TimeoutError", true],
  [new DOMException("no", "AbortError"), "AbortError", false],
  ...[408, 425, 429, 500, 502, 503, 504].map((status): [unknown, string, boolean] => [
    Object.assign(new Error("no"), { status }),
    `HTTP_${status}`,
    true,
  ]),
  ...[400, 401, 404, 409, 422].map((status): [unknown, string, boolean] => [
    Object.assign(new Error("no"), { status }),
    `HTTP_${status}`,
    false,
  ]),
  [new TypeError("fetch failed"), "STEP_ERROR", true],
  [new TypeError("Failed to fetch"), "STEP_ERROR", true],
  [new Error("ETIMEDOUT 429 503 timeout, try again"), "STEP_ERROR", false],
  [Object.assign(new Error("timeout"), { code: "ENOENT" }), "ENOENT", false],
];

for (const [cause, code, retryable] of ROWS) {
  const { name, message } = cause as Error;
  test(`[defect] ${name} "${message}" has the code ${code} and is ${retryable ? "" : "not "}retryable`, async () => {
    const error = await fail(cause);

    assertEquals([error.code, error.retryable], [code, retryable]);
    assertStrictEquals(error.cause, cause);
  });
}

for (
  const [name, thrown, code] of [
    ["a plain object", { message: "no", detail: 1 }, "STEP_ERROR"],
    ["a plain object with a code", { code: "PLAIN", status: 500 }, "PLAIN"],
    ["a string", "no", "STEP_ERROR"],
    ["undefined", undefined, "STEP_ERROR"],
    ["null", null, "STEP_ERROR"],
    ["a number", 503, "STEP_ERROR"],
    ["a frozen error", Object.freeze(new Error("no")), "STEP_ERROR"],
  ] as const
) {
  test(`[defect] ${name} that is thrown becomes the cause of a StreamingError`, async () => {
    const error = await fail(thrown);

    assertInstanceOf(error, Error);
    assertStrictEquals(error.cause, thrown);
    assertEquals([error.code, error.name, error.key], [code, "StreamingError", "stage"]);
  });
}

test("an error names the step, and the key where the stage is a function", async () => {
  const throwing = () => {
    throw new Error("no");
  };
  const step = createStep("named step", (_: { input: number }) => throwing());
  const streaming = createStreamingStep<number, number>(
    "named stream",
    async function* ({ input }) {
      for await (const _ of input) yield throwing();
    },
  );
  const names = [];
  for (
    const pipeline of [
      start().map("key", throwing),
      start().map("key", step),
      start().add("key", streaming),
      start().map("key", streaming, { parallel: true }),
      start().branch("key", () => true, step, throwing),
      start().branch("key", () => true, streaming, throwing),
      start().add("key", async function* () {
        yield throwing();
      }),
    ]
  ) {
    const { error } = await readFailure(pipeline.execute([1]));
    names.push([error.key, error.stepName]);
  }

  assertEquals(names, [
    ["key", "key"],
    ["key", "named step"],
    ["key", "named stream"],
    ["key", "named stream"],
    ["key", "named step"],
    ["key", "named stream"],
    ["key", "key"],
  ]);
});

test("the item is in the error, but in no message, no listing and no copy of it", async () => {
  const secret = { password: "hunter2" };
  const pipeline = StreamingPipeline.start<typeof secret>().map("stage", ({ password }) => {
    throw new Error(`cannot use ${password}`);
  }, { retry: { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true } });
  const { error } = await readFailure(pipeline.execute([secret]));

  assertStrictEquals(error.item, secret);
  assertEquals(Object.keys(error).includes("item"), false);
  assertEquals("item" in { ...error }, false);
  assertEquals(JSON.stringify(error).includes("hunter2"), false);
  assertEquals(error.message, 'Stage "stage" failed at item 0 after 2 attempts: Error');
  assertEquals(`${error}`.includes("hunter2"), false);
});

test("yield and pull: the phase tells what a stage threw from what the source threw", async () => {
  const failure = new Error("no");
  const failing = new SourceProbe("an async iterable", { failAfter: 1, failure });
  const stage = await readFailure(
    start().map("stage", () => {
      throw failure;
    }).execute([1]),
  );
  const source = await readFailure(start().map("stage", (item) => item).execute(failing.source));
  const later = await readFailure(
    start().add("step", ({ input }) => input)
      .map("parallel", (item) => item, { parallel: true })
      .execute(new SourceProbe("an async iterable", { failAfter: 1, failure }).source),
  );

  assertEquals([stage.error.phase, stage.error.key], ["yield", "stage"]);
  for (const { items, error } of [source, later]) {
    assertEquals([items, error.phase, error.key, error.stepName], [
      [0],
      "pull",
      "source",
      "source",
    ]);
    assertStrictEquals(error.cause, failure);
  }
});

test("an error of the source is not left out: there is no item to leave out", async () => {
  for (const errorStrategy of ["SKIP_FAILED", "COLLECT_ERRORS", "SPLIT_ERRORS"] as const) {
    for (const options of [{}, { parallel: true }] as const) {
      const failure = new Error("no");
      const source = new SourceProbe("an async iterable", { failAfter: 2, failure });
      const pipeline = start().map("stage", (item) => item, { errorStrategy, ...options });
      const { items, error } = await readFailure(pipeline.execute(source.source));

      assertEquals([items, error.key, error.phase], [[0, 1], "source", "pull"]);
      assertStrictEquals(error.cause, failure);
    }
  }
});

test("what a clean-up throws after a failure is kept in suppressed", async () => {
  const failure = new Error("first");
  const closeFailure = new Error("later");
  const throwing = (item: number) => {
    if (item === 1) throw failure;
    return item;
  };
  const ways: Readonly<Record<string, StageOptions>> = {
    "one at a time": {},
    ordered: { parallel: true },
    unordered: { parallel: true, ordered: false },
  };
  for (const [way, options] of Object.entries(ways)) {
    const probe = new SourceProbe("an async iterable", { closeFailure });
    const pipeline = start().map("stage", throwing, options);
    const { error } = await readFailure(pipeline.execute(probe.source));
    const { cleanupErrors } = await pipeline.getMetadata();

    assertStrictEquals(error.cause, failure, way);
    assertEquals(error.suppressed.map((each) => (each as Error).cause), [closeFailure], way);
    assertEquals(cleanupErrors.map((each) => (each as Error).cause), [closeFailure], way);
  }
});
