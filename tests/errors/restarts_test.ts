// A streaming step that fails is started again: nothing comes out twice, nothing is lost.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { createStreamingStep, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { readFailure } from "../operators/_outcome.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { BOTH, build, ITEMS, RETRY, run, SKIP } from "./_restarts.ts";
import { Attempts, busy } from "./_work.ts";

test("retry: what a step yields for an item before it fails does not come out twice", async () => {
  await new TestClock().use(async (clock) => {
    const attempts = new Attempts(clock, (item) => item === 2 ? 2 : 0);
    const { items, error } = await run(clock, async function* ({ input }) {
      for await (const item of input) {
        yield `${item}a`;
        attempts.work(item);
        yield `${item}b`;
      }
    }, RETRY);

    assertEquals(error, undefined);
    assertEquals(items, ["1a", "1b", "2a", "2b", "3a", "3b", "4a", "4b"]);
  });
});

test("retry: what a step yields for an item comes out when it asks for the next one", async () => {
  const pipeline = build(async function* ({ input }) {
    for await (const item of input) {
      yield item;
      yield -item;
    }
  }, RETRY);
  const taken: number[] = [];
  async function* source() {
    for (const item of ITEMS) {
      taken.push(item);
      yield await item;
    }
  }
  const items = pipeline.execute(source());

  assertEquals([(await items.next()).value, taken], [1, [1]]);
  assertEquals([(await items.next()).value, taken], [-1, [1]]);
  assertEquals([(await items.next()).value, taken], [2, [1, 2]]);
  await items.return();
});

test("retry: nothing comes out for an item that is left out in the end", async () => {
  await new TestClock().use(async (clock) => {
    const { items, stage } = await run(clock, async function* ({ input }) {
      for await (const item of input) {
        yield `${item}a`;
        if (item === 2) throw busy();
        yield `${item}b`;
      }
    }, BOTH);

    assertEquals(items, ["1a", "1b", "3a", "3b", "4a", "4b"]);
    assertEquals([stage.inputCount, stage.passedCount, stage.errorCount], [4, 3, 1]);
  });
});

test("retry: a step loses what it keeps of earlier items, which come to it once", async () => {
  await new TestClock().use(async (clock) => {
    const seen: number[][] = [];
    const attempts = new Attempts(clock, (item) => item === 3 ? 1 : 0);
    const { items } = await run(clock, async function* ({ input }) {
      const mine: number[] = [];
      seen.push(mine);
      for await (const item of input) {
        mine.push(item);
        attempts.work(item);
        yield item;
      }
    }, RETRY);

    assertEquals([items, seen], [ITEMS, [[1, 2, 3], [3, 4]]]);
  });
});

test("retry: each item has all its attempts, and the waits begin anew", async () => {
  await new TestClock().use(async (clock) => {
    const attempts = new Attempts(clock, () => 2);
    const { items, error } = await run(
      clock,
      async function* ({ input }) {
        for await (const item of input) yield attempts.work(item);
      },
      RETRY,
      [1, 2],
    );

    assertEquals([items, error], [[2, 4], undefined]);
    assertEquals(attempts.items, [1, 1, 1, 2, 2, 2]);
    assertEquals(attempts.waits, [10, 20, 0, 10, 20]);
  });
});

test("SKIP_FAILED: a step is started again on the items after the one it failed on", async () => {
  await new TestClock().use(async (clock) => {
    const starts: number[][] = [];
    const { items, stage } = await run(clock, async function* ({ input }) {
      const mine: number[] = [];
      starts.push(mine);
      for await (const item of input) {
        mine.push(item);
        if (item % 2 === 0) throw new Error("even");
        yield item;
      }
    }, SKIP);

    assertEquals([items, starts], [[1, 3], [[1, 2], [3, 4], []]]);
    assertEquals(
      [stage.inputCount, stage.passedCount, stage.errorCount, stage.inFlightCount],
      [4, 2, 2, 0],
    );
  });
});

test("SKIP_FAILED: without retry, what a step has yielded comes out at once and stays", async () => {
  await new TestClock().use(async (clock) => {
    const { items } = await run(clock, async function* ({ input }) {
      for await (const item of input) {
        yield `${item}a`;
        if (item === 2) throw new Error("two");
        yield `${item}b`;
      }
    }, SKIP);

    assertEquals(items, ["1a", "1b", "2a", "3a", "3b", "4a", "4b"]);
  });
});

