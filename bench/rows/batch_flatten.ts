/** Batches of fifty, flattened again. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import { bufferCount, concatAll, from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { batch, flatten, reduce } from "streaming-iterables";
import { batchItems, flattenItems } from "../baselines/async_generators.ts";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { batchStream, flattenStream, foldStream } from "../baselines/transform_streams.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, checksumOf, numbers } from "../lib/work.ts";

const SIZE = 50;
const GROUP = "executeReduce";
const LOOP = "hand-written loop";
const EFFECT = "effect Stream";

const headrace = StreamingPipeline.start<number>().batch("batches", SIZE).flatten("items");

function sumUp(hash: number, batch: readonly number[]): number {
  for (const item of batch) hash = checksum(hash, item);
  return hash;
}

export const batchFlatten: Row = {
  id: "batch-flatten",
  title: `batch(${SIZE}) + flatten`,
  items: 1_000_000,
  denoBenchItems: 20_000,
  groups: [{
    name: GROUP,
    baseline: LOOP,
    expected: (items) => Array.from({ length: items }, (_, index) => index).reduce(checksum, 0),
    contenders: [
      {
        name: LOOP,
        kind: "by hand",
        run: (items) => {
          let hash = 0;
          let batch: number[] = [];
          for (const item of numbers(items)) {
            batch.push(item);
            if (batch.length < SIZE) continue;
            hash = sumUp(hash, batch);
            batch = [];
          }
          return sumUp(hash, batch);
        },
      },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => headrace.executeReduce(numbers(items), checksum, 0),
      },
      {
        name: EFFECT,
        run: (items) =>
          foldEffect(
            effectSource(numbers(items)).pipe(Stream.grouped(SIZE), Stream.flattenIterable),
            checksum,
            0,
          ),
      },
      {
        name: "RxJS",
        run: (items) =>
          lastValueFrom(
            from(numbers(items)).pipe(bufferCount(SIZE), concatAll(), reduceRx(checksum, 0)),
          ),
      },
      {
        name: "streaming-iterables",
        share: 0.1,
        run: (items) => reduce(checksum, 0, flatten(batch(SIZE, numbers(items)))),
      },
      {
        name: "chain of async generators",
        kind: "by hand",
        share: 0.1,
        run: (items) => checksumOf(flattenItems(batchItems(numbers(items), SIZE))),
      },
      {
        name: "a TransformStream per stage",
        share: 0.05,
        run: (items) =>
          foldStream(
            ReadableStream.from(numbers(items))
              .pipeThrough(batchStream<number>(SIZE))
              .pipeThrough(flattenStream<number>()),
            checksum,
            0,
          ),
      },
    ],
  }],
  targets: [limitCost({ group: GROUP, over: EFFECT, atMost: 0.9 })],
};
