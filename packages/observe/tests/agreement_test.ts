// The account of a run is the same wherever it is shown: metadata, progress, logs, traces, graph and page
// agree to the item, while it goes on and when it is over.

import {
  account,
  graph,
  log,
  type LogRecord,
  observers,
  profile,
  progress,
} from "@headrace/observe";
import type { Account, Progress, StageFigures } from "@headrace/observe";
import { dashboard } from "@headrace/observe/dashboard";
import { openTelemetry } from "@headrace/observe/open_telemetry";
import { type ObservedRun, Pipeline, StreamingPipeline } from "@headrace/pipeline";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "../../../tests/harness.ts";
import { settle } from "@headrace/pipeline/testing";
import type { StageSnapshot, Update } from "../src/dashboard/snapshot.ts";
import { withFakeTime } from "./support/fake_time.ts";
import { lines, range } from "./support/runs.ts";
import { Recorder } from "./support/recorder.ts";

const RETRY = { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true };
const EVERY_MS = 1_000;

/** All that shows a run. */
class Witnesses {
  readonly records: LogRecord[] = [];
  readonly output: ReturnType<typeof lines> = lines();
  readonly spans: Recorder = new Recorder();
  readonly #board = dashboard({ intervalMs: 1 });
  shown!: Progress;
  kept!: Account;
  run!: ObservedRun;

  readonly observer = observers(
    (run) => void (this.run = run),
    (run) => this.kept = account(run),
    (run) => this.shown = progress(run, { to: this.output }),
    (run) => log(run, { write: (record) => this.records.push(record), everyMs: EVERY_MS }),
    (run) => profile(run),
    openTelemetry({ tracerProvider: this.spans }),
    this.#board.observe("witnessed"),
  );

  /** What the page is sent now. */
  async page(): Promise<readonly StageSnapshot[]> {
    const { body } = await this.#board.fetch(new Request("http://localhost/events"));
    const reader = body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    const [, data] = new TextDecoder().decode(value).split("\ndata: ");
    const { runs }: Update = JSON.parse(data!);
    return runs[0]!.stages;
  }

  /** What the spans of the stages say, when they have ended. */
  get spanFigures(): unknown[] {
    const [root, ...spans] = this.spans.spans;
    return spans.filter(({ parentId }) => parentId === root!.ids.spanId).map(({ attributes }) =>
      ["in", "out", "dropped", "failed", "abandoned"].map((name) =>
        attributes[`headrace.items.${name}`]
      )
    );
  }
}

type Counted = Pick<
  StageFigures,
  "inputCount" | "outputCount" | "droppedCount" | "errorCount" | "abandonedCount"
>;

const countsOf = (stages: readonly Counted[]) =>
  stages.map((
    { inputCount, outputCount, droppedCount, errorCount, abandonedCount },
  ) => [inputCount, outputCount, droppedCount, errorCount, abandonedCount]);

/** The counts of the summary: in, out, drop, fail and lost of each stage. */
function readSummary(text: string, keys: readonly string[]): number[][] {
  const rows = text.split("\n").filter((line) => keys.includes(line.split(" ")[0]!));
  return rows.map((row) =>
    row.split(/ +/).slice(1, 6).map((cell) => Number(cell.split("/")[0]!.replaceAll(",", "")))
  );
}

/** Holds what is shown of a run that is over against its metadata, or that of its lists. */
async function assertAgreed(
  witnesses: Witnesses,
  expected: number[][],
  keys: string[],
): Promise<void> {
  const { kept, shown, records, output, spanFigures } = witnesses;
  assertEquals(countsOf(kept.figures().stages), expected);
  assertEquals(countsOf(shown.figures().stages), expected);
  assertEquals(readSummary(output.text, keys), expected);
  assertEquals(countsOf(records.at(-1)!.stages!), expected);
  assertEquals(countsOf(await witnesses.page()), expected);
  assertEquals(spanFigures, expected);
  const edges = graph(kept).split("\n").filter((line) => line.includes("-->"))
    .map((line) => Number(line.match(/"([\d,]+)"/)![1]!.replaceAll(",", "")));
  assertEquals(edges, [expected[0]![0]!, ...expected.map(([, out]) => out!)]);
}

