// state.materialize: the promise of all that an earlier stage makes; what comes of it when the run
// fails, is aborted or is closed meanwhile.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { StateNotRecordedError, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until } from "../../src/testing/turns.ts";
import { collect, failingRange, failureOf, range, slowRange } from "./_support.ts";

const tens = StreamingPipeline.start<number>().map("tens", (item) => item * 10);

test("materialize gives the same array each time, also when the input was read meanwhile", async () => {
  const seen = await tens.add("step", async function* ({ input, state }) {
    const first = state.materialize("tens");
    const second = state.materialize("tens");
    assertStrictEquals(await first, await second);
    await input.next();
    yield* await state.materialize("tens");
    yield* input;
  }).executeToArray(slowRange(3));

  assertEquals(seen, [0, 10, 20, 10, 20]);
});

test("materialize of an empty stream is an empty array", async () => {
  for (const source of [[], slowRange(0)]) {
    const seen = await tens.add("step", async function* ({ input, state }) {
      yield [await state.materialize("tens"), await collect(state.stream("tens"))];
      yield [await collect(input), state.hasSnapshot("tens")];
    }).executeToArray(source);

    assertEquals(seen, [[[], []], [[], false]]);
  }
});

test("materialize of several stages, one after the other, gives everything of each", async () => {
  const seen = await tens.filter("none", () => false).add("step", async function* ({ state }) {
    yield await state.materialize("none");
    yield await state.materialize("tens");
  }).executeToArray(range(2));

  assertEquals(seen, [[], [0, 10]]);
});

test("what was materialised can be streamed too", async () => {
  const seen = await tens.add("step", async function* ({ input, state }) {
    yield await state.materialize("tens");
    yield await collect(state.stream("tens"));
    yield await collect(input);
  }).executeToArray(slowRange(2));

  assertEquals(seen, [[0, 10], [0, 10], [0, 10]]);
});

test("[L6] what is materialised of a source that fails is rejected with the run's error", async () => {
  const cause = new Error("broken");
  const seen: unknown[] = [];
  const error = await failureOf(
    tens.add("step", async function* ({ state }) {
      seen.push(await failureOf(state.materialize("tens")));
      yield* [];
      throw seen[0];
    }).executeToArray(failingRange(3, cause)),
  );

  assertInstanceOf(error, StreamingError);
  assertEquals([error.cause, error.key, error.phase], [cause, "source", "pull"]);
  assertStrictEquals(seen[0], error);
});

test("[L6] every reader gets the failure, none takes its part for the whole", async () => {
  const cause = new Error("broken");
  const told: Record<string, unknown> = {};
  const seen: Record<string, unknown[]> = { one: [], other: [], later: [], input: [] };
  const error = await failureOf(
    tens.add("step", async function* ({ input, state }) {
      const read = async (name: string, items: AsyncIterable<number>) => {
        told[name] = await failureOf((async () => {
          for await (const item of items) seen[name]!.push(item);
        })());
      };
      const [one, other, later] = ["tens", "tens", "tens"].map(() => state.stream("tens"));
      const materialized = failureOf(state.materialize("tens"));
      await Promise.all([read("one", one!), read("input", input), read("other", other!)]);
      told["materialized"] = await materialized;
      await read("later", later!);
      yield 0;
      throw told["later"];
    }).executeToArray(failingRange(2, cause)),
  );

  const both = [0, 10];
  assertEquals(seen, { one: both, other: both, later: both, input: both });
  assertEquals(Object.keys(told).sort(), ["input", "later", "materialized", "one", "other"]);
  for (const failure of Object.values(told)) assertStrictEquals(failure, error);
  assertStrictEquals((error as StreamingError).cause, cause);
});

test("[L6] after materialize has failed, the input gives the items before the error, then it", async () => {
  const cause = new Error("broken");
  const seen: unknown[] = [];
  const error = await failureOf(
    tens.add("step", async function* ({ input, state }) {
      await state.materialize("tens").catch(() => {});
      for await (const item of input) {
        seen.push([item, state.accumulated.tens]);
        yield item;
      }
    }).executeToArray(failingRange(2, cause)),
  );

  assertEquals(seen, [[0, 0], [10, 10]]);
  assertStrictEquals((error as StreamingError).cause, cause);
});

test("[L6] a failure that nobody awaits in materialize is no unhandled rejection", async () => {
  const cause = new Error("broken");
  const error = await failureOf(
    tens.add("step", async function* ({ input, state }) {
      const all = state.materialize("tens");
      for await (const item of input) yield item;
      yield* await all;
    }).executeToArray(failingRange(2, cause)),
  );
  await settle();

  assertStrictEquals((error as StreamingError).cause, cause);
});

test("[L6] an error of the step names the item that it works on, not one that was read ahead", async () => {
  for (const options of [{}, { retry: { maxAttempts: 1, backoffMs: 0 } }]) {
    const error = await failureOf(
      tens.add("step", async function* ({ input, state }) {
        await state.materialize("tens");
        for await (const item of input) {
          if (item === 10) throw new Error("no");
          yield item;
        }
      }, options).executeToArray(slowRange(5)),
    );

    assertInstanceOf(error, StreamingError);
    assertEquals([error.item, error.itemIndex], [10, 1]);
  }
});

