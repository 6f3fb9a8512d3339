/** A stream parted by key, each part folded into its count. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import {
  count as countRx,
  from,
  groupBy,
  lastValueFrom,
  map,
  mergeMap,
  reduce as reduceRx,
} from "rxjs";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { type Group, HEADRACE, type Row } from "../lib/row.ts";
import { numbers } from "../lib/work.ts";

const KEYS = [1, 100, 10_000];
const LOOP = "hand-written loop over a Map";

/** A key and how many items it had. */
type KeyCount = readonly [key: number, count: number];

/** Counts come out in any order: the sum is the same in each. */
function addCount(sum: number, [key, count]: KeyCount): number {
  return (sum + Math.imul(key + 1, Math.imul(count, count))) | 0;
}

const increment = (count: number): number => count + 1;

function countInMap(items: number, keys: number): number {
  const counts = new Map<number, number>();
  for (const item of numbers(items)) counts.set(item % keys, (counts.get(item % keys) ?? 0) + 1);
  return [...counts].reduce(addCount, 0);
}

function groupOf(keys: number): Group {
  const keyOf = (item: number): number => item % keys;
  const headrace = StreamingPipeline.start<number>().groupBy(
    "counts",
    keyOf,
    (group, key) =>
      group.fold("count", increment, 0).map("counted", (count): KeyCount => [key, count]),
    { maxKeys: keys },
  );
  return {
    name: `${keys.toLocaleString("en")} ${keys === 1 ? "key" : "keys"}`,
    baseline: LOOP,
    expected: (items) => countInMap(items, keys),
    contenders: [
      { name: LOOP, kind: "by hand", run: (items) => countInMap(items, keys) },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => headrace.executeReduce(numbers(items), addCount, 0),
      },
      {
        name: "effect groupByKey",
        run: (items) =>
          foldEffect(
            effectSource(numbers(items)).pipe(
              Stream.groupByKey(keyOf),
              Stream.mapEffect(
                ([key, group]) =>
                  Effect.map(Stream.runCount(group), (count): KeyCount => [key, count]),
                { concurrency: "unbounded" },
              ),
            ),
            addCount,
            0,
          ),
      },
      {
        name: "RxJS groupBy",
        run: (items) =>
          lastValueFrom(
            from(numbers(items)).pipe(
              groupBy(keyOf),
              mergeMap((group) =>
                group.pipe(countRx(), map((count): KeyCount => [group.key, count]))
              ),
              reduceRx(addCount, 0),
            ),
          ),
      },
    ],
  };
}

/** The source is the same for all; effect reads it by thousands, RxJS does not wait for groups. */
export const groupByRow: Row = {
  id: "group-by",
  title: "groupBy, each group a count",
  items: 100_000,
  denoBenchItems: 10_000,
  groups: KEYS.map(groupOf),
  targets: [],
};
