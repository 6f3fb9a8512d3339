/** From `execute` to the first item and out of the loop, by the size of the input. @module */

import { Stream } from "effect";
import { type Group, HEADRACE, type Row } from "../lib/row.ts";
import { limitSpread } from "../lib/target.ts";
import { decrement, increment, triple } from "../lib/work.ts";
import {
  asyncGeneratorChain,
  effectChain,
  fusedGenerator,
  headraceChain,
  streamingIterablesChain,
  transformStreamChain,
} from "./sync_chain.ts";

const SIZES = [1_000, 1_000_000];
const FUSED = "hand-fused async generator";
const FIRST = decrement(triple(increment(0)));
const groupName = (size: number): string => `first of ${size.toLocaleString("en")}`;

async function firstOf(items: AsyncIterable<number>): Promise<number> {
  for await (const item of items) return item;
  throw new RangeError("Cannot take the first item: there is none");
}

/** The sum of the first items of `runs` runs, one after the other. */
async function sumOfFirsts(runs: number, start: () => AsyncIterable<number>): Promise<number> {
  let sum = 0;
  for (let run = 0; run < runs; run++) sum += await firstOf(start());
  return sum;
}

function firstOfSize(size: number): Group {
  const input = Array.from({ length: size }, (_, index) => index);
  return {
    name: groupName(size),
    baseline: FUSED,
    expected: (runs) => runs * FIRST,
    contenders: [
      {
        name: FUSED,
        kind: "by hand",
        run: (runs) => sumOfFirsts(runs, () => fusedGenerator(input)),
      },
      {
        name: HEADRACE,
        kind: "ours",
        run: (runs) => sumOfFirsts(runs, () => headraceChain.execute(input)),
      },
      {
        name: "chain of async generators",
        kind: "by hand",
        run: (runs) => sumOfFirsts(runs, () => asyncGeneratorChain(input)),
      },
      {
        // It maps a chunk of 4,096 items before the first one comes out.
        name: "effect Stream",
        share: 0.05,
        run: (runs) => sumOfFirsts(runs, () => Stream.toAsyncIterable(effectChain(input))),
      },
      {
        name: "streaming-iterables",
        run: (runs) => sumOfFirsts(runs, () => streamingIterablesChain(input)),
      },
      {
        name: "a TransformStream per stage",
        share: 0.1,
        run: (runs) => sumOfFirsts(runs, () => transformStreamChain(input)),
      },
    ],
  };
}

export const firstItem: Row = {
  id: "first-item",
  title: "time to first item, 3 maps + 1 filter over an array",
  unit: "run",
  items: 2_000,
  denoBenchItems: 100,
  groups: SIZES.map(firstOfSize),
  targets: [limitSpread(SIZES.map(groupName), { atMost: 1.5, what: "size" })],
};
