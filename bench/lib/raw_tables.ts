/** Every contender of every row, and what checking types costs. @module */

import { findRow, type Report, rowsOf } from "./report.ts";
import type { RowResult } from "./measure.ts";
import { type Table, toCount, toNanoseconds, toTimes } from "./tables.ts";
import type { TypeCost } from "./type_cost.ts";

export function rawTablesOf(report: Report): Table[] {
  const tables = rowsOf(report).flatMap((row) => groupTables(row, report));
  return report.typeCosts === undefined ? tables : [...tables, typeTable(report.typeCosts)];
}

/** One table for each group; contenders that only some runtimes have are in it once. */
function groupTables(row: RowResult, { runtimes }: Report): Table[] {
  return row.groups.map((group) => {
    const found = runtimes.map((runtime) =>
      findRow(runtime, row.id)?.groups.find(({ name }) => name === group.name)?.contenders ?? []
    );
    const names = [...new Set(found.flat().map(({ name }) => name))];
    return {
      title: [`${row.id}: ${row.title}`, group.name, `${toCount(row.items)} ${row.unit}s`]
        .join("; "),
      head: [
        `ns/${row.unit}`,
        ...runtimes.flatMap(({ runtime, version }) => [
          `${runtime} ${version}`,
          "p25–p75",
          "ratio",
        ]),
      ],
      rows: names.map((name) => [
        name === group.baseline ? `${name} (baseline)` : name,
        ...found.flatMap((contenders) => {
          const result = contenders.find((contender) => contender.name === name);
          if (result === undefined) return ["–", "", ""];
          if (result.failure !== undefined) return ["failed", "", ""];
          const { least, p25, p75, ratio } = result;
          return [
            toNanoseconds(least),
            `${toNanoseconds(p25)}–${toNanoseconds(p75)}`,
            toTimes(ratio),
          ];
        }),
      ]),
    };
  });
}

function typeTable(costs: readonly TypeCost[]): Table {
  return {
    title: "types: checking one chain",
    head: ["", "check", "instantiations", "types", "errors"],
    rows: costs.map(({ stages, checkMs, instantiations, types, errors }) => [
      `${stages} stages`,
      `${checkMs.toFixed(0)} ms`,
      toCount(instantiations),
      toCount(types),
      toCount(errors.length),
    ]),
  };
}
