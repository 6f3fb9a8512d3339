/** One asynchronous map, one item at a time. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { concatMap, from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { map, reduce } from "streaming-iterables";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { nodeContender } from "../baselines/node_readable.ts";
import { foldStream, mapStream } from "../baselines/transform_streams.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import {
  checksum,
  checksumOf,
  expectedOfIncrement,
  incrementAfterTurn,
  numbers,
} from "../lib/work.ts";

const REDUCE = "reduce";
const ITERATE = "for await";
const GENERATOR = "hand-written async generator";
const LOOP = "for (…) await fn(item)";

const headrace = StreamingPipeline.start<number>().map("increment", incrementAfterTurn);

async function* incrementedItems(items: number): AsyncGenerator<number, void, undefined> {
  for (const item of numbers(items)) yield incrementAfterTurn(item);
}

function effectStream(items: number): Stream.Stream<number> {
  return Stream.mapEffect(
    effectSource(numbers(items)),
    (item) => Effect.promise(() => incrementAfterTurn(item)),
  );
}

const transformed = (items: number): ReadableStream<number> =>
  ReadableStream.from(numbers(items)).pipeThrough(mapStream(incrementAfterTurn));

export const asyncMap: Row = {
  id: "async-map",
  title: "one asynchronous map, sequential",
  items: 200_000,
  denoBenchItems: 10_000,
  groups: [
    {
      name: REDUCE,
      baseline: LOOP,
      expected: expectedOfIncrement,
      contenders: [
        {
          name: LOOP,
          kind: "by hand",
          run: async (items) => {
            let hash = 0;
            for (const item of numbers(items)) {
              hash = checksum(hash, await incrementAfterTurn(item));
            }
            return hash;
          },
        },
        {
          name: HEADRACE,
          kind: "ours",
          run: (items) => headrace.executeReduce(numbers(items), checksum, 0),
        },
        {
          name: "effect Stream",
          share: 0.1,
          run: (items) => foldEffect(effectStream(items), checksum, 0),
        },
        {
          name: "RxJS concatMap",
          share: 0.25,
          run: (items) =>
            lastValueFrom(
              from(numbers(items)).pipe(concatMap(incrementAfterTurn), reduceRx(checksum, 0)),
            ),
        },
        {
          name: "streaming-iterables",
          share: 0.25,
          run: (items) => reduce(checksum, 0, map(incrementAfterTurn, numbers(items))),
        },
        {
          name: "a TransformStream",
          share: 0.1,
          run: (items) => foldStream(transformed(items), checksum, 0),
        },
        ...nodeContender((Readable) => ({
          name: "Node Readable.map",
          share: 0.1,
          run: (items) =>
            Readable.from(numbers(items)).map(incrementAfterTurn, { concurrency: 1 })
              .reduce(checksum, 0),
        })),
      ],
    },
    {
      name: ITERATE,
      baseline: GENERATOR,
      expected: expectedOfIncrement,
      contenders: [
        {
          name: GENERATOR,
          kind: "by hand",
          run: (items) => checksumOf(incrementedItems(items)),
        },
        {
          name: HEADRACE,
          kind: "ours",
          run: (items) => checksumOf(headrace.execute(numbers(items))),
        },
        {
          name: "effect Stream",
          share: 0.1,
          run: (items) => checksumOf(Stream.toAsyncIterable(effectStream(items))),
        },
        {
          name: "streaming-iterables",
          share: 0.25,
          run: (items) => checksumOf(map(incrementAfterTurn, numbers(items))),
        },
        { name: "a TransformStream", share: 0.1, run: (items) => checksumOf(transformed(items)) },
      ],
    },
  ],
  targets: [limitCost({ group: REDUCE, over: LOOP, atMost: 1.25 })],
};
