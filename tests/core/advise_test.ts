// What advise() says of runs whose figures are known: on fake time, durations are exact.

import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type Hint, StreamingPipeline } from "../../mod.ts";
import { advise } from "../../src/core/mod.ts";
import { rateLimit, semaphore } from "../../src/policies/mod.ts";
import { clock } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";

const FULL = { metadata: { verbosity: "full" } } as const;
const start = () => StreamingPipeline.start<number>(undefined, FULL);
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A call that takes so long. */
const taking = (milliseconds: (item: number) => number) => (item: number) =>
  new Promise<number>((resolve) => clock.schedule(() => resolve(item), milliseconds(item)));

/** The hints for a run over so many items. */
function adviseOn(
  pipeline: StreamingPipeline<number, unknown, unknown>,
  source: Iterable<number> | AsyncIterable<number> = range(20),
): Promise<readonly Hint[]> {
  return new TestClock().use(async (clock) => {
    const reading = watch(pipeline.executeToArray(source));
    for (let turn = 0; reading.state === "pending" && turn < 1_000; turn++) await clock.advance(5);
    assertEquals(reading.state, "resolved");
    return advise(await pipeline.getMetadata());
  });
}

const kindsOf = (hints: readonly Hint[]) => hints.map(({ kind, keys }) => `${kind} ${keys}`);

test("the bottleneck is the stage that was busy, and the concurrency is what relieves it", async () => {
  const hints = await adviseOn(
    start().map("quick", taking(() => 10)).map("slow", taking((item) => 40 + item % 2 * 80)),
  );

  const [bottleneck, concurrency] = hints;
  assertEquals(kindsOf(hints), ["bottleneck slow", "concurrency slow", "turns quick,slow"]);
  assertEquals(bottleneck!.figures, {
    ...{ share: 1_600 / 1_800, limit: 1, durationMs: 1_800, busyMs: 1_600 },
    ...{ itemCount: 20, avgDurationMs: 80, sampledCount: 20 },
  });
  assertEquals(concurrency!.figures, {
    ...{ concurrencyLimit: 8, limit: 1, busyMs: 1_600, callsMs: 200, restMs: 200, expectedMs: 200 },
  });
  assertStringIncludes(
    bottleneck!.text,
    '"slow" was busy for 89 % of the 1800 ms of the run: 20 items, 80 ms each (20 timed)',
  );
});

test("with the concurrency that it says, a run takes as long as it says", async () => {
  const build = (concurrencyLimit: number) =>
    start().map("quick", taking(() => 10))
      .map("slow", taking(() => 80), { concurrencyLimit });
  const [, concurrency] = await adviseOn(build(2), range(80));
  const { concurrencyLimit, expectedMs } = concurrency!.figures;

  const relieved = build(concurrencyLimit!);
  const hints = await adviseOn(relieved, range(80));

  const { durationMs } = await relieved.getMetadata();
  // The first item has to come through, and an item that is slow holds up those after it.
  assertEquals([durationMs >= expectedMs!, durationMs < 1.25 * expectedMs!], [true, true]);
  assertEquals(kindsOf(hints)[0], "bottleneck quick");
});

test("what is parallel is busy by its places, and more of them are said where they help", async () => {
  const hints = await adviseOn(
    start().map("page", taking(() => 40), { concurrencyLimit: 4 }),
    range(40),
  );

  assertEquals(kindsOf(hints), ["bottleneck page", "concurrency page", "batch page"]);
  const { share, limit, busyMs, durationMs } = hints[0]!.figures;
  assertEquals([share, limit, busyMs, durationMs], [1, 4, 1_600, 400]);
  assertStringIncludes(hints[0]!.text, "100 % of its 4 places");
});

test("where a policy says how many at a time, its limit counts", async () => {
  const places = semaphore(4);
  const hints = await adviseOn(
    start().map("page", taking(() => 40), { concurrencyLimit: places }),
    range(40),
  );

  assertEquals([hints[0]!.kind, hints[0]!.figures.limit], ["bottleneck", 4]);
});

test("the limit of a policy is none of a stage whose items go one at a time", async () => {
  const hints = await adviseOn(start().map("page", taking(() => 40), { policy: semaphore(4) }));

  assertEquals(kindsOf(hints), ["bottleneck page", "concurrency page", "batch page"]);
  assertEquals([hints[0]!.figures.share, hints[0]!.figures.limit], [1, 1]);
});