for (const [name, options] of Object.entries({ SKIP_FAILED: SKIP, retry: RETRY, both: BOTH })) {
  test(`${name}: a step that fails while it holds no item fails the run, at once`, async () => {
    await new TestClock().use(async (clock) => {
      let starts = 0;
      const failure = busy();
      const fail = (): number => {
        starts++;
        throw failure;
      };
      const pipeline = build(async function* () {
        yield await fail();
      }, options);
      const result = watch(readFailure(pipeline.execute(ITEMS)));
      await clock.advance(0);

      const { error, items } = result.value!;
      assertStrictEquals(error.cause, failure);
      assertEquals([error.itemIndex, error.item, items, starts, clock.timerCount], [
        undefined,
        undefined,
        [],
        1,
        0,
      ]);
    });
  });

  test(`${name}: a step that throws when it is called fails the run, at once`, async () => {
    await new TestClock().use(async (clock) => {
      const failure = new Error("no generator");
      const pipeline = build(() => {
        throw failure;
      }, options);
      const result = watch(readFailure(pipeline.execute(ITEMS)));
      await clock.advance(0);

      assertStrictEquals(result.value!.error.cause, failure);
      assertEquals([result.value!.error.key, clock.timerCount], ["step", 0]);
    });
  });

  test(`${name}: a step that fails after its input has ended fails the run with all that came before`, async () => {
    await new TestClock().use(async (clock) => {
      const failure = new Error("at the end");
      const { items, error } = await run(clock, async function* ({ input }) {
        for await (const item of input) yield item;
        throw failure;
      }, options);

      assertInstanceOf(error, StreamingError);
      assertStrictEquals(error.cause, failure);
      assertEquals([items, error.key], [ITEMS, "step"]);
    });
  });

  test(`${name}: an error of an earlier stage passes through the step as it is`, async () => {
    const failure = new Error("earlier");
    let starts = 0;
    const pipeline = StreamingPipeline.start<number>()
      .map("earlier", (item) => {
        if (item === 3) throw failure;
        return item;
      })
      .add("step", async function* ({ input }) {
        starts++;
        yield* input;
      }, options);
    const { items, error } = await readFailure(pipeline.execute(ITEMS));

    assertStrictEquals(error.cause, failure);
    assertEquals([items, error.key, starts], [[1, 2], "earlier", 1]);
  });

  test(`[L13] ${name}: a step that ends because it is aborted has not failed`, async () => {
    const sunk: unknown[] = [];
    const controller = new AbortController();
    const pipeline = StreamingPipeline.start<number>().add("step", async function* (context) {
      for await (const item of context.input) {
        if (item === 2) await untilAborted(context.signal);
        yield item;
      }
    }, { ...options, ...(options.errorStrategy && { errorStrategy: "SPLIT_ERRORS" }) });
    const result = watch(pipeline.executeToArray(ITEMS, {
      signal: controller.signal,
      errorsTo: (failed) => void sunk.push(failed),
    }));
    await settle();
    const reason = new Error("enough");
    controller.abort(reason);
    await settle();

    assertStrictEquals(result.error, reason);
    const { steps: [stage] } = await pipeline.getMetadata();
    const { errorCount, abandonedCount, errors = [] } = stage!;
    assertEquals({ errorCount, abandonedCount, errors, sunk }, {
      errorCount: 0,
      abandonedCount: 1,
      errors: [],
      sunk: [],
    });
  });

  for (const kind of SOURCE_KINDS) {
    test(`[L4] ${name}: a reader that stops closes ${kind} that the step reads once`, async () => {
      const probe = new SourceProbe(kind);
      let closed = 0;
      const pipeline = build(async function* ({ input }) {
        try {
          for await (const item of input) {
            if (item === 1 && options !== RETRY) throw new Error("one");
            yield item;
          }
        } finally {
          closed++;
        }
      }, options);
      for await (const item of pipeline.execute(probe.source)) {
        if (item as number >= 2) break;
      }

      assertEquals([probe.closed, probe.cleaned], [1, 1]);
      assertEquals(closed, options === RETRY ? 1 : 2);
    });
  }

  test(`[L2] ${name}: a step reads nothing that nobody has asked for`, async () => {
    const probe = new SourceProbe("an async iterable");
    const pipeline = build(async function* ({ input }) {
      for await (const item of input) yield item;
    }, options);
    const items = pipeline.execute(probe.source);
    await settle();
    assertEquals(probe.pulls, 0);
    await items.next();
    await settle();
    // What comes out with retry waits until the step asks for the next item, which it does not get.
    assertEquals(probe.pulls, 1);
    await items.return();
  });

  test(`${name}: a step that ends early ends the stream and closes its source`, async () => {
    const probe = new SourceProbe("an async iterable");
    const pipeline = build(async function* ({ input }) {
      for await (const item of input) {
        yield item;
        if (item === 2) return;
      }
    }, options);

    assertEquals(await pipeline.executeToArray(probe.source), [0, 1, 2]);
    assertEquals([probe.closed, probe.cleaned], [1, 1]);
  });
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

test("a step that starts again goes on with what it kept, and side by side each item has its own", async () => {
  const starts: number[] = [];
  let fails = 1;
  const step = createStreamingStep<number, number, unknown, unknown, { sum: number }, number>(
    "sums",
    async function* ({ input, kept }) {
      starts.push(kept.sum);
      for await (const item of input) {
        if (item === 3 && fails-- > 0) throw busy();
        yield kept.sum += item;
      }
    },
    {
      retry: { maxAttempts: 2, backoffMs: 0 },
      memory: { snapshot: (kept) => kept.sum, restore: (sum = 0) => ({ sum }) },
    },
  );

  const inTurn = StreamingPipeline.start<number>().add("sums", step);
  assertEquals([await inTurn.executeToArray(ITEMS), starts], [[1, 3, 6, 10], [0, 3]]);

  const sideBySide = StreamingPipeline.start<number>().map("sums", step, { parallel: true });
  assertEquals(await sideBySide.executeToArray(ITEMS), ITEMS);
});
