// The operators that read another source beside the stream, or hand it to several pipelines, and a
// plain-array model of each.

import { StreamingPipeline } from "../../mod.ts";
import { KEY, type Model, type PlainOperator } from "./_function_operators.ts";

const start = () => StreamingPipeline.start<number>();

function* countDown() {
  for (let number = -1;; number--) yield number;
}

const pairs = (items: readonly number[]) => items.map((item, at) => [item, -1 - at]);

const threes: Model = (items, ended) => {
  const batches: number[][] = [];
  for (let from = 0; from < items.length; from += 3) batches.push(items.slice(from, from + 3));
  return ended ? batches : batches.filter(({ length }) => length === 3);
};

const inTurns: Model = (items, ended) => [
  ...items.flatMap((item, at) => at < 2 ? [item, -1 - at] : [item]),
  ...(ended ? [-1, -2].slice(items.length) : []),
];

/** Those that have to do with several streams. */
export const COMBINING_OPERATORS: readonly PlainOperator[] = [
  {
    name: "mergeWith() nothing",
    build: () => start().mergeWith(KEY, []),
    model: (items) => [...items],
    ahead: 1,
  },
  {
    name: "concatWith() nothing",
    build: () => start().concatWith(KEY, () => []),
    model: (items) => [...items],
  },
  {
    name: "interleaveWith()",
    build: () => start().interleaveWith(KEY, [-1, -2]),
    model: inTurns,
  },
  { name: "zipWith()", build: () => start().zipWith(KEY, countDown), model: pairs },
  {
    name: "combineLatestWith() one item",
    build: () => start().combineLatestWith(KEY, [-1]),
    model: (items) => items.map((item) => [item, -1]),
    ahead: 1,
  },
  {
    name: "joinWith() by a table",
    build: () =>
      start().joinWith(KEY, [0, 1, 2], {
        leftKey: (item) => item % 3,
        rightKey: (item) => item,
        kind: "left",
        strategy: "hash",
      }),
    model: (items) => items.map((item) => [item, item % 3]),
  },
  {
    name: "joinWith() by order",
    build: () =>
      start().joinWith(KEY, countUp, {
        leftKey: (item) => item,
        rightKey: (item) => item,
        kind: "inner",
        strategy: "sorted",
      }),
    model: (items) => items.map((item) => [item, item]),
    ahead: 1,
  },
  {
    name: "fanOut() to one branch",
    build: () => start().fanOut(KEY, { only: (items) => items }),
    model: (items) => [...items],
    ahead: 2,
  },
  {
    name: "fanOut() to a branch that batches",
    build: () => start().fanOut(KEY, { only: (items) => items.batch("threes", 3) }),
    model: threes,
    ahead: 2,
  },
  {
    name: "route() to one of two branches",
    build: () =>
      start().route(KEY, () => "one", {
        one: (items) => items.map("double", (item) => item * 2),
        other: (items) => items,
      }),
    model: (items) => items.map((item) => item * 2),
    ahead: 2,
  },
];

function* countUp() {
  for (let number = 0;; number++) yield number;
}
