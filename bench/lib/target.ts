/** Targets that hold a contender against others. @module */

import { HEADRACE, type Target } from "./row.ts";

/** The runtimes on V8. */
export const V8: readonly string[] = ["deno", "node"];
export const BUN: readonly string[] = ["bun"];

/** How many times the cost of others a contender may have. */
interface Limit {
  readonly group: string;
  readonly atMost: number;
  /** The others; the best of them counts. */
  readonly over: string | readonly string[];
  /** @default Headrace */
  readonly of?: string;
  readonly runtimes?: readonly string[];
}

/** A contender costs at most so many times what the best of others costs. */
export function limitCost({ group, atMost, over, of = HEADRACE, runtimes }: Limit): Target {
  const others = [over].flat();
  const whose = others.length === 1 ? others[0] : `the best of ${others.join(", ")}`;
  return {
    text: `${group}: ${of} ≤ ${atMost} × ${whose}`,
    figure: (costOf) =>
      costOf(group, of) / Math.min(...others.map((other) => costOf(group, other))),
    atMost,
    runtimes,
  };
}

/** In these groups the dearest cost of a contender is at most so many times the cheapest. */
export function limitSpread(
  groups: readonly string[],
  { atMost, what, of = HEADRACE }: {
    readonly atMost: number;
    /** What the groups differ by. */
    readonly what: string;
    readonly of?: string;
  },
): Target {
  return {
    text: `${of} at the dearest ${what} ≤ ${atMost} × at the cheapest`,
    figure: (costOf) => {
      const costs = groups.map((group) => costOf(group, of));
      return Math.max(...costs) / Math.min(...costs);
    },
    atMost,
  };
}
