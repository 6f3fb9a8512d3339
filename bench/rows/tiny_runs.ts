/** Runs over one, ten and a hundred items: what it costs to start and to end one. @module */

import {
  filter as filterRx,
  from,
  lastValueFrom,
  map as mapRx,
  pipe as pipeRx,
  reduce as reduceRx,
} from "rxjs";
import { filter, map, pipeline, reduce } from "streaming-iterables";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { type Contender, type Group, HEADRACE, NATIVE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import {
  checksum,
  decrement,
  expectedOfSyncChain,
  increment,
  isEven,
  triple,
} from "../lib/work.ts";
import {
  buildHeadraceChain,
  effectChain,
  effectStages,
  headraceChain,
  nativeChain,
  rxjsChain,
  streamingIterablesChain,
} from "./sync_chain.ts";

const SIZES = [1, 10, 100];
const LOOP = "hand-written loop";
const EFFECT = "effect Stream";
const RXJS = "RxJS";
const STREAMING_ITERABLES = "streaming-iterables";

const built = (size: number): string => `${countOf(size)} a run, built once`;
const countOf = (size: number): string => `${size} ${size === 1 ? "item" : "items"}`;

/** One run over an array. */
type Run = (input: readonly number[]) => number | Promise<number>;

const stagesOnce = {
  rxjs: pipeRx(
    mapRx(increment),
    mapRx(triple),
    mapRx(decrement),
    filterRx(isEven),
    reduceRx(checksum, 0),
  ),
  increment: map(increment),
  triple: map(triple),
  decrement: map(decrement),
  even: filter(isEven),
};

const loop: Run = (input) => {
  let hash = 0;
  for (const item of input) {
    const result = decrement(triple(increment(item)));
    if (isEven(result)) hash = checksum(hash, result);
  }
  return hash;
};

/** Stages that are made once, as far as a library lets them be. */
const BUILT_ONCE: Readonly<Record<string, Run>> = {
  [LOOP]: loop,
  [HEADRACE]: (input) => headraceChain.executeReduce(input, checksum, 0),
  [EFFECT]: (input) => foldEffect(effectStages(effectSource(input)), checksum, 0),
  [RXJS]: (input) => lastValueFrom(from(input).pipe(stagesOnce.rxjs)),
  [STREAMING_ITERABLES]: (input) => {
    const { increment, triple, decrement, even } = stagesOnce;
    return reduce(checksum, 0, pipeline(() => input, increment, triple, decrement, even));
  },
};

const BUILT_EACH_TIME: Readonly<Record<string, Run>> = {
  [LOOP]: loop,
  [HEADRACE]: (input) => buildHeadraceChain().executeReduce(input, checksum, 0),
  [NATIVE]: (input) => nativeChain(input.values()).reduce(checksum, 0),
  [EFFECT]: (input) => foldEffect(effectChain(input), checksum, 0),
  [RXJS]: (input) => lastValueFrom(rxjsChain(from(input)).pipe(reduceRx(checksum, 0))),
  [STREAMING_ITERABLES]: (input) => reduce(checksum, 0, streamingIterablesChain(input)),
};

const KINDS: Readonly<Record<string, Contender["kind"]>> = {
  [LOOP]: "by hand",
  [HEADRACE]: "ours",
  [NATIVE]: "native",
};

/** What slow contenders do is as good with fewer runs. */
const SHARES: Readonly<Record<string, number>> = { [EFFECT]: 0.2, [STREAMING_ITERABLES]: 0.5 };

function groupOf(name: string, size: number, runs: Readonly<Record<string, Run>>): Group {
  const input = Array.from({ length: size }, (_, index) => index);
  const result = expectedOfSyncChain(size);
  return {
    name,
    baseline: LOOP,
    expected: (items) => items * result,
    contenders: Object.entries(runs).map(([name, run]) => ({
      name,
      kind: KINDS[name],
      share: SHARES[name],
      run: async (items) => {
        let sum = 0;
        for (let count = 0; count < items; count++) sum += await run(input);
        return sum;
      },
    })),
  };
}

export const tinyRuns: Row = {
  id: "tiny-runs",
  title: "runs over few items, 3 maps + 1 filter, executeReduce",
  unit: "run",
  items: 5_000,
  denoBenchItems: 500,
  groups: SIZES.flatMap((size) => [
    groupOf(built(size), size, BUILT_ONCE),
    groupOf(`${countOf(size)} a run, built each time`, size, BUILT_EACH_TIME),
  ]),
  targets: [limitCost({ group: built(1), over: RXJS, atMost: 1.2 })],
};
