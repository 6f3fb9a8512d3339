// Disturbances that follow from a seed.

import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { durable } from "../../src/durable/durable.ts";
import { chaos } from "../../src/testing/chaos.ts";
import { ChaosFailure, type ChaosOptions } from "../../src/testing/chaos_options.ts";
import { killAtEveryPoint } from "../../src/testing/kill_at_every_point.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { ChaosError, underChaos } from "../../src/testing/under_chaos.ts";
import { test } from "../harness.ts";
import { collect } from "../support/collect.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const double = (item: number): number => item * 2;

/** What is disturbed in 50 calls. */
async function disturb(seed: number, options: ChaosOptions): Promise<readonly unknown[]> {
  return await new TestClock().use(async (clock) => {
    const storm = chaos(seed, options);
    const call = storm.wrap("call", double);
    const calls = Promise.allSettled(range(50).map((item) => call(item)));
    await clock.finish(calls);
    return storm.steps;
  });
}

test("chaos() disturbs the same calls in the same way for the same seed", async () => {
  const options = { late: 0.3, slow: 0.3, fail: 0.3 };

  const steps = await disturb(7, options);

  assert(steps.length > 20 && steps.length < 50);
  assertEquals(await disturb(7, options), steps);
  assertNotEquals(await disturb(8, options), steps);
});

test("chaos() disturbs a call by its name and number, whatever else is disturbed", async () => {
  const all = await disturb(7, { late: 0.5, slow: 0 }) as { readonly id: string }[];
  const some = all.slice(3, 5).map(({ id }) => id);

  assertEquals(await disturb(7, { late: 0.5, slow: 0, only: some }), all.slice(3, 5));
});

test("chaos() keeps to the shares that it is given", async () => {
  for (
    const [options, kinds] of [
      [{ late: 0, slow: 0 }, []],
      [{ late: 1, slow: 0 }, ["late"]],
      [{ slow: 1, slowMs: 7 }, ["slow"]],
      [{ fail: 1 }, ["fail"]],
      [{ reorder: 1, late: 0, slow: 0 }, []],
    ] as const
  ) {
    const steps = await disturb(3, options) as { kind: string; amount: number }[];
    assertEquals([...new Set(steps.map(({ kind }) => kind))], [...kinds]);
    assertEquals(steps.length, kinds.length * 50);
    for (const { kind, amount } of steps) if (kind === "slow") assert(amount >= 1 && amount <= 7);
  }
});

test("chaos() lets later calls finish before earlier ones", async () => {
  const done: number[] = [];
  const call = chaos(1, { late: 1, slow: 0 }).wrap("call", (item: number) => void done.push(item));

  await Promise.all(range(9).map((item) => call(item)));

  assertEquals([...done].sort(), range(9));
  assertNotEquals(done, range(9));
});

test("a call that is not disturbed answers as its function does, at once or later", async () => {
  const calm = chaos(1, { late: 0, slow: 0 });

  assertEquals(calm.wrap("now", double)(4), 8);
  assertEquals(await calm.wrap("later", (item: number) => Promise.resolve(item))(4), 4);
  assertThrows(
    calm.wrap("never", () => {
      throw new RangeError("no");
    }),
    RangeError,
    "no",
  );
});

test("a call that fails throws what createFailure makes, and its function is not called", async () => {
  let calls = 0;
  const count = () => calls++;
  const own = chaos(1, { fail: 1, createFailure: ({ id }) => new TypeError(id) });

  await assertRejects(async () => await own.wrap("load", count)(), TypeError, "load#0");
  const error = await assertRejects(
    async () => await chaos(1, { fail: 1 }).wrap("load", count)(),
    ChaosFailure,
  );

  assertEquals([error.id, calls], ["load#0", 0]);
});

test("a slow call ends when its signal is aborted, and leaves no timer", () =>
  new TestClock().use(async (clock) => {
    const controller = new AbortController();
    const slow = chaos(1, { slow: 1 }).wrap("load", (_: { signal: AbortSignal }) => 1);

    const call = watch(Promise.resolve(slow({ signal: controller.signal })));
    await settle();
    assertEquals([call.state, clock.timerCount], ["pending", 1]);
    controller.abort("enough");
    await settle();

    assertEquals([call.error, clock.timerCount], ["enough", 0]);
  }));

