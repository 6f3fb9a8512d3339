/**
 * Runs that stand open: each has emitted its first item, and the rest of its source is still to come.
 *
 * @module
 */

import { Stream } from "effect";
import {
  asyncGeneratorChain,
  effectChain,
  fusedGenerator,
  headraceChain,
  streamingIterablesChain,
  transformStreamChain,
} from "../rows/sync_chain.ts";
import type { FormFunction, Forms } from "./workload.ts";

/** One for all, so that no source is counted. */
const INPUT = [0, 1, 2, 3];

/** Opens as many runs as there are items; returns how many have emitted an item. */
const opened = (open: () => AsyncIterable<number>): FormFunction => async (items, probe) => {
  const runs: AsyncIterator<number>[] = [];
  let emitted = 0;
  for (let count = 0; count < items; count++) {
    const run = open()[Symbol.asyncIterator]();
    const { done } = await run.next();
    if (!done) emitted++;
    runs.push(run);
    probe.count();
  }
  probe.look();
  for (const run of runs) await run.return?.();
  return emitted;
};

export const forms: Forms = {
  headrace: opened(() => headraceChain.execute(INPUT)),
  generator: opened(() => fusedGenerator(INPUT)),
  generators: opened(() => asyncGeneratorChain(INPUT)),
  effect: opened(() => Stream.toAsyncIterable(effectChain(INPUT))),
  streamingIterables: opened(() => streamingIterablesChain(INPUT)),
  transforms: opened(() => transformStreamChain(INPUT)),
};
