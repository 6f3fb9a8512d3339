/** Items that were not there before: of all that came, and of the last thousand. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import { distinct, filter, from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { checksum, numbers } from "../lib/work.ts";

const KEYS = 1_000;
const ALL = "all keys remembered, 1,000 different";
const LAST = "the last 1,000 remembered, each item new";
const LOOP = "hand-written loop over a Set";

const keyOf = (item: number): number => item % KEYS;

const all = StreamingPipeline.start<number>().distinct("new", { by: keyOf });
const last = StreamingPipeline.start<number>().distinct("new", { window: KEYS });

/** Tells whether an item is the first of its key. */
function createMemory(): (item: number) => boolean {
  const seen = new Set<number>();
  return (item) => {
    const { size } = seen;
    return seen.add(keyOf(item)).size > size;
  };
}

/** Tells whether an item is not among the last that were seen. */
function createShortMemory(): (item: number) => boolean {
  const seen = new Set<number>();
  return (item) => {
    const isNew = !seen.delete(item);
    seen.add(item);
    if (seen.size > KEYS) seen.delete(seen.values().next().value!);
    return isNew;
  };
}

function filterByHand(items: number, isNew: (item: number) => boolean): number {
  let hash = 0;
  for (const item of numbers(items)) if (isNew(item)) hash = checksum(hash, item);
  return hash;
}

const filterByEffect = (items: number, isNew: (item: number) => boolean): Promise<number> =>
  foldEffect(effectSource(numbers(items)).pipe(Stream.filter(isNew)), checksum, 0);

const expectedOfFirst = (items: number): number =>
  Array.from({ length: items }, (_, index) => index).reduce(checksum, 0);

/** effect has no such operator, RxJS none with a bound: there stands a filter with the same set. */
export const distinctRow: Row = {
  id: "distinct",
  title: "distinct",
  items: 200_000,
  denoBenchItems: 20_000,
  groups: [
    {
      name: ALL,
      baseline: LOOP,
      expected: (items) => expectedOfFirst(Math.min(items, KEYS)),
      contenders: [
        { name: LOOP, kind: "by hand", run: (items) => filterByHand(items, createMemory()) },
        {
          name: HEADRACE,
          kind: "ours",
          run: (items) => all.executeReduce(numbers(items), checksum, 0),
        },
        { name: "effect filter", run: (items) => filterByEffect(items, createMemory()) },
        {
          name: "RxJS distinct",
          run: (items) =>
            lastValueFrom(from(numbers(items)).pipe(distinct(keyOf), reduceRx(checksum, 0))),
        },
      ],
    },
    {
      name: LAST,
      baseline: LOOP,
      expected: expectedOfFirst,
      contenders: [
        { name: LOOP, kind: "by hand", run: (items) => filterByHand(items, createShortMemory()) },
        {
          name: HEADRACE,
          kind: "ours",
          run: (items) => last.executeReduce(numbers(items), checksum, 0),
        },
        { name: "effect filter", run: (items) => filterByEffect(items, createShortMemory()) },
        {
          name: "RxJS filter",
          run: (items) =>
            lastValueFrom(
              from(numbers(items)).pipe(filter(createShortMemory()), reduceRx(checksum, 0)),
            ),
        },
      ],
    },
  ],
  targets: [],
};
