/** Growths as Markdown, all of them. @module */

import { findGrowth, type Growth, type Metric } from "./growth.ts";
import { LIMITS_MB, type SmallestHeap } from "./smallest_heap.ts";
import type { Workload } from "./workload.ts";

const METRICS: readonly { readonly metric: Metric; readonly name: string }[] = [
  { metric: "heapMb", name: "heap" },
  { metric: "liveMb", name: "live" },
  { metric: "rssMb", name: "RSS" },
];

/** What the tables of a workload show. */
export interface MemoryFigures {
  readonly growths: readonly Growth[];
  readonly heaps: readonly SmallestHeap[];
  /** Of each runtime. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The tables of a workload: one per runtime, and where there are any, one of the smallest heaps. */
export function renderTables(
  workload: Workload,
  { growths, heaps, versions }: MemoryFigures,
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
  const smallest = heaps.length === 0
    ? []
    : ["**The smallest heap that the work runs in, MB**", renderHeaps(workload, heaps)];
  return [...perRuntime.flat(), ...smallest].join("\n\n");
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

function renderHeaps({ forms, sizes }: Workload, heaps: readonly SmallestHeap[]): string {
  const runtimes = [...new Set(heaps.map(({ runtime }) => runtime))];
  const columns = runtimes.flatMap((runtime) => sizes.map((items) => ({ runtime, items })));
  const rows = forms.filter(({ id }) => heaps.some(({ form }) => form === id)).map((form) => [
    form.name,
    ...columns.map(({ runtime, items }) => {
      const found = heaps.find((heap) =>
        heap.runtime === runtime && heap.form === form.id && heap.items === items
      );
      if (found === undefined) return "";
      return toLimit(found.limitMb);
    }),
  ]);
  const head = columns.map(({ runtime, items }) => `${runtime}, ${shortCount(items)}`);
  return toTable(["", ...head], rows);
}

/** What the search cannot tell apart lies at the ends of its steps. */
function toLimit(limitMb: number | undefined): string {
  if (limitMb === undefined) return `> ${LIMITS_MB.at(-1)?.toLocaleString("en")}`;
  return limitMb === LIMITS_MB[0] ? `≤ ${limitMb}` : limitMb.toLocaleString("en");
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

export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
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
  return megabytes < 9.95 ? megabytes.toFixed(1) : Math.round(megabytes).toLocaleString("en");
}