test("calls that take the same time for every item would gain from a batch", async () => {
  const alike = await adviseOn(start().map("page", taking(() => 40)));
  const batched = await adviseOn(
    start().map("page", async (items) => [await taking(() => 40)(items[0]!), ...items.slice(1)], {
      batch: { size: 5 },
    }),
  );
  const different = await adviseOn(start().map("page", taking((item) => 10 + item * 5)));

  const hint = alike.find(({ kind }) => kind === "batch")!;
  assertEquals(hint.figures.callCount, 20);
  assertAlmostEquals(hint.figures.p95DurationMs!, 40, 1);
  assertStringIncludes(hint.text, 'The 20 calls of "page" take much the same time');
  assertEquals(batched.filter(({ kind }) => kind === "batch"), []);
  assertEquals(different.filter(({ kind }) => kind === "batch"), []);
});

test("where calls wait for their policy, more of them at a time are no help", async () => {
  const limit = rateLimit({ limit: 1, intervalMs: 100 });
  const hints = await adviseOn(
    start().map("page", taking(() => 5), { concurrencyLimit: 4, policy: limit }),
  );

  assertEquals(kindsOf(hints), ["bottleneck page", "policy page"]);
  assertEquals(hints[1]!.figures.callCount, 20);
  assertStringIncludes(hints[1]!.text, "for their policy");
});

test("stages that took turns would work at the same time with a buffer between them", async () => {
  const plain = start().map("read", taking(() => 30)).map("write", taking(() => 30));
  const buffered = start().map("read", taking(() => 30)).buffer("between", 4)
    .map("write", taking(() => 30));

  const turns = (await adviseOn(plain)).find(({ kind }) => kind === "turns")!;
  await adviseOn(buffered);

  assertEquals(turns.keys, ["read", "write"]);
  assertEquals(turns.figures, {
    ...{ "sumMs": 1_200, "longestMs": 600, "busyMs of read": 600, "busyMs of write": 600 },
  });
  const { durationMs } = await buffered.getMetadata();
  assertAlmostEquals(durationMs, turns.figures.longestMs!, 31);
});

test("a run that waits for its source has no bottleneck among its stages", async () => {
  async function* slowly() {
    for (const item of range(20)) yield await taking(() => 50)(item);
  }
  const hints = await adviseOn(start().map("page", taking(() => 5)), slowly());

  assertEquals(kindsOf(hints), ["outside "]);
  assertStringIncludes(hints[0]!.text, "it waited for its source, or for its reader");
});

test("without figures nothing is said, but that there are none", async () => {
  const pipeline = StreamingPipeline.start<number>(undefined, {
    metadata: { verbosity: "counts" },
  }).map("page", taking(() => 10));
  const hints = await adviseOn(pipeline);

  assertEquals(kindsOf(hints), ["untimed "]);
  assertEquals(hints[0]!.figures, { sampledCount: 0, callCount: 20 });
  assertEquals(await adviseOn(start().map("page", taking(() => 10)), []), []);
  assertEquals(advise(start().run([1]).metadata()), []);
});

/** As texts show them: three digits, or a share in percent. */
function shownOf(figures: Hint["figures"]): Set<string> {
  const numbers = Object.values(figures);
  return new Set(
    numbers.flatMap((number) => [
      `${Number(number.toPrecision(3))}`,
      `${Math.round(number * 100)}`,
      `${number}`,
    ]),
  );
}

test("each number in the text of a hint is one of its figures", async () => {
  const limit = rateLimit({ limit: 1, intervalMs: 100 });
  const page = { concurrencyLimit: 4, policy: limit };
  const pipelines = [
    start().map("quick", taking(() => 10)).map("slow", taking(() => 80)),
    start().map("page", taking(() => 40), { concurrencyLimit: 4 }),
    start().map("page", taking(() => 5), page),
    start().map("page", taking(() => 0.25)).buffer("b", 2).map("row", taking(() => 0.3)),
  ];
  const kinds = new Set<string>();
  for (const pipeline of pipelines) {
    for (const { kind, text, figures, keys } of await adviseOn(pipeline)) {
      kinds.add(kind);
      const shown = shownOf(figures);
      // "95 %" is the name of a quantile.
      for (const [number] of text.replaceAll("95 %", "").matchAll(/\d+(?:\.\d+)?/g)) {
        assertEquals(shown.has(number), true, `${number} in: ${text}`);
      }
      assertEquals(Object.values(figures).every(Number.isFinite), true, text);
      assertEquals(keys.every((key) => text.includes(`"${key}"`)), true, text);
    }
  }
  assertEquals(kinds.size >= 5, true);
});

test("advise() refuses what is no metadata of a run, and says where it comes from", () => {
  for (const wrong of [undefined, {}, [], start(), { steps: 1 }, { steps: [{}] }]) {
    assertThrows(
      () => advise(wrong as never),
      TypeError,
      "Cannot advise: metadata must be the metadata of a run, such as await pipeline.getMetadata()",
    );
  }
});