/** Both ways to wait for what never comes. */
const WAITS = {
  materialize: "materialize",
  stream: "stream",
  "stream beside the input": "both",
} as const;

for (const [title, wait] of Object.entries(WAITS)) {
  test(`[L13] an abort rejects what waits in ${title} with the reason, and closes the source`, async () => {
    const probe = new SourceProbe("an async generator", { silentAfter: 3 });
    const controller = new AbortController();
    const told: unknown[] = [];
    const work = tens.add("step", async function* ({ input, state }) {
      const read = async (items: AsyncIterable<number>) => {
        told.push(await failureOf(collect(items)));
        throw told[0];
      };
      if (wait === "materialize") told.push(await failureOf(state.materialize("tens")));
      else if (wait === "stream") await read(state.stream("tens"));
      else await Promise.all([read(input), read(state.stream("tens"))]);
      yield* [];
    }).executeToArray(probe.source, { signal: controller.signal });
    const reason = new Error("enough");
    const rejected = failureOf(work);

    await until("the source is silent", () => probe.pulls === 4);
    controller.abort(reason);

    assertStrictEquals(await rejected, reason);
    await settle();
    assertEquals(told, told.map(() => reason));
    assertEquals([told.length, probe.closed], [wait === "both" ? 2 : 1, 1]);
  });
}

test("[L13] a reader that asks after the abort gets the reason too", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const told: unknown[] = [];
  const work = tens.add("step", async function* ({ input, state }) {
    const [one, other] = [state.stream("tens"), state.stream("tens")];
    await one.next();
    controller.abort(reason);
    for (const items of [one, other, input]) told.push(await failureOf(collect(items)));
    yield 0;
  }).executeToArray(slowRange(9), { signal: controller.signal });

  assertStrictEquals(await failureOf(work), reason);
  await until("all readers have been told", () => told.length === 3);
  assertEquals(told, [reason, reason, reason]);
});

test("[L4] a break while a reader waits runs the step's finally and closes the source", async () => {
  for (const isSilent of [false, true]) {
    const probe = new SourceProbe("an async iterable", isSilent ? { silentAfter: 4 } : {});
    const log: string[] = [];
    const pipeline = tens.add("step", async function* ({ input, state }) {
      const reader = state.stream("tens");
      try {
        yield (await reader.next()).value;
        yield (await input.next()).value;
        if (isSilent) { for await (const _ of reader); }
        else yield await new Promise(() => {});
      } catch {
        log.push("told");
      } finally {
        log.push("finally");
      }
    });
    const items = pipeline.execute(probe.source, { closeTimeoutMs: isSilent ? 5_000 : 0 });
    await items.next();
    await items.next();
    const third = items.next();
    await until("the reader waits", () => !isSilent || probe.pulls === 5);

    await items.return();

    assertEquals([(await third).done, probe.closed], [true, 1]);
    if (isSilent) assertEquals(log, ["told", "finally"]);
  }
});

test("[L4] a full take after a step closes what the step's readers read from", async () => {
  const probe = new SourceProbe("an async iterable");
  const seen = await tens.add("step", async function* ({ state }) {
    yield* state.stream("tens");
  }).take("two", 2).executeToArray(probe.source);

  assertEquals([seen, probe.closed, probe.cleaned, probe.pulls], [[0, 10], 1, 1, 2]);
});

test("[L14] items that were read ahead are in flight until the step takes them", async () => {
  let look = () => {};
  const figures: unknown[] = [];
  const run = tens.add("step", async function* ({ input, state }) {
    await state.materialize("tens");
    look();
    await input.next();
    await input.next();
    look();
    yield* input;
  }).run(slowRange(5));
  look = () => {
    const stage = run.metadata().steps[1]!;
    expectBalance(stage);
    figures.push(stage.passedCount);
  };

  for await (const _ of run);
  look();

  assertEquals(figures, [0, 1, 5]);
});

test("a step that is tried again can read the state again", async () => {
  const retry = { maxAttempts: 3, backoffMs: 0, shouldRetry: () => true };
  let starts = 0;
  const seen = await tens.add("step", async function* ({ input, state }) {
    starts++;
    const { length } = await state.materialize("tens");
    for await (const item of input) {
      if (item === 10 && starts < 3) throw new Error("again");
      yield [item, state.accumulated.tens, length];
    }
  }, { retry }).executeToArray(slowRange(3));

  assertEquals([seen, starts], [range(3).map((item) => [item * 10, item * 10, 3]), 3]);
});

test("an error about state that the step does not handle is the cause of the run's error", async () => {
  const error = await failureOf(
    tens.add("step", async function* ({ input, state }) {
      await input.next();
      yield* state.stream("tens");
    }).executeToArray(range(3)),
  );

  assertInstanceOf(error, StreamingError);
  assertInstanceOf(error.cause, StateNotRecordedError);
  assertEquals([error.code, error.retryable, error.key], ["STATE_NOT_RECORDED", false, "step"]);
});