test("a disturbed source gives all its items, in order unless it is told to reorder them", () =>
  new TestClock().use(async (clock) => {
    for (const reorder of [0, 0.5]) {
      const storm = chaos(2, { late: 0.3, slow: 0.2, reorder });
      const reading = collect(storm.source("items", range(30)));
      await clock.finish(reading);
      const items = await reading;

      assertEquals([...items].sort((a, b) => a - b), range(30));
      assertEquals(items.every((item, index) => item === index), reorder === 0);
      assert(storm.steps.length > 5);
    }
  }));

test("a disturbed source closes the one that it reads, once, also while it is slow or has failed", async () => {
  const slow = new SourceProbe("an async generator");
  await new TestClock().use(async (clock) => {
    const items = chaos(1, { slow: 1 }).source("items", slow.source)[Symbol.asyncIterator]();
    const first = watch(items.next());
    await settle();
    clock.fireNext();
    await settle();
    assertEquals(first.value, { done: false, value: 0 });
    const second = watch(items.next());
    await settle();
    await items.return?.();
    await items.return?.();
    await settle();
    assertEquals([second.value?.done, clock.timerCount], [true, 0]);
  });
  const failing = new SourceProbe("an async generator");
  const storm = chaos(1, { late: 0, slow: 0, fail: 0.3 });
  await assertRejects(() => collect(storm.source("items", failing.source)), ChaosFailure);

  assertEquals([slow.closed, slow.cleaned], [1, 1]);
  assertEquals([failing.closed, failing.cleaned], [1, 1]);
});

test("a disturbed source that reorders gives each item before its end, and before a failure", async () => {
  for (const options of [{ items: range(5) }, { failAfter: 5, failure: new Error("no") }]) {
    for (const seed of range(9)) {
      const probe = new SourceProbe("an async iterable", options);
      const read: number[] = [];
      const reading = (async () => {
        const storm = chaos(seed, { late: 0, slow: 0, reorder: 0.6 });
        for await (const item of storm.source("items", probe.source)) read.push(item);
      })();
      const error = await reading.catch((error) => error);

      assertEquals([...read].sort(), range(5));
      assertEquals([error, probe.closed], ["failure" in options ? options.failure : undefined, 0]);
    }
  }
});

test("a disturbed source closes an iterator that was not read", async () => {
  const probe = new SourceProbe("an async generator");

  await chaos(1).source("items", probe.source)[Symbol.asyncIterator]().return?.();

  assertEquals([probe.opened, probe.closed], [0, 1]);
});

test("a disturbed source can be left while the one that it reads is silent", async () => {
  const probe = new SourceProbe("an async generator", { silentAfter: 1 });
  const items = chaos(1, { late: 0, slow: 0 }).source("items", probe.source)
    [Symbol.asyncIterator]();
  await items.next();
  watch(items.next());
  await settle();

  await items.return?.();

  assertEquals(probe.closed, 1);
});

test("underChaos() tries each seed, and says how much was disturbed", async () => {
  const seeds: number[] = [];

  const report = await underChaos(async (storm) => {
    seeds.push(storm.seed);
    await storm.wrap("load", double)(1);
  }, { seeds: 20, firstSeed: 5, late: 1, slow: 0 });

  assertEquals(seeds, range(20).map((index) => index + 5));
  assertEquals(report, { runs: 20, disturbances: 20 });
});

test("underChaos() finds a race, and names the seed and the one step that it needs", async () => {
  /** Forgets what comes back after a later call. */
  const race = async (storm: ReturnType<typeof chaos>) => {
    const load = storm.wrap("load", (id: number) => id);
    let shown = -1;
    await Promise.all(
      range(4).map(async (id) => {
        shown = await load(id);
      }),
    );
    if (shown !== 3) throw new Error(`${shown} is shown`);
  };

  const error = await assertRejects(() => underChaos(race), ChaosError);

  assertEquals(error.steps.length, 1);
  const { id } = error.steps[0]!;
  assert(
    error.message.startsWith(`It fails under chaos(${error.seed}, { only: ["${id}"] }), where `),
  );
  assert(/: Error: \d is shown$/.test(error.message), error.message);
  const again = await new TestClock().use(async (clock) => {
    const running = race(chaos(error.seed, { only: [id] })).catch((error) => error);
    await clock.finish(running);
    return await running;
  });
  assertEquals(again.message, (error.cause as Error).message);
});

