/** One asynchronous map, one item at a time. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { concatMap, from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { map, reduce } from "streaming-iterables";
import { nodeContender } from "../baselines/node_readable.ts";
import { foldStream, mapStream } from "../baselines/transform_streams.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { checksum, checksumOf, expectedOfIncrement, incrementLater, numbers } from "../lib/work.ts";

const REDUCE = "reduce";
const ITERATE = "for await";
const GENERATOR = "hand-written async generator";
const LOOP = "for (…) await fn(item)";

const headrace = StreamingPipeline.start<number>().map("increment", incrementLater);

async function* incrementedItems(items: number): AsyncGenerator<number, void, undefined> {
  for (const item of numbers(items)) yield incrementLater(item);
}

function effectStream(items: number): Stream.Stream<number> {
  return Stream.mapEffect(
    Stream.fromIterable(numbers(items)),
    (item) => Effect.promise(() => incrementLater(item)),
  );
}

const transformed = (items: number): ReadableStream<number> =>
  ReadableStream.from(numbers(items)).pipeThrough(mapStream(incrementLater));

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
          run: async (items) => {
            let hash = 0;
            for (const item of numbers(items)) hash = checksum(hash, await incrementLater(item));
            return hash;
          },
        },
        { name: HEADRACE, run: (items) => headrace.executeReduce(numbers(items), checksum, 0) },
        {
          name: "effect Stream",
          share: 0.1,
          run: (items) => Effect.runPromise(Stream.runFold(effectStream(items), () => 0, checksum)),
        },
        {
          name: "RxJS concatMap",
          share: 0.25,
          run: (items) =>
            lastValueFrom(
              from(numbers(items)).pipe(concatMap(incrementLater), reduceRx(checksum, 0)),
            ),
        },
        {
          name: "streaming-iterables",
          share: 0.25,
          run: (items) => reduce(checksum, 0, map(incrementLater, numbers(items))),
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
            Readable.from(numbers(items)).map(incrementLater, { concurrency: 1 })
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
          run: (items) => checksumOf(incrementedItems(items)),
        },
        { name: HEADRACE, run: (items) => checksumOf(headrace.execute(numbers(items))) },
        {
          name: "effect Stream",
          share: 0.1,
          run: (items) => checksumOf(Stream.toAsyncIterable(effectStream(items))),
        },
        {
          name: "streaming-iterables",
          share: 0.25,
          run: (items) => checksumOf(map(incrementLater, numbers(items))),
        },
        { name: "a TransformStream", share: 0.1, run: (items) => checksumOf(transformed(items)) },
      ],
    },
  ],
  targets: [{
    text: `${HEADRACE} ≤ 1.2 × ${LOOP}, reduce`,
    figure: (costOf) => costOf(REDUCE, HEADRACE) / costOf(REDUCE, LOOP),
    atMost: 1.2,
  }],
};
