/** What the page shows of a workload: what is alive at its largest size, and the targets. @module */

import { bytesPerItem, findGrowth, type Growth, type MemoryVerdict } from "./growth.ts";
import { shortCount, toMegabytes, toTable } from "./table.ts";
import type { Workload } from "./workload.ts";

export function renderOverview(
  workload: Workload,
  growths: readonly Growth[],
  verdicts: readonly MemoryVerdict[],
): string {
  const runtimes = [...new Set(growths.map(({ runtime }) => runtime))];
  const items = workload.sizes.at(-1)!;
  const figure = workload.unit === undefined ? "MB" : `bytes for each ${workload.unit}`;
  const title = `**Alive at the peak, ${figure}: ${workload.title}, ${shortCount(items)}**`;
  const rows = workload.forms.map(({ id, name }) => [
    name,
    ...runtimes.map((runtime) => {
      const growth = findGrowth(growths, runtime, { form: id, items });
      if (growth === undefined) return "–";
      if (Number.isNaN(growth.liveMb)) return growth.failure === undefined ? "–" : "failed";
      if (workload.unit === undefined) return toMegabytes(growth.liveMb);
      return toBytes(bytesPerItem(growth.liveMb, items));
    }),
  ]);
  const targets = verdicts.length === 0 ? [] : [
    "**Targets, of what is alive**",
    toTable(["", ...runtimes], targetRows(verdicts, runtimes)),
  ];
  return [title, toTable(["", ...runtimes], rows), ...targets].join("\n\n");
}

function targetRows(
  verdicts: readonly MemoryVerdict[],
  runtimes: readonly string[],
): string[][] {
  return [...new Set(verdicts.map(({ text }) => text))].map((text) => [
    text,
    ...runtimes.map((runtime) => {
      const found = verdicts.find((each) => each.text === text && each.runtime === runtime);
      if (found === undefined || found.verdict === "not measured") return "not measured";
      return `${toFigure(found)} ${found.verdict}`;
    }),
  ]);
}

/** As the target has it: bytes, a share, or times. */
function toFigure({ figure, isBytes, atMost }: MemoryVerdict): string {
  if (isBytes) return toBytes(figure);
  return atMost < 1 ? `${(figure * 100).toFixed(1)} %` : `${figure.toFixed(1)} ×`;
}

function toBytes(bytes: number): string {
  return Math.round(bytes).toLocaleString("en");
}
