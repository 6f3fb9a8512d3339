/** What the processes found, put together: peaks above those of a process that does nothing. @module */

import { summarize } from "../lib/summary.ts";
import { EMPTY } from "./child.ts";
import type { Measured } from "./start.ts";
import type { Cell, MemoryTarget, Workload } from "./workload.ts";

/** The figures of one form at one size on one runtime; megabytes above the empty process. */
export interface Growth extends Cell {
  readonly runtime: string;
  /** The heap as the runtime let it grow, garbage included. */
  readonly heapMb: number;
  /** The heap after a collection at each look. */
  readonly liveMb: number;
  /** What the process took from the system. */
  readonly rssMb: number;
  /** Given where the runtime's own heap limit was too small. */
  readonly heapLimitMb?: number | undefined;
  readonly failure?: string | undefined;
}

/** What is compared. */
export type Metric = "heapMb" | "liveMb" | "rssMb";

export interface MemoryVerdict {
  readonly text: string;
  readonly runtime: string;
  /** `NaN` where it was not measured. */
  readonly figure: number;
  /** Whether the figure is bytes; otherwise it is a ratio. */
  readonly isBytes: boolean;
  readonly atMost: number;
  readonly verdict: "met" | "missed" | "not measured";
}

/**
 * Runtimes whose `heapUsed` only says what the latest collection left; there the heap is known
 * where garbage is collected at each look, and not otherwise.
 */
const HEAP_KNOWN_AFTER_COLLECTION: readonly string[] = ["bun"];

/** Below this a heap is at rest; a ratio of two such figures says nothing. */
export const LEAST_MB = 1;

/** The median over the processes that measured the same, less the median of the empty ones. */
export function toGrowths(measured: readonly Measured[]): Growth[] {
  const cells = new Map<string, Measured>();
  for (const each of measured) {
    if (each.form !== EMPTY) cells.set(`${each.runtime} ${each.form} ${each.items}`, each);
  }
  return [...cells.values()].map(({ runtime, form, items }) => {
    const above = (collect: boolean, figure: "heapBytes" | "rssBytes"): number => {
      const of = (form: string, items: number): number =>
        medianOf(measured, { runtime, form, items, collect }, figure);
      return (of(form, items) - of(EMPTY, 0)) / 1e6;
    };
    const own = measured.filter((each) =>
      each.runtime === runtime && each.form === form && each.items === items
    );
    return {
      runtime,
      form,
      items,
      heapMb: HEAP_KNOWN_AFTER_COLLECTION.includes(runtime) ? NaN : above(false, "heapBytes"),
      liveMb: above(true, "heapBytes"),
      rssMb: above(false, "rssBytes"),
      heapLimitMb: own.find(({ heapLimitMb }) => heapLimitMb !== undefined)?.heapLimitMb,
      failure: own.find(({ failure }) => failure !== undefined)?.failure,
    };
  });
}

/** Targets hold for what is alive: garbage is the runtime's to keep or to collect. */
export function judge({ targets }: Workload, growths: readonly Growth[]): MemoryVerdict[] {
  const runtimes = [...new Set(growths.map(({ runtime }) => runtime))];
  return targets.flatMap((target) => runtimes.map((runtime) => judgeOne(target, growths, runtime)));
}

/** What is alive, in bytes for each item. */
export function bytesPerItem(liveMb: number, items: number): number {
  return liveMb * 1e6 / items;
}

export function findGrowth(
  growths: readonly Growth[],
  runtime: string,
  { form, items }: Cell,
): Growth | undefined {
  return growths.find((each) =>
    each.runtime === runtime && each.form === form && each.items === items
  );
}

function judgeOne(
  { text, of, over, atMost }: MemoryTarget,
  growths: readonly Growth[],
  runtime: string,
): MemoryVerdict {
  const liveOf = (cell: Cell): number => findGrowth(growths, runtime, cell)?.liveMb ?? NaN;
  const figure = over === undefined
    ? bytesPerItem(liveOf(of), of.items)
    : Math.max(liveOf(of), 0) / Math.max(liveOf(over), LEAST_MB);
  const known = { text, runtime, figure, isBytes: over === undefined, atMost };
  if (Number.isNaN(figure)) return { ...known, verdict: "not measured" };
  return { ...known, verdict: figure <= atMost ? "met" : "missed" };
}

function medianOf(
  measured: readonly Measured[],
  { runtime, form, items, collect }: Pick<Measured, "runtime" | "form" | "items" | "collect">,
  figure: "heapBytes" | "rssBytes",
): number {
  const values = measured.filter((each) =>
    each.runtime === runtime && each.form === form && each.items === items &&
    each.collect === collect
  ).flatMap(({ result }) => result === undefined ? [] : [result[figure]]);
  return summarize(values).median;
}
