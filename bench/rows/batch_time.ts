/** Batches of fifty items, or of what comes within a second. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import { bufferTime, from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { batchWithTimeout, reduce } from "streaming-iterables";
import { foldEffect } from "../baselines/effect_stream.ts";
import { foldTimedBatches } from "../baselines/timed_batches.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, numbersLater } from "../lib/work.ts";

const SIZE = 50;
const WAIT_MS = 1_000;
const REDUCE = "reduce";
const RXJS = "RxJS bufferTime";
const STREAMING_ITERABLES = "streaming-iterables batchWithTimeout";
const LOOP = "hand-written loop with a timer";

const headrace = StreamingPipeline.start<number>()
  .batch("batches", { size: SIZE, maxWaitMs: WAIT_MS });

/** A batch more and an item more change it, so that batches of another size show. */
function addBatch(hash: number, batch: readonly number[]): number {
  return batch.reduce(checksum, checksum(hash, batch.length));
}

export const batchTime: Row = {
  id: "batch-time",
  title: `batches of ${SIZE} or ${WAIT_MS} ms, asynchronous source`,
  items: 100_000,
  denoBenchItems: 10_000,
  groups: [{
    name: REDUCE,
    baseline: LOOP,
    expected: (items) => {
      const all = Array.from({ length: items }, (_, index) => index);
      let hash = 0;
      for (let start = 0; start < items; start += SIZE) {
        hash = addBatch(hash, all.slice(start, start + SIZE));
      }
      return hash;
    },
    contenders: [
      {
        name: LOOP,
        kind: "by hand",
        run: (items) =>
          foldTimedBatches(numbersLater(items), { size: SIZE, waitMs: WAIT_MS }, addBatch, 0),
      },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => headrace.executeReduce(numbersLater(items), addBatch, 0),
      },
      {
        name: "effect groupedWithin",
        share: 0.1,
        run: (items) =>
          foldEffect(
            Stream.fromAsyncIterable(numbersLater(items), (error) => error).pipe(
              Stream.groupedWithin(SIZE, WAIT_MS),
            ),
            addBatch,
            0,
          ),
      },
      {
        name: RXJS,
        // It emits an empty batch when there was no item.
        run: (items) =>
          lastValueFrom(
            from(numbersLater(items)).pipe(
              bufferTime(WAIT_MS, null, SIZE),
              reduceRx((hash, batch) => batch.length === 0 ? hash : addBatch(hash, batch), 0),
            ),
          ),
      },
      {
        name: STREAMING_ITERABLES,
        share: 0.25,
        run: (items) => reduce(addBatch, 0, batchWithTimeout(SIZE, WAIT_MS, numbersLater(items))),
      },
    ],
  }],
  targets: [STREAMING_ITERABLES, RXJS].map((over) => limitCost({ group: REDUCE, over, atMost: 1 })),
};
