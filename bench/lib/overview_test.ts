import assert from "node:assert/strict";
import { toResult } from "./import_cost.ts";
import type { ContenderResult, RowResult } from "./measure.ts";
import { describeNoise, overviewOf } from "./overview.ts";
import { rawTablesOf } from "./raw_tables.ts";
import type { Report } from "./report.ts";
import { type ContenderKind, HEADRACE } from "./row.ts";
import { toMarkdown } from "./tables.ts";
import { limitCost, limitSpread } from "./target.ts";
import { judgeTarget } from "./verdict.ts";

const TARGET = limitCost({ group: "reduce", over: ["quick", "slow"], atMost: 0.5 });

function contender(name: string, kind: ContenderKind, least: number): ContenderResult {
  return { name, kind, items: 10, least, median: least * 1.1, p25: least, p75: least, ratio: 1 };
}

function rowOf(ours: number): RowResult {
  const quick = { ...contender("quick", "peer", NaN), failure: "it hangs" };
  const contenders = [
    contender("loop", "by hand", 1),
    contender(HEADRACE, "ours", ours),
    contender("iterators", "native", 5),
    contender("slow", "peer", 40),
    contender("slower", "peer", 50),
  ];
  return {
    id: "row",
    title: "work",
    unit: "item",
    items: 10,
    groups: [{ name: "reduce", baseline: "loop", contenders: [...contenders, quick] }],
    targets: [judgeTarget(TARGET, ours / 40, "deno")],
  };
}

const reportOf = (row: RowResult): Report => ({
  runtimes: [{ runtime: "deno", version: "2", rows: [row] }],
});
const pageOf = (report: Report): string => overviewOf(report).map(toMarkdown).join("\n\n");

Deno.test("the page has Headrace beside the best peer that was measured, and beside the language", () => {
  assert.match(
    pageOf(reportOf(rowOf(20))),
    /\| row: reduce \| 0\.50 × slow, 20\.0 ns\/item \| 4\.00 \|/,
  );
});

Deno.test("a target is shown as met, missed, not measured, or not asked", () => {
  const cellOf = (ours: number): string | undefined =>
    /\| all \| (.*) \|/.exec(pageOf(reportOf(rowOf(ours))))?.[1];
  assert.equal(cellOf(20), "0.50 met");
  assert.equal(cellOf(20.4), "0.51 missed");
  assert.equal(cellOf(NaN), "not measured");
  const elsewhere = judgeTarget({ ...TARGET, runtimes: ["bun"] }, 9, "deno");
  assert.match(pageOf(reportOf({ ...rowOf(1), targets: [elsewhere] })), /\| bun \| – \|/);
});

Deno.test("the page counts the targets", () => {
  assert.match(pageOf(reportOf(rowOf(40))), /Targets: 0 met, 1 missed, 0 not measured/);
});

Deno.test("a target is held against the best of several, and is not measured without one", () => {
  const costs: Record<string, number> = { [HEADRACE]: 10, quick: 20, slow: 40 };
  const costOf = (_group: string, name: string): number => costs[name] ?? NaN;
  assert.equal(TARGET.figure(costOf), 0.5);
  delete costs.quick;
  assert.ok(Number.isNaN(TARGET.figure(costOf)));
});

Deno.test("a spread is the dearest over the cheapest", () => {
  const costs: Record<string, number> = { ten: 4, hundred: 2, thousand: 3 };
  const { figure } = limitSpread(Object.keys(costs), { atMost: 1.5, what: "limit" });
  assert.equal(figure((group) => costs[group]!), 2);
});

Deno.test("what an import costs is the median of the differences within a round", () => {
  const { costs, targets } = toResult("deno", {
    "nothing": [10, 100, 20],
    "Headrace core, bundled": [12, 101, 25],
    "RxJS, bundled": [11, 103, 24],
    "Headrace mod.ts, from source": [23, 112, 32],
  });
  assert.deepEqual(costs.map(({ median }) => median), [2, 3, 12]);
  assert.deepEqual(targets.map(({ figure, verdict }) => [figure, verdict]), [
    [1, "missed"],
    [12, "met"],
  ]);
});

Deno.test("how far samples lay apart is said of each runtime", () => {
  assert.match(describeNoise(reportOf(rowOf(20))), /by 10 % on deno\.$/);
});

Deno.test("the tables have every contender, those that failed too", () => {
  const tables = rawTablesOf(reportOf(rowOf(20))).map(toMarkdown).join("\n");
  assert.match(tables, /\| loop \(baseline\) \| 1\.0 \|/);
  assert.match(tables, /\| quick \| failed \|/);
});
