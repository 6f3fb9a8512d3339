// A streaming step that is started again: what it reads ahead, how its failures are reported, and
// what it sees of its state.

import { assert, assertEquals } from "@std/assert";
import { type FailedItem, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { build, ITEMS, RETRY, run, SKIP } from "./_restarts.ts";
import { Attempts, busy } from "./_work.ts";

test("SKIP_FAILED: a step that has read ahead loses the item that it read last, and no other item comes again", async () => {
  await new TestClock().use(async (clock) => {
    const { items, error } = await run(
      clock,
      async function* ({ input }) {
        for (;;) {
          const first = await input.next();
          const second = await input.next();
          if (first.done) return;
          if (second.value === 4) throw new Error("four");
          yield [first.value, second.value];
        }
      },
      SKIP,
      [1, 2, 3, 4, 5, 6],
    );

    assertEquals([items, error], [[[1, 2], [5, 6]], undefined]);
  });
});

test("retry: a step that asks for two items at a time gets both", async () => {
  await new TestClock().use(async (clock) => {
    const { items, error } = await run(clock, async function* ({ input }) {
      for (;;) {
        const [first, second] = await Promise.all([input.next(), input.next()]);
        if (first.done) return;
        yield [first.value, second.value];
      }
    }, RETRY);

    assertEquals([items, error], [[[1, 2], [3, 4]], undefined]);
  });
});

test("retry: a step that asks for an item before it yields the last is tried again from the last", async () => {
  await new TestClock().use(async (clock) => {
    let isFirst = true;
    const { items, error } = await run(clock, async function* ({ input }) {
      let previous: number | undefined;
      for await (const item of input) {
        if (previous !== undefined) yield previous;
        previous = item;
        if (item === 3 && isFirst) {
          isFirst = false;
          throw busy();
        }
      }
      yield previous;
    }, RETRY);

    assertEquals(error, undefined);
    // The start that failed took what it had kept back with it.
    assertEquals(items, [1, 3, 4]);
  });
});

test("retry: an abort closes a step that is being started again", async () => {
  await new TestClock().use(async (clock) => {
    let closed = 0;
    const attempts = new Attempts(clock);
    const live = build(async function* ({ input }) {
      try {
        for await (const item of input) yield attempts.work(item);
      } finally {
        closed++;
      }
    }, { retry: { maxAttempts: 9, backoffMs: 1_000, jitter: 0 } }).run(ITEMS);
    const result = watch(live[Symbol.asyncIterator]().next());
    await clock.advance(1_500);
    assertEquals([closed, result.state], [2, "pending"]);
    live.abort("enough");
    await clock.advance(0);

    assertEquals([closed, result.error, clock.timerCount], [2, "enough", 0]);
  });
});

test("SPLIT_ERRORS: each item on which a step fails goes out with its index and number of attempts", async () => {
  await new TestClock().use(async (clock) => {
    const failed: FailedItem[] = [];
    const pipeline = build(async function* ({ input }) {
      for await (const item of input) {
        if (item === 2) throw busy();
        if (item === 4) throw new Error("four");
        yield item;
      }
    }, { ...RETRY, errorStrategy: "SPLIT_ERRORS" });
    const result = watch(
      pipeline.executeToArray(ITEMS, { errorsTo: (one) => failed.push(one) }),
    );
    await clock.advance(1e6);

    assertEquals(result.value, [1, 3]);
    assertEquals(failed.map(({ item, itemIndex, error }) => [item, itemIndex, error.attempts]), [
      [2, 1, 3],
      [4, 3, 1],
    ]);
    assertEquals(failed.map(({ error }) => error.spanId === failed[0]!.error.spanId), [true, true]);
  });
});

test("a failing start is closed before the next one begins", async () => {
  await new TestClock().use(async (clock) => {
    const events: string[] = [];
    let starts = 0;
    await run(clock, async function* ({ input }) {
      const start = ++starts;
      events.push(`open ${start}`);
      try {
        for await (const item of input) {
          if (item === 2 && start === 1) throw busy();
          yield item;
        }
      } finally {
        for (let hops = 0; hops < 5; hops++) await undefined;
        events.push(`closed ${start}`);
      }
    }, RETRY);

    assertEquals(events, ["open 1", "closed 1", "open 2", "closed 2"]);
  });
});

test("state shows the path of the item that is tried again", async () => {
  await new TestClock().use(async (clock) => {
    const attempts = new Attempts(clock, (item) => item === 2 ? 1 : 0);
    const pipeline = StreamingPipeline.start<number>()
      .map("square", (item) => item * item)
      .map("root", (square) => Math.sqrt(square))
      .add("step", async function* ({ input, state }) {
        for await (const item of input) {
          attempts.work(item);
          yield [item, state.accumulated.square];
        }
      }, RETRY);
    const result = watch(pipeline.executeToArray([1, 2, 3]));
    await clock.advance(1e6);

    assertEquals(result.value, [[1, 1], [2, 4], [3, 9]]);
    assert(attempts.items.length === 4);
  });
});
