// The document's Decision 3, "Retry Logic" and "Error Strategies". ("Error Handling in Steps" is in
// errors_in_steps_test.ts.)

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  createStreamingStep,
  type FailedItem,
  StreamingError,
  StreamingErrorStrategy,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { readOutcome } from "../operators/_outcome.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";

type Input = number;

interface Output {
  readonly value: number;
}

const FAILURE = new Error("three");

const step1 = createStreamingStep<Input, Output>("step1", async function* ({ input }) {
  for await (const value of input) {
    if (value === 3) throw FAILURE;
    yield { value };
  }
});

const ITEMS = [1, 2, 3, 4];
const BUT_THREE = [{ value: 1 }, { value: 2 }, { value: 4 }];

test("retry logic: a resilient step is tried again for the errors it names, a second apart, then two", async () => {
  await new TestClock().use(async (clock) => {
    const times: number[] = [];
    const codes = ["RATE_LIMIT", "ETIMEDOUT"];
    const processItem = (item: Input): Output => {
      if (item === 2) times.push(clock.now());
      const code = item === 2 ? codes.shift() : undefined;
      if (code !== undefined) throw Object.assign(new Error("not now"), { code });
      return { value: item };
    };
    const resilientStep = createStreamingStep<Input, Output>(
      "resilientStep",
      async function* ({ input }) {
        for await (const item of input) {
          yield processItem(item);
        }
      },
      {
        retry: {
          maxAttempts: 3,
          backoffMs: 1000,
          retryableErrors: ["RATE_LIMIT", "ETIMEDOUT"],
        },
      },
    );
    const { random } = Math;
    Math.random = () => 0.5;
    try {
      const pipeline = StreamingPipeline.start<Input>().map("resilient", resilientStep);
      const result = watch(pipeline.executeToArray([1, 2, 3]));
      await clock.advance(10_000);

      assertEquals(result.value, [{ value: 1 }, { value: 2 }, { value: 3 }]);
      assertEquals(times, [0, 1_000, 3_000]);
    } finally {
      Math.random = random;
    }
  });
});

test("retry logic: an error that the step does not name is not tried again", async () => {
  let attempts = 0;
  const fail = (): Output => {
    attempts++;
    throw Object.assign(new Error("never"), { code: "ECONNRESET" });
  };
  const resilientStep = createStreamingStep<Input, Output>(
    "resilientStep",
    async function* ({ input }) {
      for await (const _ of input) yield fail();
    },
    { retry: { maxAttempts: 3, backoffMs: 1000, retryableErrors: ["RATE_LIMIT", "ETIMEDOUT"] } },
  );
  const { error } = await readOutcome(
    StreamingPipeline.start<Input>().map("resilient", resilientStep).execute([1]),
  );

  assertInstanceOf(error, StreamingError);
  assertEquals([attempts, error.code, error.attempts], [1, "ECONNRESET", 1]);
});

test("strategy 1: FAIL_FAST (default): first error throws, stops processing", async () => {
  const pipeline1 = StreamingPipeline.start<Input>()
    .map("step1", step1, { errorStrategy: StreamingErrorStrategy.FAIL_FAST });
  const byDefault = StreamingPipeline.start<Input>().map("step1", step1);

  for (const pipeline of [pipeline1, byDefault]) {
    const pulled: Input[] = [];
    const source = ITEMS.values();
    const counted = {
      *[Symbol.iterator]() {
        for (const item of source) {
          pulled.push(item);
          yield item;
        }
      },
    };
    const { items, error } = await readOutcome(pipeline.execute(counted));

    assertInstanceOf(error, StreamingError);
    assertStrictEquals(error.cause, FAILURE);
    assertEquals([items, pulled], [[{ value: 1 }, { value: 2 }], [1, 2, 3]]);
  }
});

test("strategy 2: SKIP_FAILED: failed items are skipped, processing continues", async () => {
  const pipeline2 = StreamingPipeline.start<Input>()
    .map("step1", step1, { errorStrategy: StreamingErrorStrategy.SKIP_FAILED });

  assertEquals(await pipeline2.executeToArray(ITEMS), BUT_THREE);
});

test("strategy 3: COLLECT_ERRORS: errors collected, available in metadata", async () => {
  const pipeline3 = StreamingPipeline.start<Input>()
    .map("step1", step1, { errorStrategy: StreamingErrorStrategy.COLLECT_ERRORS });

  assertEquals(await pipeline3.executeToArray(ITEMS), BUT_THREE);
  const metadata = await pipeline3.getMetadata();
  const { errorCount, errors } = metadata.steps[0]!;
  assertEquals([errorCount, errors!.length], [1, 1]);
  assertStrictEquals(errors![0]!.cause, FAILURE);
});

test("strategy 4: SPLIT_ERRORS: errors emitted to separate error channel", async () => {
  const pipeline4 = StreamingPipeline.start<Input>()
    .map("step1", step1, { errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS });
  const run = pipeline4.run(ITEMS);
  const failed: FailedItem[] = [];
  const reading = (async () => {
    for await (const one of run.errors) failed.push(one);
  })();
  const { items } = await readOutcome(run);
  await reading;

  assertEquals(items, BUT_THREE);
  assertEquals(failed.map(({ item, itemIndex, key }) => [item, itemIndex, key]), [[3, 2, "step1"]]);
  assertStrictEquals(failed[0]!.error.cause, FAILURE);
});

test("the enumeration of strategies reads as the document's does", () => {
  assertEquals({ ...StreamingErrorStrategy }, {
    FAIL_FAST: "FAIL_FAST",
    SKIP_FAILED: "SKIP_FAILED",
    COLLECT_ERRORS: "COLLECT_ERRORS",
    SPLIT_ERRORS: "SPLIT_ERRORS",
  });
});

test("error context: an error has all the fields of the document", async () => {
  const { error } = await readOutcome(
    StreamingPipeline.start<Input>().map("key", step1).execute(ITEMS),
  );

  assertInstanceOf(error, StreamingError);
  const { code, stepName, itemIndex, retryable, cause, traceId, spanId } = error;
  assertEquals([code, stepName, itemIndex, retryable], ["STEP_ERROR", "step1", 2, false]);
  assertStrictEquals(cause, FAILURE);
  assertEquals([traceId.length, spanId.length], [32, 16]);
});

test("dual error handling: the same failure at yield time and at pull time, told apart by its phase", async () => {
  async function* failingSource() {
    yield await 1;
    throw FAILURE;
  }
  const pass = createStreamingStep<Input, Input>("pass", async function* ({ input }) {
    for await (const item of input) yield item;
  });
  const atYield = await readOutcome(
    StreamingPipeline.start<Input>().map("step1", step1).execute(ITEMS),
  );
  const atPull = await readOutcome(
    StreamingPipeline.start<Input>().map("pass", pass).execute(failingSource()),
  );

  assertInstanceOf(atYield.error, StreamingError);
  assertInstanceOf(atPull.error, StreamingError);
  assertEquals([atYield.error.phase, atPull.error.phase], ["yield", "pull"]);
  assertEquals(atPull.items, [1]);
});
