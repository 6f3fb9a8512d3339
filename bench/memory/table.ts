/** Growths and verdicts as Markdown. @module */

import { findGrowth, type Growth, type MemoryVerdict, type Metric } from "./growth.ts";
import type { Workload } from "./workload.ts";

const METRICS: readonly { readonly metric: Metric; readonly name: string }[] = [
  { metric: "heapMb", name: "heap" },
  { metric: "liveMb", name: "live" },
  { metric: "rssMb", name: "RSS" },
];

/** The tables of a workload: one per runtime, and one of the targets. */
export function renderTables(
  workload: Workload,
  growths: readonly Growth[],
  verdicts: readonly MemoryVerdict[],
  versions: Readonly<Record<string, string>>,
): string {
  const runtimes = [...new Set(growths.map(({ runtime }) => runtime))];
  const perRuntime = runtimes.map((runtime) => [
    `**${runtime} ${
      versions[runtime] ?? ""
    }: ${workload.title}; peaks in MB above a process that ` +
    `does nothing**`,
    renderGrowths(workload, growths, runtime),
    ...notesOf(growths.filter((growth) => growth.runtime === runtime)),
  ]);
  return [...perRuntime.flat(), "**Targets**", renderVerdicts(verdicts, runtimes)].join("\n\n");
}

function renderGrowths(
  { forms, sizes }: Workload,
  growths: readonly Growth[],
  runtime: string,
): string {
  const measured = forms.filter(({ id }) =>
    growths.some((growth) => growth.runtime === runtime && growth.form === id)
  );
  const head = METRICS.flatMap(({ name }) => sizes.map((size) => `${name}, ${shortCount(size)}`));
  const rows = measured.map(({ id, name }) => [
    name,
    ...METRICS.flatMap(({ metric }) =>
      sizes.map((items) => cellOf(findGrowth(growths, runtime, { form: id, items }), metric))
    ),
  ]);
  return toTable(["", ...head], rows);
}

function cellOf(growth: Growth | undefined, metric: Metric): string {
  if (growth === undefined) return "";
  if (Number.isNaN(growth[metric])) return growth.failure === undefined ? "–" : "failed";
  return toMegabytes(growth[metric]) + (growth.heapLimitMb === undefined ? "" : "†");
}

function notesOf(growths: readonly Growth[]): string[] {
  const limits = new Set(growths.flatMap(({ heapLimitMb }) => heapLimitMb ?? []));
  return [...limits].map((limit) =>
    `† At the runtime's own heap limit this form runs out of memory; measured with ` +
    `\`--max-old-space-size=${limit}\`.`
  );
}

function renderVerdicts(
  verdicts: readonly MemoryVerdict[],
  runtimes: readonly string[],
): string {
  const rows = METRICS.flatMap(({ metric, name }) =>
    [...new Set(verdicts.filter((verdict) => verdict.metric === metric).map(({ text }) => text))]
      .map((text) => [
        `${name}: ${text}`,
        ...runtimes.map((runtime) => {
          const found = verdicts.find((verdict) =>
            verdict.text === text && verdict.metric === metric && verdict.runtime === runtime
          );
          if (found === undefined || found.verdict === "not measured") return "not measured";
          return `${toShare(found.figure)} ${found.verdict}`;
        }),
      ])
  );
  return toTable(["", ...runtimes], rows);
}

function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => column === 0 ? "---" : "--:");
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** `10k`, `1M`. */
export function shortCount(count: number): string {
  if (count >= 1e6) return `${count / 1e6}M`;
  return count >= 1000 ? `${count / 1000}k` : String(count);
}

/** Three digits at most; what is around zero is noise, and shown as such. */
export function toMegabytes(megabytes: number): string {
  if (megabytes < 0.05) return "< 0.1";
  return megabytes < 10 ? megabytes.toFixed(1) : Math.round(megabytes).toLocaleString("en");
}

function toShare(figure: number): string {
  return figure < 0.5 ? `${(figure * 100).toFixed(1)} %` : `${figure.toFixed(2)} ×`;
}
