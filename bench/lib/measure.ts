/**
 * Times the contenders of a row against each other, in this process.
 *
 * @module
 */

import type { Contender, ContenderKind, CostOf, Group, Row } from "./row.ts";
import { summarize, type Summary } from "./summary.ts";
import { judgeTarget, type TargetResult } from "./verdict.ts";

/** How to measure. */
export interface MeasureOptions {
  /** Timed runs per contender. */
  readonly samples: number;
  /** Items per run. @default the row's own */
  readonly items?: number;
  /** Called with what is being done. */
  readonly onProgress?: (text: string) => void;
}

/** The cost per item of one contender, in ns. */
export interface ContenderResult extends Summary {
  readonly name: string;
  readonly kind: ContenderKind;
  /** Items per run. */
  readonly items: number;
  /** Least cost over the baseline's; `NaN` where the baseline failed. */
  readonly ratio: number;
  /** Why there are no figures. */
  readonly failure?: string;
}

export interface GroupResult {
  readonly name: string;
  readonly baseline: string;
  readonly contenders: readonly ContenderResult[];
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly items: number;
  readonly groups: readonly GroupResult[];
  readonly targets: readonly TargetResult[];
}

/** Items of the run that compares results before anything is timed. */
const VERIFY_ITEMS = 150;

/** A contender that has not ended by then counts as hanging. */
const VERIFY_TIMEOUT_MS = 20_000;

/** A contender while it is measured. */
interface Entry {
  readonly group: Group;
  readonly contender: Contender;
  readonly items: number;
  readonly expected: unknown;
  readonly costs: number[];
  failure?: string;
}

/**
 * Checks that all contenders of the row give the same result, warms them up, then takes one
 * sample of each in turn until there are enough. Every other round goes backwards, so that no
 * contender always follows the same one.
 */
export async function measureRow(
  row: Row,
  runtime: string,
  { samples, items = row.items, onProgress = () => {} }: MeasureOptions,
): Promise<RowResult> {
  const entries = row.groups.flatMap((group) =>
    group.contenders.map((contender) => toEntry(group, contender, items))
  );

  onProgress(`${row.id}: checking`);
  for (const entry of entries) entry.failure = await verify(entry.group, entry.contender);

  const warmUpRounds = row.warmUpRounds ?? 2;
  for (let round = 0; round < warmUpRounds; round++) {
    onProgress(`${row.id}: warm-up ${round + 1} of ${warmUpRounds}`);
    for (const entry of entries) await takeSample(entry);
  }
  for (const entry of entries) entry.costs.length = 0;

  for (let round = 0; round < samples; round++) {
    onProgress(`${row.id}: sample ${round + 1} of ${samples}`);
    for (const entry of round % 2 === 0 ? entries : entries.toReversed()) await takeSample(entry);
  }
  return toResult(row, runtime, items, entries);
}

/** Runs the contender on a few items; returns what is wrong with it, if anything is. */
export async function verify(group: Group, contender: Contender): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const error = new Error(`no end after ${VERIFY_TIMEOUT_MS} ms`);
    timer = setTimeout(() => reject(error), VERIFY_TIMEOUT_MS);
  });
  try {
    for (const items of [VERIFY_ITEMS, 0]) {
      const result = await Promise.race([contender.run(items), timeout]);
      const expected = group.expected(items);
      if (!Object.is(result, expected)) throw mismatch(items, result, expected);
    }
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    clearTimeout(timer);
  }
}

function toEntry(group: Group, contender: Contender, rowItems: number): Entry {
  const items = Math.max(1, Math.round(rowItems * (contender.share ?? 1)));
  return { group, contender, items, expected: group.expected(items), costs: [] };
}

/** A contender that fails or gives a wrong result has no figures, and is not run again. */
async function takeSample(entry: Entry): Promise<void> {
  if (entry.failure !== undefined) return;
  const { contender, items, expected, costs } = entry;
  try {
    const start = performance.now();
    const result = await contender.run(items);
    const elapsedMs = performance.now() - start;
    if (!Object.is(result, expected)) throw mismatch(items, result, expected);
    costs.push(elapsedMs * 1e6 / items);
  } catch (error) {
    entry.failure = String(error);
    costs.length = 0;
  }
}

function mismatch(items: number, result: unknown, expected: unknown): Error {
  return new Error(`${items} items gave ${result}, expected ${expected}`);
}

function toResult(
  row: Row,
  runtime: string,
  items: number,
  entries: readonly Entry[],
): RowResult {
  const leastOf: CostOf = (group, contender) => {
    const entry = entries.find((entry) =>
      entry.group.name === group && entry.contender.name === contender
    );
    return entry === undefined ? NaN : summarize(entry.costs).least;
  };
  return {
    id: row.id,
    title: row.title,
    unit: row.unit ?? "item",
    items,
    groups: row.groups.map(({ name, baseline }) => ({
      name,
      baseline,
      contenders: entries.filter((entry) => entry.group.name === name).map((entry) => {
        const summary = summarize(entry.costs);
        return {
          name: entry.contender.name,
          kind: entry.contender.kind ?? "peer",
          items: entry.items,
          ...summary,
          ratio: summary.least / leastOf(name, baseline),
          failure: entry.failure,
        };
      }),
    })),
    targets: row.targets.map((target) => judgeTarget(target, target.figure(leastOf), runtime)),
  };
}