test("underChaos() keeps the two steps that are needed together", async () => {
  const error = await assertRejects(() =>
    underChaos(async (storm) => {
      const load = storm.wrap("load", (id: number) => id);
      let failed = 0;
      for (const id of range(9)) {
        await Promise.resolve(load(id)).catch(() => failed++);
      }
      if (failed > 1) throw new Error("two have failed");
    }, { fail: 0.4 }), ChaosError);

  assertEquals(error.steps.map(({ kind }) => kind), ["fail", "fail"]);
});

test("underChaos() says so where chaos is not needed, or not all that is", async () => {
  const without = await assertRejects(() =>
    underChaos(async (storm) => {
      await storm.wrap("load", double)(1);
      throw new Error("always");
    }, { late: 1 }), ChaosError);
  let runs = 0;
  const once = await assertRejects(() =>
    underChaos(async (storm) => {
      await storm.wrap("load", double)(1);
      if (++runs === 3) throw new Error("the third time");
    }, { late: 1 }), ChaosError);

  assertEquals(without.message, "It fails without chaos: Error: always");
  assert(once.message.startsWith("It failed with the seed 3, but not when it was run again"));
});

test("underChaos() reports what hangs", async () => {
  const error = await assertRejects(() =>
    underChaos(async (storm) => {
      await storm.wrap("load", double)(1);
      if (storm.steps.length > 0) await new Promise(() => {});
    }, { late: 1, slow: 0, waitMs: 5 }), ChaosError);

  assertEquals(error.steps.map(({ id }) => id), ["load#0"]);
  assert(error.message.endsWith("It has not settled within 5 ms, and no timer is set"));
});

test("a job under chaos that is killed at every point loses nothing", async () => {
  for (const seed of range(5)) {
    const { runs, duplicates } = await killAtEveryPoint<number, number>({
      createJob: (store) => {
        const load = chaos(seed, { late: 0.5, slow: 0.3 }).wrap("load", double);
        const pipeline = StreamingPipeline.start<number>()
          .map("load", (item) => load(item), { concurrencyLimit: 2 })
          .scan("total", (total, item) => total + item, 0);
        return durable(pipeline, { id: "job", mode: "snapshots", store, commit: { items: 2 } });
      },
      items: range(5),
    });

    assert(runs > 10);
    assertEquals(duplicates, 0);
  }
});

test("chaos() and underChaos() refuse what they cannot do, at once", async () => {
  for (
    const [options, message] of [
      [{ late: 2 }, "Cannot call chaos: late must be a number from 0 to 1, got 2"],
      [{ fail: -1 }, "fail must be a number from 0 to 1, got -1"],
      [{ fails: 0.1 }, "Did you mean fail?"],
      [{ only: "load#3" }, `only must be an array such as ["load#3"], got "load#3"`],
    ] as const
  ) {
    assertThrows(() => chaos(1, options as ChaosOptions), Error, message);
  }
  assertThrows(
    () => chaos("1" as never),
    TypeError,
    `Cannot call chaos: seed must be a number, got "1"`,
  );
  assertThrows(() => chaos(1).wrap("", double), TypeError, "name must be a non-empty string");
  assertThrows(
    () => chaos(1).wrap("load", 7 as never),
    TypeError,
    "its function must be a function",
  );
  await assertRejects(() => underChaos(7 as never), TypeError, "its function must be a function");
  await assertRejects(() => underChaos(() => {}, { seeds: 0 }), RangeError, "seeds must be");
  await assertRejects(() => underChaos(() => {}, { firstSeed: 0.5 }), RangeError, "an integer");
});
