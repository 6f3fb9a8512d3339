import { assert, assertEquals, assertRejects } from "@std/assert";
import { clock as libraryClock, systemClock } from "../../src/internal/clock.ts";
import { StreamingPipeline } from "../../mod.ts";
import { TestClock } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

test("TestClock moves on from timer to timer until the work is settled", async () => {
  const clock = new TestClock();
  const pipeline = StreamingPipeline.start<number>().delay("d", 1_000).throttle("t", {
    limit: 1,
    intervalMs: 500,
  });
  const items = await clock.use(async (used) => {
    assert(used === clock);
    const run = pipeline.executeToArray([1, 2, 3]);
    await clock.finish(run);
    return await run;
  });

  assertEquals([items, clock.now(), clock.timerCount], [[1, 2, 3], 2_000, 0]);
});

test("TestClock is the library's clock while its body runs, also where that throws", async () => {
  const clock = new TestClock();
  const failing = clock.use(() => {
    libraryClock.schedule(() => {}, 5);
    throw new RangeError("no");
  });

  await assertRejects(() => failing, RangeError, "no");
  assertEquals(libraryClock, systemClock);
  assertEquals([clock.timerCount, clock.fireNext(), clock.now()], [1, true, 5]);
  assertEquals(clock.fireNext(), false);
});

test("TestClock tells of work that never settles, with timers and without", async () => {
  const never = new Promise(() => {});
  await assertRejects(() => new TestClock().finish(never), Error, "and no timer is set");

  const clock = new TestClock();
  await clock.use(async () => {
    const again = () => void libraryClock.schedule(again, 1);
    again();
    await assertRejects(() => clock.finish(never), Error, "after 10000 timers");
  });
});

test("TestClock calls no timer before all has happened that follows without it", async () => {
  const clock = new TestClock();
  let hops = 0;
  await clock.use(async () => {
    const working = new Promise<void>((resolve) => {
      libraryClock.schedule(async () => {
        while (hops < 5_000) hops += await 1;
        resolve();
      }, 10);
      libraryClock.schedule(() => {}, 1_000);
    });
    await clock.finish(working);
  });

  assertEquals([hops, clock.now(), clock.timerCount], [5_000, 10, 1]);
});

test("TestClock calls no timer while there is progress", async () => {
  const clock = new TestClock();
  let progress = 0;
  await clock.use(async () => {
    libraryClock.schedule(() => {}, 1_000);
    const working = (async () => {
      while (progress < 5_000) {
        progress++;
        await undefined;
      }
    })();
    await clock.finish(working, () => progress);
  });

  assertEquals(clock.now(), 0);
});

test("TestClock calls timers when they are due, in their order, and moves by what it is told", async () => {
  const clock = new TestClock();
  const called: [string, number][] = [];
  const set = (name: string, ms: number) =>
    clock.schedule(() => called.push([name, clock.now()]), ms);
  set("late", 30);
  set("early", 10);
  const stop = set("never", 20);
  stop();
  assertEquals([clock.timerCount, clock.nextDueMs, clock.delays], [2, 10, [30, 10, 20]]);

  await clock.advance(15);
  assertEquals([called, clock.now()], [[["early", 10]], 15]);
  assert(clock.fireNext());
  assert(!clock.fireNext());
  assertEquals([called[1], clock.wallTime(), clock.timerCount], [["late", 30], 30, 0]);
});

test("[L9] TestClock refuses what it cannot use, and stays where it is", async () => {
  const clock = new TestClock();
  const refused: readonly [() => Promise<unknown>, string][] = [
    [() => clock.advance("5" as never), "Cannot advance a TestClock: ms must be a finite number"],
    [() => clock.advance(NaN), "ms must be a finite number of at least 0, got NaN"],
    [() => clock.advance(-1), "ms must be a finite number of at least 0, got -1"],
    [
      () => clock.finish(5 as never),
      "Cannot finish by a TestClock: its work must be a promise, got 5",
    ],
    [() => clock.finish(Promise.resolve(), 1 as never), "progress must be a function, got 1"],
    [() => clock.use(5 as never), "Cannot use a TestClock: its body must be a function, got 5"],
  ];
  for (const [call, message] of refused) await assertRejects(call, Error, message);

  assertEquals([clock.now(), clock.wallTime()], [0, 0]);
  assert(libraryClock !== clock);
});
