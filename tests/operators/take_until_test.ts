import { assertEquals, assertRejects } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { assertRefused, untyped } from "../support/refused.ts";

const start = StreamingPipeline.start<number>();

test("[L9] takeUntil() refuses what is no signal, promise or function", () => {
  for (const [stop, shown] of [[undefined, "undefined"], [1, "1"], [{}, "an object"]]) {
    assertRefused(
      () => untyped(start).takeUntil!("key", stop),
      TypeError,
      'Cannot add the stage "key" (takeUntil): its stop must be an AbortSignal, a promise, or a function ' +
        `that returns one of them, got ${shown}`,
    );
  }
});

interface Stop {
  readonly stop: Parameters<typeof start.takeUntil>[1];
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
  "a function that returns a signal"() {
    const controller = new AbortController();
    return { stop: () => controller.signal, fire: () => controller.abort() };
  },
  "a function that returns a promise"() {
    const { promise, resolve } = createDeferred<void>();
    return { stop: () => promise, fire: resolve };
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

  test(`takeUntil() ends with ${kind} while no read is pending`, async () => {
    const { stop, fire } = create();
    const probe = new SourceProbe("an async iterable");
    const items = start.takeUntil("t", stop).execute(probe.source);
    await items.next();

    fire();
    await settle();

    assertEquals((await items.next()).done, true);
    assertEquals([probe.pulls, probe.closed, probe.cleaned], [1, 1, 1]);
  });

  test(`[L1] takeUntil() reads nothing where ${kind} came first`, async () => {
    const { stop, fire } = create();
    fire();
    await settle();
    const probe = new SourceProbe("an async iterable");

    assertEquals(await start.takeUntil("t", stop).executeToArray(probe.source), []);
    // A promise without a listener is only known to be fulfilled later than at once.
    assertEquals(probe.pulls <= (kind.endsWith("a signal") ? 0 : 1), true);
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

test("[L8] takeUntil() asks a function for the stop of each run, when the run begins", async () => {
  const stops: AbortController[] = [];
  const pipeline = start.takeUntil("t", () => {
    stops.push(new AbortController());
    return stops.at(-1)!.signal;
  });
  const probes = [0, 1].map(() => new SourceProbe("an async iterable", { silentAfter: 1 }));
  const readings = probes.map(({ source }) => watch(pipeline.executeToArray(source)));
  await settle();

  stops[0]!.abort();
  await settle();
  assertEquals(readings.map(({ state }) => state), ["resolved", "pending"]);

  stops[1]!.abort();
  await settle();
  assertEquals([readings[1]!.value, stops.length], [[0], 2]);
});

test("takeUntil() asks a function for the stop of each group", async () => {
  const asked: number[] = [];
  const pipeline = start.groupBy(
    "g",
    (item) => item % 2,
    (group, key) =>
      group.takeUntil("t", () => {
        asked.push(key);
        return key === 0 ? AbortSignal.abort() : new AbortController().signal;
      }),
  );

  assertEquals(await pipeline.executeToArray([0, 1, 2, 3]), [1, 3]);
  assertEquals(asked, [0, 1]);
});

test("[L6] a function of takeUntil() that throws, or returns no stop, fails the run", async () => {
  const failure = new Error("no stop");
  const throwing = start.takeUntil("t", () => {
    throw failure;
  });
  const wrong = start.takeUntil("t", (() => 3) as never);

  const thrown = await assertRejects(() => throwing.executeToArray([1]), StreamingError);
  const refused = await assertRejects(() => wrong.executeToArray([1]), StreamingError);

  assertEquals([thrown.key, thrown.cause], ["t", failure]);
  assertEquals(
    (refused.cause as Error).message,
    'Cannot run the stage "t" (takeUntil): its stop must return an AbortSignal or a promise, got number',
  );
});

test("[L6] a promise of takeUntil() that is rejected early fails the runs that it stops, and nothing else", async () => {
  const failure = new Error("too early");
  const never = start.takeUntil("t", Promise.reject(failure));
  const pipeline = start.takeUntil("t", Promise.reject(failure));
  await settle();

  for (let run = 0; run < 2; run++) {
    const probe = new SourceProbe("an async iterable");
    const error = await assertRejects(() => pipeline.executeToArray(probe.source), StreamingError);
    assertEquals([error.key, error.cause, probe.pulls], ["t", failure, 0]);
  }
  assertEquals(typeof never.execute, "function");
});

test("[L1] takeUntil() calls the then of a thenable when a run begins, and once", async () => {
  let calls = 0;
  const lazy: PromiseLike<void> = {
    then(onValue) {
      calls++;
      return new Promise<void>(() => {}).then(onValue);
    },
  };
  const pipeline = start.takeUntil("t", lazy);
  await settle();
  assertEquals(calls, 0);

  for (let run = 0; run < 3; run++) assertEquals(await pipeline.executeToArray([1]), [1]);
  assertEquals(calls, 1);
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
  const left = pipeline.execute([1, 2]);
  const right = pipeline.execute([1, 2]);
  await Promise.all([left.next(), right.next()]);
  await left.return();
  assertEquals(listeners, 1);
  await right.return();

  assertEquals(listeners, 0);
});
