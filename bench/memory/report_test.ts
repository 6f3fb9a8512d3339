import assert from "node:assert/strict";
import { decades, logFraction, renderChart } from "./chart.ts";
import { EMPTY, RESULT_PREFIX } from "./child.ts";
import { judge, toGrowths } from "./growth.ts";
import { findLowest } from "./smallest_heap.ts";
import { type Measured, readResult } from "./start.ts";
import { renderOverview } from "./overview.ts";
import { renderTables } from "./table.ts";
import { WORKLOADS } from "./workloads.ts";

const [LINES] = WORKLOADS as readonly [typeof WORKLOADS[number]];
const MB = 1e6;

function measured(form: string, items: number, heapBytes: number, collect = false): Measured {
  const result = {
    version: "1",
    output: 0,
    elapsedMs: 1,
    looks: 2,
    heapBytes,
    rssBytes: heapBytes,
  };
  return { runtime: "deno", form, items, collect, result };
}

Deno.test("the axis counts in powers of ten around the figures", () => {
  assert.deepEqual(decades(0.1, 2064), [0.1, 1, 10, 100, 1000, 10_000]);
  assert.deepEqual(decades(0.1, 1000), [0.1, 1, 10, 100, 1000]);
  assert.equal(logFraction(10, 0.1, 1000), 0.5);
  assert.equal(logFraction(0, 0.1, 1000), 0);
  assert.equal(logFraction(-3, 0.1, 1000), 0);
  assert.equal(logFraction(5000, 0.1, 1000), 1);
});

Deno.test("readResult() finds the result among other lines, and none where there is none", () => {
  const { result } = measured("batch", 1, 5);
  const line = RESULT_PREFIX + JSON.stringify(result);
  assert.deepEqual(readResult(`a warning\n${line}\nlast words`), result);
  assert.equal(readResult("a warning\n"), undefined);
});

Deno.test("growths are medians above the empty process of the same kind", () => {
  const growths = toGrowths([
    measured(EMPTY, 0, 5 * MB),
    measured(EMPTY, 0, 3 * MB, true),
    measured("batch", 10, 25 * MB),
    measured("batch", 10, 999 * MB),
    measured("batch", 10, 15 * MB),
    measured("batch", 10, 13 * MB, true),
  ]);
  assert.deepEqual(growths.map(({ heapMb, liveMb, rssMb }) => [heapMb, liveMb, rssMb]), [
    [20, 10, 20],
  ]);
});

Deno.test("a target is met, missed, or not measured where a figure is missing", () => {
  const verdictsOf = (streamingMb: number) =>
    judge(
      LINES,
      toGrowths([
        measured(EMPTY, 0, 0, true),
        measured("batch", 100_000, 200 * MB, true),
        measured("streaming", 100_000, streamingMb * MB, true),
      ]),
    ).filter(({ text }) => text.startsWith("100,000 items: streaming")).map(({ verdict }) =>
      verdict
    );
  assert.deepEqual(verdictsOf(2), ["met"]);
  assert.deepEqual(verdictsOf(2.1), ["missed"]);
  assert.deepEqual(verdictsOf(NaN), ["not measured"]);
});

Deno.test("the page has bytes for each run, and says where a target is missed", () => {
  const runs = WORKLOADS.find(({ id }) => id === "runs")!;
  const pageOf = (bytes: number): string => {
    const growths = toGrowths([
      measured(EMPTY, 0, 3 * MB, true),
      measured("headrace", 10_000, 3 * MB + 10_000 * bytes, true),
    ]);
    return renderOverview(runs, growths, judge(runs, growths));
  };
  assert.match(pageOf(2_000), /\| Headrace \| 2,000 \|/);
  assert.match(pageOf(2_000), /\| 2,000 met \|/);
  assert.match(pageOf(2_001), /\| 2,001 missed \|/);
  assert.match(pageOf(NaN), /\| not measured \|/);
});

Deno.test("what was not measured, or failed, is in the table as that and in the chart not at all", () => {
  const failed: Measured = {
    runtime: "deno",
    form: "batch",
    items: 10_000,
    collect: false,
    failure: "exit code 133",
  };
  const raised = { ...measured("streaming", 10_000, 7 * MB), heapLimitMb: 12_288 };
  const growths = toGrowths([measured(EMPTY, 0, 5 * MB), failed, raised]);
  const tables = renderTables(LINES, {
    growths,
    heaps: [
      { runtime: "deno", form: "batch", items: 10_000, limitMb: 48 },
      { runtime: "deno", form: "batch", items: 100_000 },
    ],
    versions: { deno: "2.9.6" },
  });
  assert.match(tables, /\| batch Pipeline \| failed \|/);
  assert.match(tables, /\| streaming \| 2\.0† \|/);
  assert.match(tables, /† .*--max-old-space-size=12288/);
  assert.match(tables, /\| batch Pipeline \| 48 \| > 4,096 \| {2}\|/);
  const chart = renderChart(LINES, growths, "deno");
  assert.equal(chart.match(/<circle/g)?.length, 1);
  assert.doesNotMatch(chart, /NaN|undefined/);
});

Deno.test("findLowest() finds the first value that is enough, at either end and in between", async () => {
  const values = [1, 2, 3, 5, 8];
  for (const least of values) {
    assert.equal(await findLowest(values, (value) => Promise.resolve(value >= least)), least);
  }
  assert.equal(await findLowest(values, () => Promise.resolve(false)), undefined);
  assert.equal(await findLowest([], () => Promise.resolve(true)), undefined);
});
