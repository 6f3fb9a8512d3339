/** One asynchronous map, sixteen calls at a time, results in item order. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import pMap, { pMapIterable } from "p-map";
import { parallelMap, reduce } from "streaming-iterables";
import { nodeContender } from "../baselines/node_readable.ts";
import { foldInOrder, mapInOrder } from "../baselines/ordered_pool.ts";
import { HEADRACE, type Row, type Target } from "../lib/row.ts";
import { checksum, checksumOf, expectedOfIncrement, incrementLater, numbers } from "../lib/work.ts";

const LIMIT = 16;
const REDUCE = "reduce";
const ITERATE = "for await";
const POOL = "hand-written pool";
const PMAP = "p-map";
const STREAMING_ITERABLES = "streaming-iterables";

const headrace = StreamingPipeline.start<number>()
  .map("increment", incrementLater, { parallel: true, concurrencyLimit: LIMIT });

function effectStream(items: number): Stream.Stream<number> {
  return Stream.mapEffect(
    Stream.fromIterable(numbers(items)),
    (item) => Effect.promise(() => incrementLater(item)),
    { concurrency: LIMIT },
  );
}

function targetsOf(group: string): Target[] {
  return [
    {
      text: `${HEADRACE} ≤ 2 × ${POOL}, ${group}`,
      figure: (costOf) => costOf(group, HEADRACE) / costOf(group, POOL),
      atMost: 2,
    },
    ...[STREAMING_ITERABLES, PMAP].map((peer): Target => ({
      text: `${HEADRACE} ≥ 1.8 × faster than ${peer}, ${group}`,
      figure: (costOf) => costOf(group, peer) / costOf(group, HEADRACE),
      atLeast: 1.8,
    })),
  ];
}

export const parallelOrdered: Row = {
  id: "parallel",
  title: `one asynchronous map, parallel and ordered, limit ${LIMIT}`,
  items: 200_000,
  denoBenchItems: 10_000,
  groups: [
    {
      name: REDUCE,
      baseline: POOL,
      expected: expectedOfIncrement,
      contenders: [
        {
          name: POOL,
          run: (items) => foldInOrder(numbers(items), LIMIT, incrementLater, checksum, 0),
        },
        { name: HEADRACE, run: (items) => headrace.executeReduce(numbers(items), checksum, 0) },
        {
          name: STREAMING_ITERABLES,
          share: 0.25,
          run: (items) => reduce(checksum, 0, parallelMap(LIMIT, incrementLater, numbers(items))),
        },
        {
          // An array holds all results here: p-map's own way to the end.
          name: PMAP,
          share: 0.5,
          run: async (items) => {
            const results = await pMap(numbers(items), incrementLater, { concurrency: LIMIT });
            return results.reduce(checksum, 0);
          },
        },
        {
          name: "effect Stream",
          share: 0.05,
          run: (items) => Effect.runPromise(Stream.runFold(effectStream(items), () => 0, checksum)),
        },
        ...nodeContender((Readable) => ({
          name: "Node Readable.map",
          share: 0.1,
          run: (items) =>
            Readable.from(numbers(items)).map(incrementLater, { concurrency: LIMIT })
              .reduce(checksum, 0),
        })),
      ],
    },
    {
      name: ITERATE,
      baseline: POOL,
      expected: expectedOfIncrement,
      contenders: [
        {
          name: POOL,
          run: (items) => checksumOf(mapInOrder(numbers(items), LIMIT, incrementLater)),
        },
        { name: HEADRACE, run: (items) => checksumOf(headrace.execute(numbers(items))) },
        {
          name: STREAMING_ITERABLES,
          share: 0.25,
          run: (items) => checksumOf(parallelMap(LIMIT, incrementLater, numbers(items))),
        },
        {
          name: PMAP,
          share: 0.5,
          run: (items) =>
            checksumOf(pMapIterable(numbers(items), incrementLater, { concurrency: LIMIT })),
        },
        {
          name: "effect Stream",
          share: 0.05,
          run: (items) => checksumOf(Stream.toAsyncIterable(effectStream(items))),
        },
        ...nodeContender((Readable) => ({
          name: "Node Readable.map",
          share: 0.1,
          run: (items) =>
            checksumOf(Readable.from(numbers(items)).map(incrementLater, { concurrency: LIMIT })),
        })),
      ],
    },
  ],
  targets: [...targetsOf(REDUCE), ...targetsOf(ITERATE)],
};