test("all accounts of a run agree with its metadata, whatever is dropped, fails or is given up", async () => {
  const cases = fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 5 }), fc.nat(45));
  await fc.assert(
    fc.asyncProperty(cases, async ([length, size, stopAfter]) => {
      const witnesses = new Witnesses();
      const run = StreamingPipeline.start<number>()
        .filter("some", (item) => item % 5 !== 1)
        .map("work", async (item) => {
          if (await item % 7 === 2) throw new Error("no");
          return item;
        }, { concurrencyLimit: 3, retry: RETRY, errorStrategy: "SKIP_FAILED" })
        .flatMap("twice", (item) => [item, item])
        .batch("batches", size)
        .run(range(length + 1), { observer: witnesses.observer });
      let read = 0;
      for await (const _batch of run) if (++read > stopAfter) break;
      await settle();
      const { steps } = run.metadata();
      await assertAgreed(witnesses, countsOf(steps), steps.map(({ key }) => key));
      assertEquals(witnesses.records.at(-1)!.stages![1]!.retryCount, steps[1]!.retryCount);
    }),
    { seed: 20261127, numRuns: 30 },
  );
});

test("all accounts of a batch pipeline agree with the metadata of its lists", async () => {
  const witnesses = new Witnesses();
  const result = await Pipeline.start<number[]>()
    .filter("some", (item) => item % 5 !== 1)
    .map("work", (item) => {
      if (item % 7 === 2) throw new Error("no");
      return item;
    }, { errorStrategy: "SKIP_FAILED" })
    .flatMap("twice", (item) => [item, item])
    .execute(range(40), { observer: witnesses.observer });
  await settle();
  const [some, work, twice] = result.metadata.steps!.map(({ listMetadata }) => listMetadata!);
  const dropped = some!.skippedCount;
  await assertAgreed(witnesses, [
    [some!.totalItems, work!.totalItems, dropped, 0, 0],
    [work!.totalItems, twice!.totalItems, 0, work!.failureCount, 0],
    [twice!.totalItems, twice!.totalItems * 2, 0, 0, 0],
  ], ["some", "work", "twice"]);
});

test("all accounts of a run agree at each moment of it", async () => {
  await withFakeTime(async (clock) => {
    const witnesses = new Witnesses();
    const waiting: (() => void)[] = [];
    const running = StreamingPipeline.start<number>()
      .filter("some", (item) => item % 5 !== 1)
      .map("work", async (item) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        if (item % 7 === 2) throw new Error("no");
        return item;
      }, { concurrencyLimit: 3, errorStrategy: "SKIP_FAILED" })
      .batch("pairs", 2)
      .executeToArray(range(20), { observer: witnesses.observer });
    await settle();
    while (waiting.length > 0) {
      await clock.advance(EVERY_MS);
      const { run, kept, shown, records } = witnesses;
      const { steps } = run.metadata();
      const expected = countsOf(steps);
      assertEquals(countsOf(kept.figures().stages), expected);
      assertEquals(countsOf(shown.figures().stages), expected);
      assertEquals(countsOf(records.at(-1)!.stages!), expected);
      const page = await witnesses.page();
      assertEquals(countsOf(page), expected);
      assertEquals(
        page.map(({ busyCount, waitingCount, stalledOn }) => [busyCount + waitingCount, stalledOn]),
        steps.map(({ inFlightCount, stalledOn }) => [inFlightCount, stalledOn]),
      );
      waiting.shift()!();
      await settle();
    }
    assertEquals((await running).length, 7);
    await settle();
    await assertAgreed(witnesses, countsOf(witnesses.run.metadata().steps), [
      "some",
      "work",
      "pairs",
    ]);
    assertEquals(clock.timerCount, 0);
  });
});
