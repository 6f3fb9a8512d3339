/** What it costs to read the value of an earlier stage from `state.accumulated`. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import type { Group, Row } from "../lib/row.ts";
import {
  checksum,
  decrement,
  expectedOfSyncChain,
  increment,
  isEven,
  numbers,
  triple,
} from "../lib/work.ts";

const LIMIT = 16;
const SEQUENTIAL = "sequential";
const PARALLEL = `parallel and ordered, limit ${LIMIT}`;
const NONE = "no function reads it";
const READS = "one function reads it";
const BY_HAND = "the value carried along by hand";

/** The same number as `decrement` makes of what `triple` made of `incremented`. */
const fromEarlier = (incremented: number): number => incremented * 3 - 1;

const start = StreamingPipeline.start<number>().map("increment", increment);
const tripled = start.map("triple", triple);
const carried = start
  .map("pair", (incremented) => ({ incremented, tripled: triple(incremented) }));

const sequential = {
  none: tripled.map("last", (item) => decrement(item)).filter("even", isEven),
  reads: tripled
    .map("last", (_item, _index, { state }) => fromEarlier(state.accumulated.increment))
    .filter("even", isEven),
  byHand: carried.map("last", ({ incremented }) => fromEarlier(incremented))
    .filter("even", isEven),
};

// Functions that return promises, as they do where a stage is made parallel.
const inParallel = { parallel: true, concurrencyLimit: LIMIT };
const parallel = {
  none: tripled.map("last", (item) => Promise.resolve(decrement(item)), inParallel)
    .filter("even", isEven),
  reads: tripled
    .map(
      "last",
      (_item, _index, { state }) => Promise.resolve(fromEarlier(state.accumulated.increment)),
      inParallel,
    )
    .filter("even", isEven),
  byHand: carried
    .map("last", ({ incremented }) => Promise.resolve(fromEarlier(incremented)), inParallel)
    .filter("even", isEven),
};

interface Chain {
  executeReduce(
    source: Iterable<number>,
    reducer: (hash: number, item: number) => number,
    initial: number,
  ): Promise<number>;
}

function groupOf(name: string, chains: Record<keyof typeof parallel, Chain>): Group {
  const contenderOf = (name: string, chain: Chain) => ({
    name,
    kind: "ours" as const,
    run: (items: number) => chain.executeReduce(numbers(items), checksum, 0),
  });
  return {
    name,
    baseline: NONE,
    expected: expectedOfSyncChain,
    contenders: [
      contenderOf(NONE, chains.none),
      contenderOf(READS, chains.reads),
      contenderOf(BY_HAND, chains.byHand),
    ],
  };
}

/** No target: the row shows the price. */
export const accumulated: Row = {
  id: "accumulated",
  title: "3 maps + 1 filter with state.accumulated, executeReduce",
  items: 300_000,
  denoBenchItems: 20_000,
  groups: [groupOf(SEQUENTIAL, sequential), groupOf(PARALLEL, parallel)],
  targets: [],
};
