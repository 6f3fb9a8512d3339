/** Results as tables. @module */

import type { RuntimeResult } from "../measure.ts";
import type { BundleSize } from "./bundle_size.ts";
import type { RowResult } from "./measure.ts";
import type { TypeCost } from "./type_cost.ts";

/** All that one call of the runner found out. */
export interface Report {
  readonly runtimes: readonly RuntimeResult[];
  readonly bundleSizes?: readonly BundleSize[];
  readonly typeCosts?: readonly TypeCost[];
}

interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables in aligned columns. */
export function renderText(report: Report): string {
  return tablesOf(report).map(({ title, head, rows }) => {
    const lines = [head, ...rows];
    const widths = head.map((_, column) =>
      Math.max(...lines.map((line) => (line[column] ?? "").length))
    );
    const aligned = lines.map((line) =>
      line.map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      }).join("  ").trimEnd()
    );
    return [title, ...aligned.map((line) => `  ${line}`)].join("\n");
  }).join("\n\n");
}

/** The tables in markdown. */
export function renderMarkdown(report: Report): string {
  const toLine = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return tablesOf(report).map(({ title, head, rows }) => {
    const rule = head.map((_, column) => column === 0 ? "---" : "--:");
    return [`**${title}**`, "", ...[head, rule, ...rows].map(toLine)].join("\n");
  }).join("\n\n");
}

function tablesOf({ runtimes, bundleSizes, typeCosts }: Report): Table[] {
  // Every runtime measured the same rows in the same order.
  const rows = runtimes[0]?.rows ?? [];
  const tables = rows.flatMap((row) => groupTables(row, runtimes));
  if (rows.length > 0) tables.push(targetTable(rows, runtimes));
  if (bundleSizes !== undefined) tables.push(bundleTable(bundleSizes));
  if (typeCosts !== undefined) tables.push(typeTable(typeCosts));
  return tables;
}

function rowOf(runtime: RuntimeResult, id: string): RowResult | undefined {
  return runtime.rows.find((row) => row.id === id);
}

/** One table for each group; contenders that only some runtimes have are in it once. */
function groupTables(row: RowResult, runtimes: readonly RuntimeResult[]): Table[] {
  return row.groups.map((group) => {
    const found = runtimes.map((runtime) =>
      rowOf(runtime, row.id)?.groups.find(({ name }) => name === group.name)?.contenders ?? []
    );
    const names = [...new Set(found.flat().map(({ name }) => name))];
    return {
      title: [`${row.id}: ${row.title}`, group.name, `${count(row.items)} ${row.unit}s`].join("; "),
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
          return [nanoseconds(least), `${nanoseconds(p25)}–${nanoseconds(p75)}`, times(ratio)];
        }),
      ]),
    };
  });
}

function targetTable(rows: readonly RowResult[], runtimes: readonly RuntimeResult[]): Table {
  return {
    title: "targets",
    head: ["", ...runtimes.map(({ runtime }) => runtime)],
    rows: rows.flatMap((row) =>
      row.targets.map(({ text }) => [
        `${row.id}: ${text}`,
        ...runtimes.map((runtime) => {
          const target = rowOf(runtime, row.id)?.targets.find((target) => target.text === text);
          if (target === undefined || target.verdict === "not measured") return "not measured";
          return `${target.figure.toFixed(2)} ${target.verdict}`;
        }),
      ])
    ),
  };
}

function bundleTable(sizes: readonly BundleSize[]): Table {
  const verdict = ({ gzipBytes, maxGzipBytes }: BundleSize): string => {
    if (maxGzipBytes === undefined) return "";
    return `≤ ${kilobytes(maxGzipBytes)} ${gzipBytes <= maxGzipBytes ? "met" : "missed"}`;
  };
  return {
    title: "bundle-size: minified, and with gzip",
    head: ["", "minified", "gzip", "target"],
    rows: sizes.map((size) => [
      size.name,
      kilobytes(size.minifiedBytes),
      kilobytes(size.gzipBytes),
      verdict(size),
    ]),
  };
}

function typeTable(costs: readonly TypeCost[]): Table {
  return {
    title: "types: checking one chain",
    head: ["", "check", "instantiations", "types", "errors"],
    rows: costs.map(({ stages, checkMs, instantiations, types, errors }) => [
      `${stages} stages`,
      `${checkMs.toFixed(0)} ms`,
      count(instantiations),
      count(types),
      count(errors.length),
    ]),
  };
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function nanoseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : count(value);
}

function times(ratio: number): string {
  if (Number.isNaN(ratio)) return "–";
  return ratio < 100 ? ratio.toFixed(2) : count(ratio);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
