import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { createStep, createStreamingStep, type StageWork, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const yes = () => true;
const isEven = (item: number) => item % 2 === 0;
const same = (item: unknown) => item;

/** What either side can be, marking items with `mark`. */
type Work = StageWork<number, string, unknown, unknown>;

const WORKS: Readonly<Record<string, (mark: string) => Work>> = {
  "a function": (mark) => (item) => mark + item,
  "an async function": (mark) => async (item) => await (mark + item),
  "a step": (mark) => createStep<number, string>("step", ({ input }) => mark + input),
  "a streaming step": (mark) =>
    createStreamingStep<number, string>("stream", async function* ({ input }) {
      for await (const item of input) yield mark + item;
    }),
};

for (const [nameTrue, createTrue] of Object.entries(WORKS)) {
  for (const [nameFalse, createFalse] of Object.entries(WORKS)) {
    for (const parallel of [false, true]) {
      const suffix = parallel ? ", in parallel" : "";

      test(`branch() runs ${nameTrue} or else ${nameFalse}${suffix}`, async () => {
        const [whenTrue, whenFalse] = [createTrue("even "), createFalse("odd ")];
        const pipeline = start.branch("either", isEven, whenTrue, whenFalse, { parallel });

        assertEquals(await pipeline.executeToArray([1, 2, 4, 3]), [
          ...["odd 1", "even 2"],
          ...["even 4", "odd 3"],
        ]);
      });
    }
  }
}

test("branch() waits for an async predicate, and goes by whether its answer is truthy", async () => {
  const pipeline = start.branch("either", async (item) => await isEven(item), () => "e", () => "o");

  assertEquals(await pipeline.executeToArray([1, 2, 3]), ["o", "e", "o"]);
});

test("branch() calls the predicate once per item and only the side that it picks", async () => {
  const calls: string[] = [];
  const pipeline = start.branch(
    "either",
    (item, index) => {
      calls.push(`ask ${item} at ${index}`);
      return isEven(item);
    },
    (item, index) => calls.push(`even ${item} at ${index}`),
    (item, index) => calls.push(`odd ${item} at ${index}`),
  );

  await pipeline.executeToArray([7, 8]);

  assertEquals(calls, ["ask 7 at 0", "odd 7 at 0", "ask 8 at 1", "even 8 at 1"]);
});

test("branch() hands on as many items as a streaming step yields, and an array as one", async () => {
  const none = createStreamingStep<number, number[]>("none", async function* ({ input }) {
    for await (const item of input) if (item > 2) yield* [[item], []];
  });
  const pipeline = start.branch("either", isEven, none, (item) => [item, item]);

  assertEquals(await pipeline.executeToArray([1, 2, 4]), [[1, 1], [4], []]);
});

test("[L7] branch() lets any value pass", async () => {
  const values = [undefined, null, Number.NaN, false, 0, "", [1]];
  const pass = createStreamingStep<unknown, unknown>("pass", async function* ({ input }) {
    yield* input;
  });
  const unknowns = StreamingPipeline.start<unknown>();

  assertEquals(await unknowns.branch("b", yes, same, same).executeToArray(values), values);
  assertEquals(await unknowns.branch("b", yes, pass, same).executeToArray(values), values);
  assertEquals(await unknowns.branch("b", () => false, pass, same).executeToArray(values), values);
});

test("branch() works on both sides side by side and keeps the order", async () => {
  const probe = new CallProbe({ hold: true });
  const held = probe.wrap((item) => item, true);
  const pipeline = start.branch("either", isEven, held, held, {
    parallel: true,
    concurrencyLimit: 3,
  });

  const result = watch(pipeline.executeToArray([1, 2, 3]));
  await settle();
  assertEquals(probe.running, 3);
  for (const index of [2, 1, 0]) probe.release(index);
  await settle();

  assertEquals<unknown>(result.value, [1, 2, 3]);
});

test("branch() fails with what the predicate or either side throws", async () => {
  const cause = new Error("no");
  const fail = () => Promise.reject(cause);
  const cases = [
    start.branch("either", fail, same, same),
    start.branch("either", yes, fail, same),
    start.branch("either", () => false, same, fail),
  ];

  for (const pipeline of cases) {
    const { items, error } = await readFailure(pipeline.execute([1]));

    assertEquals(items, []);
    assertEquals([error.key, error.stepName, error.itemIndex], ["either", "either", 0]);
    assertStrictEquals(error.cause, cause);
  }
});

test("branch() names the step that failed", async () => {
  const cause = new Error("no");
  const step = createStep<number, number>("careful", () => Promise.reject(cause));
  const streaming = createStreamingStep<number, number>("streaming", async function* () {
    yield await Promise.reject(cause);
  });

  for (const [name, work] of [["careful", step], ["streaming", streaming]] as const) {
    const pipeline = start.branch("either", isEven, work, same);
    const { items, error } = await readFailure(pipeline.execute([1, 2]));

    assertEquals(items as unknown[], [1]);
    assertEquals([error.key, error.stepName, error.itemIndex], ["either", name, 1]);
  }
});

test("[L4] branch() calls no side for a predicate that answers when its time is over", () =>
  new TestClock().use(async (clock) => {
    const answers = [createDeferred<boolean>(), createDeferred<boolean>()];
    const calls: number[] = [];
    let attempt = 0;
    const side = (item: number) => void calls.push(item);
    const reading = watch(
      start.branch("either", () => answers[attempt++]!.promise, side, side, {
        timeoutMs: 10,
        retry: { maxAttempts: 2, backoffMs: 0 },
      }).executeToArray([1]),
    );
    await clock.advance(10);
    assertEquals(attempt, 2);

    answers[0]!.resolve(true);
    await settle();
    const before = [...calls];
    answers[1]!.resolve(true);
    await settle();

    assertEquals([before, calls, reading.state], [[], [1], "resolved"]);
  }));

test("branch() fails for a streaming step that returns nothing to iterate over", async () => {
  const cases: readonly [() => unknown, string][] = [
    [() => undefined, "undefined; is a return missing?"],
    [() => 1, "number"],
    [() => "text", "string"],
    [() => Promise.resolve(1), "a Promise; a step on one item has isStep: true"],
    [() => Promise.reject(new Error("late")), "a Promise; a step on one item has isStep: true"],
  ];
  for (const parallel of [false, true]) {
    for (const [execute, shown] of cases) {
      const step = { name: "by hand", execute } as never;

      const { error } = await readFailure(
        start.branch("bad", yes, step, step, { parallel }).execute([1]),
      );

      assertEquals([error.key, error.stepName, error.itemIndex], ["bad", "by hand", 0]);
      assertInstanceOf(error.cause, TypeError);
      assertEquals(
        error.cause.message,
        `Cannot run the stage "bad" (branch): its step must return an async iterable, got ${shown}`,
      );
    }
  }
});
