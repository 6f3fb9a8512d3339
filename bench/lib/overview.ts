/** What the page shows of a report: targets, and Headrace beside the best peer. @module */

import type { BundleSize } from "./bundle_size.ts";
import type { ImportResult } from "./import_cost.ts";
import type { ContenderResult } from "./measure.ts";
import { findRow, type Report, rowsOf } from "./report.ts";
import { type ContenderKind, NATIVE } from "./row.ts";
import { summarize } from "./summary.ts";
import { type Table, toKilobytes, toNanoseconds, toTimes } from "./tables.ts";
import type { TargetResult } from "./verdict.ts";

export function overviewOf(report: Report): Table[] {
  const { imports = [], bundleSizes = [] } = report;
  const tables = [
    targetTable(report),
    peerTable(report),
    importTable(imports),
    sizeTable(bundleSizes),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

/** How far the samples of a contender lay apart on each runtime, as the median over all. */
export function describeNoise({ runtimes }: Report): string {
  const noises = runtimes.map(({ runtime, rows }) => {
    const contenders = rows.flatMap(({ groups }) => groups.flatMap(({ contenders }) => contenders));
    const measured = contenders.filter(({ failure }) => failure === undefined);
    const above = summarize(measured.map(({ least, median }) => median / least - 1)).median;
    return `${(above * 100).toFixed(0)} % on ${runtime}`;
  });
  return `The median of a contender's samples lay above the least by ${noises.join(", ")}.`;
}

function targetTable(report: Report): Table {
  const { runtimes, imports = [] } = report;
  const names = (runtimes.length > 0 ? runtimes : imports).map(({ runtime }) => runtime);
  /** Of each row, the targets as every runtime has them. */
  const asked = [
    ...rowsOf(report).map(({ id }) => ({
      id,
      found: runtimes.map((runtime) => findRow(runtime, id)?.targets ?? []),
    })),
    { id: "import", found: imports.map(({ targets }) => targets) },
  ];
  const all = asked.flatMap(({ found }) => found.flat());
  const countOf = (wanted: TargetResult["verdict"]): string =>
    `${all.filter(({ verdict }) => verdict === wanted).length} ${wanted}`;
  return {
    title: `Targets: ${countOf("met")}, ${countOf("missed")}, ${countOf("not measured")}`,
    head: ["work", "target", "asked of", ...names],
    words: 3,
    rows: asked.flatMap(({ id, found }) =>
      (found[0] ?? []).map(({ text, runtimes }) => [
        id,
        text,
        runtimes?.join(", ") ?? "all",
        ...found.map((targets) => toVerdict(targets.find((target) => target.text === text))),
      ])
    ),
  };
}

function toVerdict(target: TargetResult | undefined): string {
  if (target === undefined || target.verdict === "not measured") return "not measured";
  if (target.verdict === "not asked here") return "–";
  return `${target.figure.toFixed(2)} ${target.verdict}`;
}

function peerTable(report: Report): Table {
  const { runtimes } = report;
  return {
    title: "Headrace beside the best peer: how many times its cost, and the cost itself",
    head: ["work", ...runtimes.map(({ runtime, version }) => `${runtime} ${version}`), NATIVE],
    rows: rowsOf(report).flatMap((row) =>
      row.groups.filter(({ contenders }) => contenders.some(isOfOthers)).map((group) => {
        const found = runtimes.map((runtime) =>
          findRow(runtime, row.id)?.groups.find(({ name }) => name === group.name)?.contenders ?? []
        );
        return [
          `${row.id}: ${group.name}`,
          ...found.map((contenders) => besideBestPeer(contenders, row.unit)),
          besideNative(found),
        ];
      })
    ),
  };
}

const isOfOthers = ({ kind }: ContenderResult): boolean => kind === "peer" || kind === "native";

/** Those of a kind that have figures. */
function measuredOf(
  contenders: readonly ContenderResult[],
  kind: ContenderKind,
): ContenderResult[] {
  return contenders.filter((each) => each.kind === kind && each.failure === undefined);
}

function besideBestPeer(contenders: readonly ContenderResult[], unit: string): string {
  const [ours] = measuredOf(contenders, "ours");
  if (ours === undefined) return "failed";
  const cost = `${toNanoseconds(ours.least)} ns/${unit}`;
  const peers = measuredOf(contenders, "peer");
  if (peers.length === 0) return cost;
  const best = peers.reduce((best, peer) => peer.least < best.least ? peer : best);
  return `${toTimes(ours.least / best.least)} × ${best.name}, ${cost}`;
}

/** On all runtimes, in their order. */
function besideNative(found: readonly (readonly ContenderResult[])[]): string {
  const ratios = found.map((contenders) => {
    const [ours] = measuredOf(contenders, "ours");
    const [native] = measuredOf(contenders, "native");
    return ours === undefined || native === undefined ? NaN : ours.least / native.least;
  });
  return ratios.every(Number.isNaN) ? "–" : ratios.map(toTimes).join(" / ");
}

function importTable(imports: readonly ImportResult[]): Table {
  const names = [...new Set(imports.flatMap(({ costs }) => costs.map(({ name }) => name)))];
  return {
    title: "import: whole processes, in ms above one that imports nothing",
    head: ["", ...imports.map(({ runtime }) => runtime)],
    rows: names.map((name) => [
      name,
      ...imports.map(({ costs }) => {
        const cost = costs.find((each) => each.name === name);
        if (cost === undefined) return "–";
        const [median, p25, p75] = [cost.median, cost.p25, cost.p75].map((ms) => ms.toFixed(1));
        return `${median} (${p25} to ${p75})`;
      }),
    ]),
  };
}

function sizeTable(sizes: readonly BundleSize[]): Table {
  const verdict = ({ gzipBytes, maxGzipBytes }: BundleSize): string => {
    if (maxGzipBytes === undefined) return "";
    return `≤ ${toKilobytes(maxGzipBytes)} ${gzipBytes <= maxGzipBytes ? "met" : "missed"}`;
  };
  return {
    title: "bundle-size: minified, and with gzip",
    head: ["", "minified", "gzip", "target"],
    rows: sizes.map((size) => [
      size.name,
      toKilobytes(size.minifiedBytes),
      toKilobytes(size.gzipBytes),
      verdict(size),
    ]),
  };
}
