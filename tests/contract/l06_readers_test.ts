// L6 at the ends: what readers, reducers and built-in stages throw, and what errors carry.

import { assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { assertNotEquals, assertStrictEquals } from "@std/assert";
import { createStep, createStreamingStep, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { TYPICAL_ROWS } from "./_rows.ts";

const FAILURE = new TypeError("bad");

const start = () => StreamingPipeline.start<number>();

async function catchError(work: () => Promise<unknown>): Promise<StreamingError> {
  const error = await assertRejects(work);
  assertInstanceOf(error, StreamingError);
  return error;
}

const fail = (): never => {
  throw FAILURE;
};

for (const row of TYPICAL_ROWS) {
  for (
    const [kind, callback] of [["throws", fail], [
      "rejects",
      () => Promise.reject(FAILURE),
    ]] as const
  ) {
    test(`[L6] executeReduce() of ${row.title} names itself when its reducer ${kind}`, async () => {
      const probe = new SourceProbe("an async generator");
      const pipeline = row.build(new CallProbe());

      const error = await catchError(() => pipeline.executeReduce(probe.source, callback, 0));

      assertStrictEquals(error.cause, FAILURE);
      assertEquals([error.key, probe.closed], ["executeReduce", 1]);
    });

    test(`[L6] executeForEach() of ${row.title} names itself when its action ${kind}`, async () => {
      const probe = new SourceProbe("an async generator");
      const pipeline = row.build(new CallProbe());

      const error = await catchError(() => pipeline.executeForEach(probe.source, callback));

      assertStrictEquals(error.cause, FAILURE);
      assertEquals([error.key, probe.closed], ["executeForEach", 1]);
    });
  }

  test(`[L6] a reader of ${row.title} that throws gets its own error back`, async () => {
    const probe = new SourceProbe("an async iterable");
    const read = async () => {
      for await (const _ of row.build(new CallProbe()).execute(probe.source)) fail();
    };

    assertStrictEquals(await assertRejects(read), FAILURE);
    assertEquals(probe.closed, 1);
  });
}

test("[L6] an error names the stage, the step and the item, and carries the run's ids", async () => {
  const step = createStreamingStep<number, number>("parse", async function* ({ input }) {
    for await (const item of input) yield item < 2 ? item : fail();
  });
  const run = start().add("parsed", step).run([0, 1, 2]);

  const error = await catchError(async () => {
    for await (const _ of run);
  });

  assertEquals([error.name, error.key, error.stepName], ["StreamingError", "parsed", "parse"]);
  assertEquals([error.itemIndex, error.item], [2, 2]);
  assertEquals(error.traceId, run.traceId);
  assertMatch(error.traceId, /^[0-9a-f]{32}$/);
  assertMatch(error.spanId, /^[0-9a-f]{16}$/);
  assertMatch(error.message, /^Stage "parsed" failed at item 2/);
});

test("[L6] two runs have ids of their own", async () => {
  const pipeline = start().map("fails", fail);

  const errors = [
    await catchError(() => pipeline.executeToArray([1])),
    await catchError(() => pipeline.executeToArray([1])),
  ];

  assertNotEquals(errors[0]!.traceId, errors[1]!.traceId);
});

test("[L6] the error of a failed step keeps its code", async () => {
  const step = createStep("load", () => {
    throw Object.assign(new Error("lost"), { code: "ECONNRESET" });
  });

  const error = await catchError(() => start().map("loaded", step).executeToArray([1]));

  assertEquals([error.code, error.retryable, error.stepName], ["ECONNRESET", true, "load"]);
});

const CODES: readonly (readonly [string, unknown, string, boolean])[] = [
  ["a code of its own", Object.assign(new Error("x"), { code: "E_OWN" }), "E_OWN", false],
  ["an HTTP status", Object.assign(new Error("x"), { status: 503 }), "HTTP_503", true],
  ["an HTTP status that stays", Object.assign(new Error("x"), { status: 404 }), "HTTP_404", false],
  ["a DOM exception", new DOMException("x", "TimeoutError"), "TimeoutError", true],
  ["nothing", new Error("the word timeout says nothing"), "STEP_ERROR", false],
];

for (const [what, cause, code, retryable] of CODES) {
  test(`[L6] an error whose cause has ${what} has the code ${code}`, async () => {
    const error = await catchError(() =>
      start().map("m", () => Promise.reject(cause)).executeToArray([1])
    );

    assertEquals([error.code, error.retryable], [code, retryable]);
    assertStrictEquals(error.cause, cause);
  });
}

test("[L6] the failing stage in a chain is named, not those around it", async () => {
  for (const failing of ["a", "b", "c"]) {
    const stage = (key: string) => (item: number) => key === failing && item === 1 ? fail() : item;
    const pipeline = start()
      .map("a", stage("a"))
      .map("b", stage("b"), { parallel: true })
      .add("pass", async function* ({ input }) {
        yield* input;
      })
      .map("c", stage("c"));

    const error = await catchError(() => pipeline.executeToArray([0, 1, 2]));

    assertEquals([error.key, error.itemIndex], [failing, 1]);
    assertStrictEquals(error.cause, FAILURE);
  }
});

test("[L6] a step can catch what comes from before it, and goes on", async () => {
  const pipeline = start()
    .map("fails", (item) => item === 2 ? fail() : item)
    .add("careful", async function* ({ input }) {
      try {
        yield* input;
      } catch {
        yield -1;
      }
    });

  assertEquals(await pipeline.executeToArray([0, 1, 2, 3]), [0, 1, -1]);
});

test("[L6] a step that throws what it caught does not take the blame", async () => {
  const pipeline = start()
    .map("fails", fail)
    .add("relays", async function* ({ input }) {
      try {
        yield* input;
      } catch (error) {
        throw error;
      }
    });

  assertEquals((await catchError(() => pipeline.executeToArray([0]))).key, "fails");
});

test("[L6] flatten() and flatMap() say what they cannot take apart", async () => {
  const flatten = (start().map("numbers", (item) => item) as never as ReturnType<typeof ofArrays>)
    .flatten("flat");
  const flatMap = start().flatMap("many", () => 7 as never);

  const errors = [
    await catchError(() => flatten.executeToArray([1])),
    await catchError(() => flatMap.executeToArray([1])),
  ];

  for (const [index, key] of ["flat", "many"].entries()) {
    assertEquals(errors[index]!.key, key);
    const { cause } = errors[index]!;
    assertInstanceOf(cause, TypeError);
    assertMatch(cause.message, /number/);
  }
});

test("[L6] add() says that its step returned no iterable", async () => {
  const pipeline = start().add("step", (() => 7) as never);

  const error = await catchError(() => pipeline.executeToArray([1]));

  assertInstanceOf(error.cause, TypeError);
  assertMatch(error.cause.message, /iterable/);
});

test("[L6] through() gives what is in its transform before the error of the source", async () => {
  const probe = new SourceProbe("an async iterable", { failAfter: 3, failure: FAILURE });
  const seen: unknown[] = [];
  const run = start().through("same", () => new TransformStream<number, number>()).run(
    probe.source,
  );

  const error = await catchError(async () => {
    for await (const item of run) seen.push(item);
  });

  assertEquals([seen, error.key], [[0, 1, 2], "source"]);
});

test("[L6] through() names its stage when the transform fails", async () => {
  const probe = new SourceProbe("an async generator");
  const transform = () =>
    new TransformStream<number, number>({
      // Not thrown: workerd 1.20261023 reports what a transform throws as unhandled, always.
      transform: (item, controller) =>
        item < 2 ? controller.enqueue(item) : controller.error(FAILURE),
    });

  const error = await catchError(() =>
    start().through("strict", transform).executeToArray(probe.source)
  );

  assertStrictEquals(error.cause, FAILURE);
  assertEquals([error.key, probe.closed], ["strict", 1]);
});

function ofArrays() {
  return StreamingPipeline.start<number>().map("arrays", (item) => [item]);
}
