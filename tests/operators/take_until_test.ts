import { assertEquals, assertRejects } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../support/source_probe.ts";
import { settle, until, watch } from "../support/turns.ts";
import { assertRefused, testKeys, untyped } from "./_bad_input.ts";

const start = StreamingPipeline.start<number>();

testKeys("takeUntil", new AbortController().signal);

test("[L9] takeUntil() refuses what is neither a signal nor a promise", () => {
  for (
    const [stop, shown] of [[undefined, "undefined"], [1, "1"], [{}, "an object"], [
      () => {},
      "a function",
    ]]
  ) {
    assertRefused(
      () => untyped(start).takeUntil!("key", stop),
      TypeError,
      `Cannot takeUntil stage "key": its stop must be an AbortSignal or a promise, got ${shown}`,
    );
  }
});

interface Stop {
  readonly stop: AbortSignal | Promise<unknown>;
  readonly fire: () => void;
}

const STOPS: Readonly<Record<string, () => Stop>> = {
  "a signal"() {
    const controller = new AbortController();
    return { stop: controller.signal, fire: () => controller.abort() };
  },
  "a promise"() {
    const { promise, resolve } = createDeferred<void>();
    return { stop: promise, fire: resolve };
  },
};

for (const [kind, create] of Object.entries(STOPS)) {
  test(`[L5] takeUntil() ends with ${kind} while an item is waited for, and closes the source`, async () => {
    const { stop, fire } = create();
    const probe = new SourceProbe("an async generator", { silentAfter: 2 });
    const reading = watch(start.takeUntil("t", stop).executeToArray(probe.source));
    await until("the source is asked in vain", () => probe.pulls === 3);

    fire();
    await settle();

    assertEquals([reading.value, probe.closed], [[0, 1], 1]);
  });

  test(`takeUntil() ends with ${kind} while nobody asks`, async () => {
    const { stop, fire } = create();
    const probe = new SourceProbe("an async iterable");
    const items = start.takeUntil("t", stop).execute(probe.source);
    await items.next();

    fire();
    await settle();

    assertEquals((await items.next()).done, true);
    assertEquals([probe.pulls, probe.closed, probe.cleaned], [1, 1, 1]);
  });

  test(`[L1] takeUntil() reads nothing where ${kind} was there before`, async () => {
    const { stop, fire } = create();
    fire();
    await settle();
    const probe = new SourceProbe("an async iterable");

    assertEquals(await start.takeUntil("t", stop).executeToArray(probe.source), []);
    // A promise is only known to be fulfilled when it says so, which is later than at once.
    assertEquals(probe.pulls <= (kind === "a signal" ? 0 : 1), true);
  });

  test(`[L8] takeUntil() ends all runs with ${kind}`, async () => {
    const { stop, fire } = create();
    const pipeline = start.takeUntil("t", stop);
    const probes = [0, 1].map(() => new SourceProbe("an async iterable", { silentAfter: 1 }));
    const readings = probes.map(({ source }) => watch(pipeline.executeToArray(source)));
    await settle();

    fire();
    await settle();

    assertEquals(readings.map(({ value }) => value), [[0], [0]]);
  });
}

test("[L6] takeUntil() fails with a promise that is rejected", async () => {
  const failure = new Error("it never came");
  const { promise, reject } = createDeferred<void>();
  const probe = new SourceProbe("an async generator", { silentAfter: 1 });
  const running = start.takeUntil("t", promise).executeToArray(probe.source);
  await until("the source is asked in vain", () => probe.pulls === 2);

  reject(failure);
  const error = await assertRejects(() => running, StreamingError);

  assertEquals([error.key, error.cause, probe.closed], ["t", failure, 1]);
});

test("[L12] takeUntil() neither uses nor reports a promise that is rejected after the run", async () => {
  const { promise, reject } = createDeferred<void>();

  assertEquals(await start.takeUntil("t", promise).executeToArray([1, 2]), [1, 2]);
  reject(new Error("too late"));
  await settle();
});

test("[L12] takeUntil() does not listen to its signal after the run", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  const pipeline = start.takeUntil("t", signal);

  await pipeline.executeToArray([1, 2]);
  const items = pipeline.execute([1, 2]);
  await items.next();
  assertEquals(listeners, 1);
  await items.return();

  assertEquals(listeners, 0);
});
