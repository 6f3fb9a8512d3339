// Steps with two bodies: each kind of pipeline runs its own.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  createHybridStep,
  Pipeline,
  pipelineToStreaming,
  type RetryOptions,
  StreamingError,
  StreamingPipeline,
  streamingStepToStep,
  streamingToPipeline,
} from "../../../mod.ts";
import { Attempts, busy } from "../../errors/_work.ts";
import { coded, dataOf, errorOf } from "../_helpers.ts";
import { test } from "../../harness.ts";
import { TestClock } from "../../../src/testing/test_clock.ts";
import { watch } from "../../../src/testing/turns.ts";

const THRICE: RetryOptions = { maxAttempts: 3, backoffMs: 100, jitter: 0 };

/** Notes which body runs, and on what. */
function createNoted(notes: unknown[]) {
  return createHybridStep<number, number>("noted", {
    batch: ({ input }) => {
      notes.push(input);
      return input.map((item) => item + 1);
    },
    async *streaming({ input }) {
      for await (const item of input) {
        notes.push(item);
        yield item + 1;
      }
    },
  });
}

test("a batch pipeline runs the batch body once, on the whole list", async () => {
  const notes: unknown[] = [];
  const result = await Pipeline.start<number[]>().add("stage", createNoted(notes)).execute([1, 2]);

  assertEquals([dataOf(result), notes], [[2, 3], [[1, 2]]]);
  assertEquals(result.metadata.steps?.[0]?.stepName, "noted");
});

test("a streaming pipeline runs the streaming body, item by item on demand", async () => {
  const notes: unknown[] = [];
  const items = StreamingPipeline.start<number>().add("stage", createNoted(notes))
    .execute([1, 2, 3]);
  await items.next();

  assertEquals(notes, [1]);
  await items.return();
});

test("across the bridge a pipeline still runs the body of its own kind", async () => {
  const notes: unknown[] = [];
  const step = createNoted(notes);
  const batch = Pipeline.start<number[]>().add("stage", step);
  const streaming = StreamingPipeline.start<number>().add("stage", step);

  assertEquals(await pipelineToStreaming(batch).executeToArray([[1, 2]]), [[2, 3]]);
  assertEquals(notes.splice(0), [[1, 2]]);
  assertEquals(dataOf(await streamingToPipeline(streaming).execute([1, 2])), [2, 3]);
  assertEquals(notes.splice(0), [1, 2]);
});

test("each body can be used alone, as the step that it is", async () => {
  const notes: unknown[] = [];
  const { batch, streaming, name } = createNoted(notes);

  assertEquals([name, batch.name, streaming.name], ["noted", "noted", "noted"]);
  const result = await Pipeline.start<number[]>().add("stage", streamingStepToStep(streaming))
    .execute([1, 2]);
  assertEquals([dataOf(result), notes], [[2, 3], [1, 2]]);
  assertEquals(
    await StreamingPipeline.start<number[]>().map("stage", batch).executeToArray([[1], [2]]),
    [[2], [3]],
  );
});

test("both bodies have the state and the context of their pipeline", async () => {
  const seen: unknown[] = [];
  const look = createHybridStep<number, number, { readonly tens: unknown }, string>("look", {
    batch: ({ input, state, context }) => {
      seen.push(state.tens, context);
      return input;
    },
    async *streaming({ input, state, context }) {
      for await (const item of input) {
        seen.push(state.accumulated.tens, context);
        yield item;
      }
    },
  });
  await Pipeline.start<number[], string>(() => "batch").map("tens", (item) => item * 10)
    .add("look", look).execute([1, 2]);
  await StreamingPipeline.start<number, string>(() => "stream").map("tens", (item) => item * 10)
    .add("look", look).executeToArray([1, 2]);

  assertEquals(seen, [[10, 20], "batch", 10, "stream", 20, "stream"]);
});

test("a failure of either body has the step's name, the code and the cause", async () => {
  const cause = coded("NO_QUOTA");
  const fails = createHybridStep<number, number>("fails", {
    batch: () => {
      throw cause;
    },
    async *streaming({ input }) {
      for await (const item of input) yield item / Number(await Promise.reject(cause));
    },
  });
  const result = await Pipeline.start<number[]>().add("stage", fails).execute([1]);
  const error = await StreamingPipeline.start<number>().add("stage", fails).executeToArray([1])
    .catch((thrown) => thrown as StreamingError);

  assertEquals([errorOf(result).code, result.metadata.stepName], ["NO_QUOTA", "fails"]);
  assertStrictEquals(errorOf(result).cause, cause);
  assertEquals(error instanceof StreamingError && [error.code, error.stepName], [
    "NO_QUOTA",
    "fails",
  ]);
});

test("retry tries the whole list again in a batch pipeline, the failed item in a stream", async () => {
  await new TestClock().use(async (clock) => {
    const batch = new Attempts(clock, () => 2);
    const stream = new Attempts(clock, (item) => item === 2 ? 2 : 0);
    const step = createHybridStep<number, number>("step", {
      batch: ({ input }) => [batch.work(input.length)],
      async *streaming({ input }) {
        for await (const item of input) yield stream.work(item);
      },
    }, { retry: THRICE });
    const result = watch(Pipeline.start<number[]>().add("stage", step).execute([1, 2, 3]));
    await clock.advance(1e9);
    const items = watch(
      StreamingPipeline.start<number>().add("stage", step).executeToArray([1, 2, 3]),
    );
    await clock.advance(1e9);

    assertEquals([dataOf(result.value!), batch.items, batch.waits], [[6], [3, 3, 3], [100, 200]]);
    assertEquals([items.value, stream.items], [[2, 4, 6], [1, 2, 2, 2, 3]]);
    assertEquals(clock.timerCount, 0);
  });
});

test("retry of either body gives up with the last error", async () => {
  await new TestClock().use(async (clock) => {
    let attempts = 0;
    const fail = (): number => {
      attempts++;
      throw busy();
    };
    const fails = createHybridStep<number, number>("fails", {
      batch: () => [fail()],
      async *streaming({ input }) {
        for await (const _ of input) yield fail();
      },
    }, { retry: THRICE });
    const result = watch(Pipeline.start<number[]>().add("stage", fails).execute([1]));
    const items = watch(StreamingPipeline.start<number>().add("stage", fails).executeToArray([1]));
    await clock.advance(1e9);

    assertEquals([errorOf(result.value!).code, attempts], ["RATE_LIMIT", 6]);
    assertEquals((items.error as StreamingError).attempts, 3);
  });
});

test("[L9] a hybrid step needs two functions", () => {
  const create = createHybridStep as unknown as (...args: unknown[]) => unknown;
  const bodies = { batch: () => [], streaming: ({ input }: { input: unknown }) => input };

  for (const body of ["batch", "streaming"]) {
    for (const [value, shown] of [[undefined, "undefined"], [1, "1"], [{}, "an object"]]) {
      const { message } = assertThrows(
        () => create("step", { ...bodies, [body as string]: value }),
        TypeError,
      );
      assertEquals(message.startsWith(`Cannot create the step "step": `), true, message);
      assertEquals(message.endsWith(` must be a function, got ${shown}`), true, message);
    }
  }
});
