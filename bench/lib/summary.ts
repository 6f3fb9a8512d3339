/** The middle of some measurements. @module */

/** Least, median and quartiles; `NaN` where nothing was measured. */
export interface Summary {
  readonly least: number;
  readonly median: number;
  readonly p25: number;
  readonly p75: number;
}

export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((left, right) => left - right);
  return {
    least: quantile(sorted, 0),
    median: quantile(sorted, 0.5),
    p25: quantile(sorted, 0.25),
    p75: quantile(sorted, 0.75),
  };
}

/** Linear interpolation between the two nearest ranks. */
function quantile(sorted: readonly number[], fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const lower = sorted[Math.floor(position)] ?? NaN;
  const upper = sorted[Math.ceil(position)] ?? NaN;
  return lower + (upper - lower) * (position - Math.floor(position));
}
