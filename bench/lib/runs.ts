/** Many short runs of one asynchronous function. @module */

import { checksum, expectedOfIncrement, numbers } from "./work.ts";

/** Items of a run. */
const RUN_ITEMS = 100;

/** One run over a source, to a checksum. */
export type ShortRun = (source: Iterable<number>) => Promise<number>;

/** How many items each run has; the last one has what is left. */
function runSizes(items: number): number[] {
  return Array.from(
    { length: Math.ceil(items / RUN_ITEMS) },
    (_, run) => Math.min(RUN_ITEMS, items - run * RUN_ITEMS),
  );
}

/** The result of the runs over so many items. */
export function expectedOfRuns(items: number): number {
  return runSizes(items).map(expectedOfIncrement).reduce(checksum, 0);
}

/** All runs begin before the first has ended. */
export async function runAtOnce(items: number, run: ShortRun): Promise<number> {
  const hashes = await Promise.all(runSizes(items).map((size) => run(numbers(size))));
  return hashes.reduce(checksum, 0);
}

/** Each run begins when the one before has ended. */
export async function runInTurn(items: number, run: ShortRun): Promise<number> {
  let hash = 0;
  for (const size of runSizes(items)) hash = checksum(hash, await run(numbers(size)));
  return hash;
}
