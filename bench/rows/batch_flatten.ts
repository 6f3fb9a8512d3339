/** Batches of fifty, flattened again. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { bufferCount, concatAll, from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { batch, flatten, reduce } from "streaming-iterables";
import { batchItems, flattenItems } from "../baselines/async_generators.ts";
import { batchStream, flattenStream, foldStream } from "../baselines/transform_streams.ts";
import { type CostOf, HEADRACE, type Row } from "../lib/row.ts";
import { checksum, checksumOf, numbers } from "../lib/work.ts";

const SIZE = 50;
const GROUP = "executeReduce";
const LOOP = "hand-written loop";
const EFFECT = "effect Stream";
const RXJS = "RxJS";

const headrace = StreamingPipeline.start<number>().batch("batches", SIZE).flatten("items");

function sumUp(hash: number, batch: readonly number[]): number {
  for (const item of batch) hash = checksum(hash, item);
  return hash;
}

const ratioTo = (other: string) => (costOf: CostOf): number =>
  costOf(GROUP, HEADRACE) / costOf(GROUP, other);

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
      { name: HEADRACE, run: (items) => headrace.executeReduce(numbers(items), checksum, 0) },
      {
        name: EFFECT,
        run: (items) =>
          Effect.runPromise(
            Stream.fromIterable(numbers(items)).pipe(
              Stream.grouped(SIZE),
              Stream.flattenIterable,
              Stream.runFold(() => 0, checksum),
            ),
          ),
      },
      {
        name: RXJS,
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
  targets: [
    { text: `${HEADRACE} < 1 × ${EFFECT}`, figure: ratioTo(EFFECT), atMost: 1 },
    { text: `${HEADRACE} < 1 × ${RXJS}`, figure: ratioTo(RXJS), atMost: 1 },
    {
      text: `${HEADRACE} ≤ 60 ns/item`,
      figure: (costOf) => costOf(GROUP, HEADRACE),
      atMost: 60,
    },
  ],
};
