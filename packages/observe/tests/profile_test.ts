import { type Profile, profile, type ProfileOptions } from "@headrace/observe";
import { type ObservedRun, Pipeline, StreamingPipeline } from "@headrace/pipeline";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { collect } from "../../../tests/support/collect.ts";
import { test } from "../../../tests/harness.ts";
import type { TestClock } from "@headrace/pipeline/testing";
import { settle } from "@headrace/pipeline/testing";
import { withFakeTime } from "./support/fake_time.ts";
import { range } from "./support/runs.ts";

const TIME_ALL = { metadata: { verbosity: "full" } } as const;

/** Waits on the clock of a test. */
const sleepOn = (clock: TestClock) => (ms: number) =>
  new Promise<void>((resolve) => clock.schedule(resolve, ms));

test("profile() knows how much work each stage does, and what it waits for", async () => {
  await withFakeTime(async (clock) => {
    const sleep = sleepOn(clock);
    const run = StreamingPipeline.start<number>(undefined, TIME_ALL)
      .map("fetch", (item) => sleep(100).then(() => item), { concurrencyLimit: 2 })
      .map("store", (item) => sleep(300).then(() => item), { parallel: true, concurrencyLimit: 1 })
      .run(range(5));
    const { result } = profile(run, { everyMs: 10 });
    const reading = collect(run);
    await clock.advance(2_000);
    await reading;
    const { status, durationMs, lookCount, stages: [fetch, store], hints } = await result;

    assertEquals([status, durationMs], ["completed", 1_600]);
    // The first look has none before it, and the last comes when the run is over.
    assertEquals(lookCount, 158);
    assertEquals([fetch!.callCount, fetch!.sampledCount, fetch!.ownMs], [5, 5, 500]);
    assertEquals([store!.callCount, store!.sampledCount, store!.ownMs], [5, 5, 1_500]);
    const shares = ({ workingShare, noInputShare, heldBackShare }: typeof fetch & object) =>
      [workingShare, noInputShare, heldBackShare].map((share) => Math.round(share * 20) / 20);
    assertEquals(shares(store!), [0.95, 0.05, 0]);
    assertEquals(shares(fetch!)[1], 0);
    assert(fetch!.heldBackShare > fetch!.workingShare);
    assertEquals([hints[0]!.kind, hints[0]!.keys], ["bottleneck", ["store"]]);
    assertEquals(clock.timerCount, 0);
  });
});

test("profile() says it in a table and draws it", async () => {
  await withFakeTime(async (clock) => {
    const sleep = sleepOn(clock);
    let profiled: Profile | undefined;
    const running = StreamingPipeline.start<number>(undefined, TIME_ALL)
      .filter("all <of> them\x1b[2J", () => true)
      .groupBy(
        "parity",
        (item) => item % 2,
        (group) => group.map("inside", (item) => sleep(50).then(() => item)),
      )
      .executeToArray(range(4), { observer: (run) => profiled = profile(run) });
    await clock.advance(1_000);
    await running;
    const { stages, text, svg } = await profiled!.result;

    assertEquals(stages[1]!.inside, [{ key: "inside", callCount: 4, ownMs: 200 }]);
    assertMatch(text, /^completed in 0:00, .* of work\nstage +calls +own time +of all +working/);
    assertMatch(text, /\nall <of> them\?\[2J +4 +0\.00 ms /);
    // deno-lint-ignore no-control-regex -- it is about these
    assert(!/[\x00-\x09\x0B-\x1F]/.test(text + svg));
    assertMatch(svg, /<title>parity, inside: inside, 200 ms in 4 calls<\/title>/);
    assertMatch(svg, /all &lt;of&gt; them/);
    const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/)!.map(Number);
    const boxes = [
      ...svg.matchAll(/x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
    ];
    assert(boxes.length > 6);
    for (const [, x, y, wide, high] of boxes.map((box) => box.map(Number))) {
      assert(x! + wide! <= width! - 15 && y! + high! <= height!);
    }
  });
});

test("profile() of a batch pipeline has a call for each stage, and the items of its list inside", async () => {
  await withFakeTime(async (clock) => {
    const sleep = sleepOn(clock);
    let profiled: Profile | undefined;
    const running = Pipeline.start<number[]>()
      .map("one", (item) => sleep(10).then(() => item))
      .map("two", (item) => sleep(10).then(() => item), { parallel: true })
      .execute(range(3), { observer: (run) => profiled = profile(run) });
    await clock.advance(1_000);
    assertEquals((await running).success, true);
    const { stages, hints } = await profiled!.result;
    assertEquals(
      stages.map(({ key, callCount, ownMs, inside }) => [key, callCount, ownMs, inside]),
      [
        ["one", 1, 30, [{ key: "one", callCount: 3, ownMs: 30 }]],
        ["two", 1, 10, [{ key: "two", callCount: 3, ownMs: 30 }]],
      ],
    );
    assertEquals(hints.map(({ kind }) => kind), ["bottleneck"]);
  });
});

test("profile() of a run that fails, and of one that is not read", async () => {
  const failing = StreamingPipeline.start<number>()
    .map("step", () => {
      throw new Error("no");
    })
    .run([1]);
  const { result } = profile(failing);
  await assertRejects(() => collect(failing));
  assertEquals((await result).status, "failed");

  await withFakeTime(async (clock) => {
    const run = StreamingPipeline.start<number>().map("step", (item) => item).run([1]);
    const unread = profile(run);
    await clock.advance(1_000);
    await run.abort();
    await settle();
    const { status, lookCount, stages } = await unread.result;
    assertEquals([status, lookCount, stages[0]!.ownMs, clock.timerCount], ["aborted", 0, 0, 0]);
  });
});

test("[L9] profile() refuses what is no run and options that are not valid", () => {
  const run: ObservedRun = StreamingPipeline.start<number>().run([1]);
  assertThrows(() => profile(run, { everyMs: 0 }), RangeError, "everyMs must be from 1 to");
  assertThrows(
    () => profile(run, { every: 1 } as ProfileOptions),
    TypeError,
    'unknown option "every"',
  );
  assertThrows(() => profile({} as ObservedRun), TypeError, "it needs a run, got an object");
});
