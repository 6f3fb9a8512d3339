/** Growths as a chart with two logarithmic axes, in SVG. @module */

import { findGrowth, type Growth, type Metric } from "./growth.ts";
import { shortCount, toMegabytes } from "./table.ts";
import type { Workload } from "./workload.ts";

const WIDTH = 880;
const HEIGHT = 420;
const PLOT = { top: 82, bottom: 366, width: 350 };
const LEGEND_Y = HEIGHT - 14;
const COLORS = ["#8a5a00", "#c0392b", "#1f6fb2", "#12806a", "#777777"];
const DASHES = ["7 4", "", "", "6 3", "2 3"];

/** About; enough to keep the names of the legend apart. */
const LETTER_WIDTH = 6;

/** What is less is drawn there: below lie differences between two processes that do nothing. */
const LEAST_MB = 0.1;

const PANELS: readonly {
  readonly metric: Metric;
  readonly title: string;
  readonly left: number;
}[] = [
  { metric: "heapMb", title: "Peak heap, garbage included", left: 60 },
  { metric: "liveMb", title: "Peak of what is alive", left: 490 },
];

/** Where a value lies between two powers of ten, from 0 at `low` to 1 at `high`. */
export function logFraction(value: number, low: number, high: number): number {
  const clamped = Math.min(Math.max(value, low), high);
  return Math.log10(clamped / low) / Math.log10(high / low);
}

/** The powers of ten from the highest that is not above `low` to the lowest not below `high`. */
export function decades(low: number, high: number): number[] {
  // Rounded first, since Math.log10(1000) may be a little above 3.
  const exponent = (value: number): number => Number(Math.log10(value).toFixed(9));
  const first = Math.floor(exponent(low));
  const last = Math.ceil(exponent(high));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/** The chart of one runtime. */
export function renderChart(
  { title, sizes, forms }: Workload,
  growths: readonly Growth[],
  runtime: string,
): string {
  const figures = growths.filter((growth) => growth.runtime === runtime)
    .flatMap(({ heapMb, liveMb }) => [heapMb, liveMb]).filter((figure) => figure > 0);
  const ticks = decades(LEAST_MB, Math.max(1, ...figures));
  const [low = LEAST_MB, high = low] = [ticks[0], ticks.at(-1)];
  const span = PLOT.bottom - PLOT.top;
  const yOf = (megabytes: number): number => PLOT.bottom - logFraction(megabytes, low, high) * span;

  const panels = PANELS.map(({ metric, title, left }) => {
    const xOf = (size: number): number =>
      left + 20 + logFraction(size, sizes[0]!, sizes.at(-1)!) * (PLOT.width - 60);
    const right = left + PLOT.width;
    const grid = ticks.map((tick) =>
      `<path d="M${left} ${round(yOf(tick))}H${right}" stroke="#ddd"/>` +
      text(left - 6, yOf(tick) + 4, tick.toLocaleString("en"), "end")
    );
    const marks = sizes.map((size) => text(xOf(size), PLOT.bottom + 18, shortCount(size)));
    const lines = forms.map(({ id, name }, index) => {
      const points = sizes.flatMap((size) => {
        const figure = findGrowth(growths, runtime, { form: id, items: size })?.[metric] ?? NaN;
        if (Number.isNaN(figure)) return [];
        return [{ x: xOf(size), y: yOf(figure), label: `${name}, ${shortCount(size)}: `, figure }];
      });
      if (points.length === 0) return "";
      const color = COLORS[index % COLORS.length];
      const path = points.map(({ x, y }) => `${round(x)} ${round(y)}`).join("L");
      const dots = points.map(({ x, y, label, figure }) =>
        `<circle cx="${round(x)}" cy="${round(y)}" r="3.5" fill="${color}">` +
        `<title>${label}${toMegabytes(figure)} MB</title></circle>`
      );
      return `<path d="M${path}" ${styleOf(index)}/>${dots.join("")}`;
    });
    const heading = text(left, PLOT.top - 12, title, "start", "600");
    return [heading, ...grid, ...marks, ...lines].join("\n");
  });

  let legendX = 60;
  const legend = forms.map(({ name }, index) => {
    const x = legendX;
    legendX += 50 + name.length * LETTER_WIDTH;
    return `<path d="M${round(x)} ${LEGEND_Y - 4}h22" ${styleOf(index)}/>` +
      text(x + 28, LEGEND_Y, name, "start");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" ` +
    `font-family="system-ui, sans-serif" font-size="11">`,
    `<title>Memory on ${runtime}, MB above a process that does nothing</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(60, 24, `MB above a process that does nothing, by items (${runtime})`, "start", "600"),
    text(60, 42, title, "start"),
    ...panels,
    ...legend,
    "</svg>\n",
  ].join("\n");
}

function styleOf(index: number): string {
  const dash = DASHES[index % DASHES.length];
  return `fill="none" stroke-width="2" stroke="${COLORS[index % COLORS.length]}"` +
    (dash === "" ? "" : ` stroke-dasharray="${dash}"`);
}

function text(x: number, y: number, content: string, anchor = "middle", weight = "400"): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" ` +
    `font-weight="${weight}" fill="#222">${escaped}</text>`;
}

const round = (value: number): string => String(Math.round(value * 10) / 10);
