// The operators that read another source beside the stream, and a plain-array model of each.

import { StreamingPipeline } from "../../mod.ts";
import { KEY, type Model, type PlainOperator } from "./_function_operators.ts";

const start = () => StreamingPipeline.start<number>();

function* countDown() {
  for (let number = -1;; number--) yield number;
}

const pairs = (items: readonly number[]) => items.map((item, at) => [item, -1 - at]);

const inTurns: Model = (items, ended) => [
  ...items.flatMap((item, at) => at < 2 ? [item, -1 - at] : [item]),
  ...(ended ? [-1, -2].slice(items.length) : []),
];

/** Those that read another source beside the stream. */
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
];

function* countUp() {
  for (let number = 0;; number++) yield number;
}
