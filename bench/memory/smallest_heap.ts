/** Finds the smallest heap that a form's work runs in. @module */

import { type Runtime, start } from "./start.ts";
import type { Cell, Workload } from "./workload.ts";

/** What was found for one form at one size. */
export interface SmallestHeap extends Cell {
  readonly runtime: string;
  /** The lowest of {@linkcode LIMITS_MB} that is enough; missing where none is. */
  readonly limitMb?: number | undefined;
}

/** By half as much each: finer steps would measure when the collector gives up. */
export const LIMITS_MB: readonly number[] = [
  ...[8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512],
  ...[768, 1024, 1536, 2048, 3072, 4096],
];

/** A process that does nothing but collect has not enough. */
const TIMEOUT_MS = 60_000;

/** Tries limits for the whole heap, the young generation included (`--max-heap-size`). */
export async function findSmallestHeap(
  workload: Workload,
  runtime: Runtime,
  module: string,
  { form, items }: Cell,
): Promise<SmallestHeap> {
  const limitMb = await findLowest(LIMITS_MB, async (limitMb) => {
    const flags = [`--max-heap-size=${limitMb}`];
    const job = { form, items, collect: false };
    const { result } = await start(workload, runtime, module, job, {
      flags,
      timeoutMs: TIMEOUT_MS,
    });
    return result !== undefined;
  });
  return { runtime: runtime.name, form, items, limitMb };
}

/** The lowest of ascending `values` that is enough, where all above it are, too. */
export async function findLowest(
  values: readonly number[],
  isEnough: (value: number) => Promise<boolean>,
): Promise<number | undefined> {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await isEnough(values[middle]!)) high = middle;
    else low = middle + 1;
  }
  return values[low];
}
