// The chart of a run: how many items came out of each stage per second.

import uPlot from "uplot";
import type { Rates } from "./rates.ts";

const HEIGHT = 240;
const PADDING = 18;
/** Distinct for readers who are colour-blind, too: Okabe and Ito, 2008. */
const COLORS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#8a7a00",
  "#6b6b6b",
];

/** Draws rates into an element, for as many stages as there are. */
export class Chart {
  readonly #host: HTMLElement;
  #plot: uPlot | undefined;
  /** What the plot was made for. */
  #drawn = "";

  constructor(host: HTMLElement) {
    this.#host = host;
    new ResizeObserver(() => {
      this.#plot?.setSize({ width: this.#width, height: HEIGHT });
    }).observe(host);
  }

  draw(id: number, keys: readonly string[], { times, output }: Rates): void {
    const drawn = JSON.stringify([id, keys]);
    const data: uPlot.AlignedData = [times, ...keys.map((_key, index) => output[index] ?? [])];
    if (this.#plot !== undefined && this.#drawn === drawn) return this.#plot.setData(data);
    this.#plot?.destroy();
    this.#drawn = drawn;
    this.#plot = new uPlot(this.#options(keys), data, this.#host);
  }

  get #width(): number {
    return Math.max(120, this.#host.clientWidth - PADDING);
  }

  #options(keys: readonly string[]): uPlot.Options {
    const styles = getComputedStyle(document.documentElement);
    const axis = {
      stroke: () => styles.getPropertyValue("--axis") || "#7b8794",
      grid: { stroke: "#7b879433", width: 1 },
      ticks: { stroke: "#7b879433", width: 1 },
    };
    return {
      width: this.#width,
      height: HEIGHT,
      legend: { live: false },
      cursor: { points: { show: false } },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
      axes: [axis, { ...axis, size: 56 }],
      series: [
        {},
        ...keys.map((key, index): uPlot.Series => ({
          label: key,
          stroke: COLORS[index % COLORS.length]!,
          width: 2,
          dash: index < COLORS.length ? [] : [6, 4],
          points: { show: false },
        })),
      ],
    };
  }
}
