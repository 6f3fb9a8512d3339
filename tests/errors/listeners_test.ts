// Attempts leave no listener behind while the run goes on.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { clock as clockInForce } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { Attempts, WORKS } from "./_work.ts";

const { addEventListener, removeEventListener } = EventTarget.prototype;

/** Runs `body` with a count of the listeners that all signals have. */
async function withListenerCount(body: (count: () => number) => Promise<void>): Promise<void> {
  const listeners = new Map<AbortSignal, Set<unknown>>();
  const { prototype } = AbortSignal;
  prototype.addEventListener = function (this: AbortSignal, ...args: [string, never]) {
    listeners.set(this, (listeners.get(this) ?? new Set()).add(args[1]));
    return Reflect.apply(addEventListener, this, args);
  };
  prototype.removeEventListener = function (this: AbortSignal, ...args: [string, never]) {
    listeners.get(this)?.delete(args[1]);
    return Reflect.apply(removeEventListener, this, args);
  };
  try {
    await body(() => [...listeners.values()].reduce((sum, { size }) => sum + size, 0));
  } finally {
    Reflect.deleteProperty(prototype, "addEventListener");
    Reflect.deleteProperty(prototype, "removeEventListener");
  }
}

for (const { name, build } of WORKS) {
  test(`[L11] retry: the waits of ${name} leave no listener behind`, async () => {
    await new TestClock().use((clock) =>
      withListenerCount(async (count) => {
        const attempts = new Attempts(clock, () => 2);
        const retry = { maxAttempts: 3, backoffMs: 1, jitter: 0 };
        const items = build(attempts.work, { retry }).execute([1, 2, 3]);
        watch(items.next());
        await clock.advance(1_000);

        assertEquals([attempts.items.length >= 3, count(), clock.timerCount], [true, 0, 0]);
        await items.return();
      })
    );
  });
}

test("[L11] timeoutMs: an attempt that is over listens to no signal", async () => {
  await new TestClock().use((clock) =>
    withListenerCount(async (count) => {
      const pipeline = StreamingPipeline.start<number>()
        .map("stage", async (item, _, { signal }) => {
          signal.throwIfAborted();
          const delayMs = item === 1 ? 1_000 : 1;
          await new Promise((resolve) => void clockInForce.schedule(() => resolve(0), delayMs));
          if (item === 2) throw new Error("two");
          return item;
        }, { timeoutMs: 10, errorStrategy: "SKIP_FAILED" });
      const items = pipeline.execute([1, 2, 3, 4]);
      const first = watch(items.next());
      await clock.advance(5_000);

      assertEquals([first.value?.value, count(), clock.timerCount], [3, 0, 0]);
      await items.return();
    })
  );
});
