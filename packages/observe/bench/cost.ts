// What it costs to observe a run: ratios of pairs, the interval of their median, and their tables.

/** What was measured of one observer on one workload. */
export interface Cost {
  readonly observer: string;
  readonly workload: string;
  /** The time observed over the time not observed, of each pair. */
  readonly ratios: readonly number[];
  /** What a call took more while it was observed, in nanoseconds, of each pair. */
  readonly moreNs: readonly number[];
}

/** A median, and where the median of endlessly many pairs lies. */
export interface Interval {
  readonly middle: number;
  readonly low: number;
  readonly high: number;
}

const ERROR_SHARE = 0.05;

/**
 * The median of values, and an interval that has the true one in 95 of 100 measurements, whatever their
 * distribution: how many of the values lie below the true median is binomial. With fewer than six values it
 * is all of them, which is less sure.
 *
 * @throws {RangeError} If there are no values.
 */
export function estimateMedian(values: readonly number[]): Interval {
  if (values.length === 0) throw new RangeError("Cannot estimate a median: there are no values");
  const sorted = values.toSorted((left, right) => left - right);
  const { length } = sorted;
  // The chance that `skipped` values or fewer lie below the true median, and the same above it.
  let chance = 0.5 ** length;
  let ways = 1;
  let skipped = 0;
  while (2 * chance <= ERROR_SHARE) {
    skipped++;
    ways *= (length - skipped + 1) / skipped;
    chance += ways * 0.5 ** length;
  }
  const from = Math.max(0, skipped - 1);
  const middle = (sorted[(length - 1) >> 1]! + sorted[length >> 1]!) / 2;
  return { middle, low: sorted[from]!, high: sorted[length - 1 - from]! };
}

/** The ratios in one table, and what is more per call in another, in Markdown. */
export function toTables(costs: readonly Cost[]): string {
  const ratio = ({ ratios }: Cost) => show(estimateMedian(ratios), 2);
  const more = ({ moreNs }: Cost) => show(estimateMedian(moreNs), 0);
  return `${toTable("time, as a ratio", costs, ratio)}\n\n${
    toTable("more per call, in ns", costs, more)
  }`;
}

function toTable(title: string, costs: readonly Cost[], show: (cost: Cost) => string): string {
  const workloads = [...new Set(costs.map(({ workload }) => workload))];
  const observers = [...new Set(costs.map(({ observer }) => observer))];
  const rows = observers.map((observer) => [
    observer,
    ...workloads.map((workload) => {
      const cost = costs.find((each) => each.observer === observer && each.workload === workload);
      return cost === undefined ? "" : show(cost);
    }),
  ]);
  return [[title, ...workloads], ["---", ...workloads.map(() => "---:")], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function show({ middle, low, high }: Interval, digits: number): string {
  const [first, second, third] = [middle, low, high].map((value) =>
    // Adding 0 takes the sign from what is rounded to nothing.
    (Number(value.toFixed(digits)) + 0).toFixed(digits)
  );
  return `${first} (${second} to ${third})`;
}
