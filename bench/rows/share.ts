/** One source read by two consumers, each with a fold of its own. @module */

import { share, StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { connect, forkJoin, from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { effectSource } from "../baselines/effect_stream.ts";
import { foldStream } from "../baselines/transform_streams.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, checksumOf, numbers } from "../lib/work.ts";

const BUFFER_SIZE = 16;
const REDUCE = "reduce";
const ITERATE = "for await";
const EFFECT = "effect broadcastN";
const LOOP = "one loop that folds twice";

const headrace = StreamingPipeline.start<number>();

/** Another fold than the checksum, so that the consumers do not do the same. */
const sum = (total: number, item: number): number => (total + item) | 0;

const combine = ([hash, total]: readonly [number, number]): number => checksum(hash, total);

function foldTwice(items: number): number {
  let hash = 0;
  let total = 0;
  for (const item of numbers(items)) {
    hash = checksum(hash, item);
    total = sum(total, item);
  }
  return combine([hash, total]);
}

async function sumOf(items: AsyncIterable<number>): Promise<number> {
  let total = 0;
  for await (const item of items) total = sum(total, item);
  return total;
}

const foldByEffect = (
  items: number,
  fold: (
    stream: Stream.Stream<number>,
    reducer: (fold: number, item: number) => number,
  ) => Effect.Effect<number>,
): Promise<number> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function* () {
    const [left, right] = yield* effectSource(numbers(items)).pipe(
      Stream.broadcastN({ n: 2, capacity: BUFFER_SIZE }),
    );
    const folds = [fold(left, checksum), fold(right, sum)] as const;
    return combine(yield* Effect.all(folds, { concurrency: 2 }));
  })));

export const shareRow: Row = {
  id: "share",
  title: "share, two consumers",
  items: 100_000,
  denoBenchItems: 10_000,
  groups: [
    {
      name: REDUCE,
      baseline: LOOP,
      expected: foldTwice,
      contenders: [
        { name: LOOP, kind: "by hand", run: foldTwice },
        {
          name: HEADRACE,
          kind: "ours",
          run: async (items) => {
            const shared = share(numbers(items), { bufferSize: BUFFER_SIZE });
            return combine(
              await Promise.all([
                headrace.executeReduce(shared, checksum, 0),
                headrace.executeReduce(shared, sum, 0),
              ]),
            );
          },
        },
        {
          name: EFFECT,
          run: (items) =>
            foldByEffect(items, (stream, reducer) => Stream.runFold(stream, () => 0, reducer)),
        },
        {
          // It pushes each item to both, and buffers none.
          name: "RxJS connect",
          run: async (items) =>
            combine(
              await lastValueFrom(
                from(numbers(items)).pipe(
                  connect((shared) =>
                    forkJoin([
                      shared.pipe(reduceRx(checksum, 0)),
                      shared.pipe(reduceRx(sum, 0)),
                    ])
                  ),
                ),
              ),
            ),
        },
        {
          name: "ReadableStream.tee()",
          share: 0.25,
          run: async (items) => {
            const [left, right] = ReadableStream.from(numbers(items)).tee();
            return combine(
              await Promise.all([foldStream(left, checksum, 0), foldStream(right, sum, 0)]),
            );
          },
        },
      ],
    },
    {
      name: ITERATE,
      baseline: LOOP,
      expected: foldTwice,
      contenders: [
        { name: LOOP, kind: "by hand", run: foldTwice },
        {
          name: HEADRACE,
          kind: "ours",
          run: async (items) => {
            const shared = share(numbers(items), { bufferSize: BUFFER_SIZE });
            return combine(await Promise.all([checksumOf(shared), sumOf(shared)]));
          },
        },
        {
          name: EFFECT,
          run: (items) =>
            foldByEffect(items, (stream, reducer) =>
              Effect.promise(() => {
                const iterable = Stream.toAsyncIterable(stream);
                return reducer === checksum ? checksumOf(iterable) : sumOf(iterable);
              })),
        },
        {
          name: "ReadableStream.tee()",
          share: 0.25,
          run: async (items) => {
            const [left, right] = ReadableStream.from(numbers(items)).tee();
            return combine(await Promise.all([checksumOf(left), sumOf(right)]));
          },
        },
      ],
    },
  ],
  targets: [limitCost({ group: REDUCE, over: EFFECT, atMost: 2 })],
};
