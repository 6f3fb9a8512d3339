/** One asynchronous function, sixteen calls at a time, one at a time for each key. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { concatMap, from, groupBy, lastValueFrom, mergeMap, reduce as reduceRx } from "rxjs";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { foldByKey } from "../baselines/keyed_queues.ts";
import { type Group, HEADRACE, type Row } from "../lib/row.ts";
import { addToLane, incrementLater, LaneHashes, numbers } from "../lib/work.ts";

const LIMIT = 16;
/** Fewer than calls, so that items wait for their key, and so many that they hardly do. */
const KEYS = [8, 1_000];
const QUEUES = "hand-written queue per key";

function groupOf(keys: number): Group {
  const keyOf = (item: number): number => item % keys;
  const headrace = StreamingPipeline.start<number>()
    .mapPartitioned("increment", keyOf, incrementLater, { concurrencyLimit: LIMIT });
  const limits = { keyOf, running: LIMIT, waiting: LIMIT };
  return {
    name: `reduce, ${keys.toLocaleString("en")} keys`,
    baseline: QUEUES,
    expected: (items) => {
      const hashes = new LaneHashes(keys);
      for (const item of numbers(items)) hashes.add(item + 1);
      return hashes.combined;
    },
    contenders: [
      {
        name: QUEUES,
        kind: "by hand",
        run: async (items) => {
          const hashes = new LaneHashes(keys);
          return (await foldByKey(numbers(items), limits, incrementLater, addToLane, hashes))
            .combined;
        },
      },
      {
        name: HEADRACE,
        kind: "ours",
        run: async (items) => {
          const hashes = new LaneHashes(keys);
          return (await headrace.executeReduce(numbers(items), addToLane, hashes)).combined;
        },
      },
      {
        // All keys at a time: a limit here would be one on the keys, and stop at the next.
        name: "effect groupByKey, no limit",
        share: 0.1,
        run: async (items) => {
          const results = effectSource(numbers(items)).pipe(
            Stream.groupByKey(keyOf),
            Stream.flatMap(
              ([_, group]) =>
                Stream.mapEffect(group, (item) => Effect.promise(() => incrementLater(item))),
              { concurrency: "unbounded" },
            ),
          );
          return (await foldEffect(results, addToLane, new LaneHashes(keys))).combined;
        },
      },
      {
        // It reads the whole source before the first call has come back.
        name: "RxJS groupBy, concatMap, no limit",
        share: 0.25,
        run: async (items) => {
          const hashes = await lastValueFrom(
            from(numbers(items)).pipe(
              groupBy(keyOf),
              mergeMap((group) => group.pipe(concatMap(incrementLater))),
              reduceRx(addToLane, new LaneHashes(keys)),
            ),
          );
          return hashes.combined;
        },
      },
    ],
  };
}

export const mapPartitioned: Row = {
  id: "map-partitioned",
  title: `mapPartitioned, one asynchronous function, limit ${LIMIT}`,
  items: 100_000,
  denoBenchItems: 10_000,
  groups: KEYS.map(groupOf),
  targets: [],
};
