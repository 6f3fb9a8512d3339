/** One asynchronous map, sixteen calls at a time, results in item order. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import pMap, { pMapIterable } from "p-map";
import { parallelMap, reduce, transform } from "streaming-iterables";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { nodeContender } from "../baselines/node_readable.ts";
import { foldInOrder, mapInOrder } from "../baselines/ordered_pool.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, checksumOf, expectedOfIncrement, incrementLater, numbers } from "../lib/work.ts";

const LIMIT = 16;
const REDUCE = "reduce";
const ITERATE = "for await";
const POOL = "hand-written pool";
const PMAP = "p-map";
const PARALLEL_MAP = "streaming-iterables parallelMap";
const TRANSFORM = "streaming-iterables transform";

const headrace = StreamingPipeline.start<number>()
  .map("increment", incrementLater, { parallel: true, concurrencyLimit: LIMIT });

function effectStream(items: number): Stream.Stream<number> {
  return Stream.mapEffect(
    effectSource(numbers(items)),
    (item) => Effect.promise(() => incrementLater(item)),
    { concurrency: LIMIT },
  );
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
          kind: "by hand",
          run: (items) => foldInOrder(numbers(items), LIMIT, incrementLater, checksum, 0),
        },
        {
          name: HEADRACE,
          kind: "ours",
          run: (items) => headrace.executeReduce(numbers(items), checksum, 0),
        },
        {
          name: PARALLEL_MAP,
          share: 0.25,
          run: (items) => reduce(checksum, 0, parallelMap(LIMIT, incrementLater, numbers(items))),
        },
        {
          // As calls come back, which is in order here, since each takes as long.
          name: TRANSFORM,
          share: 0.25,
          run: (items) => reduce(checksum, 0, transform(LIMIT, incrementLater, numbers(items))),
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
          run: (items) => foldEffect(effectStream(items), checksum, 0),
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
          kind: "by hand",
          run: (items) => checksumOf(mapInOrder(numbers(items), LIMIT, incrementLater)),
        },
        {
          name: HEADRACE,
          kind: "ours",
          run: (items) => checksumOf(headrace.execute(numbers(items))),
        },
        {
          name: PARALLEL_MAP,
          share: 0.25,
          run: (items) => checksumOf(parallelMap(LIMIT, incrementLater, numbers(items))),
        },
        {
          name: TRANSFORM,
          share: 0.25,
          run: (items) => checksumOf(transform(LIMIT, incrementLater, numbers(items))),
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
  targets: [
    limitCost({ group: REDUCE, over: POOL, atMost: 1.5 }),
    limitCost({ group: REDUCE, over: [PARALLEL_MAP, TRANSFORM, PMAP], atMost: 0.4 }),
  ],
};
