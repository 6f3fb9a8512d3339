/**
 * What a bench row is made of. A row is written once; `deno bench` and the
 * runner both read it.
 *
 * @module
 */

/**
 * Who made a contender: the library, the author of the benchmark, the language itself, or others. What
 * the language has is quick, and knows of synchronous items alone.
 */
export type ContenderKind = "ours" | "by hand" | "native" | "peer";

/** One way of doing a group's work. */
export interface Contender {
  readonly name: string;
  /** @default {"peer"} */
  readonly kind?: ContenderKind;
  /** Does the work on `items` items and returns what {@linkcode Group.expected} returns. */
  run(items: number): unknown;
  /**
   * The part of the row's items that the runner gives to a slow contender, so that a round stays
   * short; figures are per item. `deno bench` gives every contender all of them.
   *
   * @default 1
   */
  readonly share?: number;
}

/** Contenders that do the same work and consume it in the same way. */
export interface Group {
  readonly name: string;
  /** The name of the contender that ratios refer to. */
  readonly baseline: string;
  /** The result that every contender must return for so many items. */
  expected(items: number): unknown;
  readonly contenders: readonly Contender[];
}

/** The least cost per item of a contender, in ns; `NaN` where it was not measured. */
export type CostOf = (group: string, contender: string) => number;

/** A figure that a row must reach. */
export interface Target {
  /** What the figure is and what it must be, such as "reduce: Headrace ≤ 0.75 × RxJS". */
  readonly text: string;
  figure(costOf: CostOf): number;
  /** The figure must not be higher. */
  readonly atMost?: number;
  /** The figure must not be lower. */
  readonly atLeast?: number;
  /** Where the target applies. @default every runtime */
  readonly runtimes?: readonly string[];
}

/** One row of the table of performance targets. */
export interface Row {
  readonly id: string;
  readonly title: string;
  /** What the costs are counted by. @default "item" */
  readonly unit?: string;
  /** Items per run when the runner measures. */
  readonly items: number;
  /** Items per run under `deno bench`, which repeats a run many times. */
  readonly denoBenchItems: number;
  /** Runs per contender under `deno bench`. @default as many as it takes for a steady figure */
  readonly denoBenchRuns?: { readonly n: number; readonly warmup: number };
  /**
   * Untimed runs of each contender at full size before the first sample. Rows that wait on timers
   * need none.
   *
   * @default 2
   */
  readonly warmUpRounds?: number;
  readonly groups: readonly Group[];
  readonly targets: readonly Target[];
}

/** The name under which the iterator helpers of the language stand. */
export const NATIVE = "native iterator helpers";

/** The name under which Headrace stands in every row. */
export const HEADRACE = "Headrace";
