/** Four asynchronous sources as one. @module */

import { merge, StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import { from, lastValueFrom, merge as mergeRx, reduce as reduceRx } from "rxjs";
import { merge as mergeInTurn, parallelMerge } from "streaming-iterables";
import { foldEffect } from "../baselines/effect_stream.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { addToLane, LaneHashes, numbers, numbersLater } from "../lib/work.ts";

const SOURCES = 4;
const REDUCE = "reduce";
const ITERATE = "for await";
const LOOPS = "four loops by hand, side by side";

const headrace = StreamingPipeline.start<number>();

function sourcesOf(items: number): AsyncGenerator<number, void, undefined>[] {
  return Array.from({ length: SOURCES }, (_, first) => numbersLater(items, first, SOURCES));
}

const effectStream = (items: number): Stream.Stream<number, unknown> =>
  Stream.mergeAll(
    sourcesOf(items).map((source) => Stream.fromAsyncIterable(source, (error) => error)),
    { concurrency: SOURCES },
  );

const expected = (items: number): number => {
  const hashes = new LaneHashes(SOURCES);
  for (const item of numbers(items)) hashes.add(item);
  return hashes.combined;
};

async function hashAll(items: AsyncIterable<number>): Promise<number> {
  const hashes = new LaneHashes(SOURCES);
  for await (const item of items) hashes.add(item);
  return hashes.combined;
}

async function hashInLoops(items: number): Promise<number> {
  const hashes = new LaneHashes(SOURCES);
  await Promise.all(
    sourcesOf(items).map(async (source) => {
      for await (const item of source) hashes.add(item);
    }),
  );
  return hashes.combined;
}

export const mergeRow: Row = {
  id: "merge",
  title: `merge of ${SOURCES} asynchronous sources`,
  items: 100_000,
  denoBenchItems: 10_000,
  groups: [
    {
      name: REDUCE,
      baseline: LOOPS,
      expected,
      contenders: [
        { name: LOOPS, kind: "by hand", run: hashInLoops },
        {
          name: HEADRACE,
          kind: "ours",
          run: async (items) => {
            const merged = merge(...sourcesOf(items));
            const hashes = await headrace.executeReduce(
              merged,
              addToLane,
              new LaneHashes(SOURCES),
            );
            return hashes.combined;
          },
        },
        {
          name: "effect mergeAll",
          share: 0.1,
          run: async (items) => {
            const empty = new LaneHashes(SOURCES);
            const hashes = await foldEffect(effectStream(items), addToLane, empty);
            return hashes.combined;
          },
        },
        {
          name: "RxJS merge",
          run: async (items) => {
            const merged = mergeRx(...sourcesOf(items).map((source) => from(source)));
            const hashes = await lastValueFrom(
              merged.pipe(reduceRx(addToLane, new LaneHashes(SOURCES))),
            );
            return hashes.combined;
          },
        },
      ],
    },
    {
      name: ITERATE,
      baseline: LOOPS,
      expected,
      contenders: [
        { name: LOOPS, kind: "by hand", run: hashInLoops },
        { name: HEADRACE, kind: "ours", run: (items) => hashAll(merge(...sourcesOf(items))) },
        {
          name: "effect mergeAll",
          share: 0.1,
          run: (items) => hashAll(Stream.toAsyncIterable(effectStream(items))),
        },
        {
          // One item of each in turn: it waits for the slowest source.
          name: "streaming-iterables merge",
          share: 0.5,
          run: (items) => hashAll(mergeInTurn(...sourcesOf(items))),
        },
        {
          name: "streaming-iterables parallelMerge",
          share: 0.25,
          run: (items) => hashAll(parallelMerge(...sourcesOf(items))),
        },
      ],
    },
  ],
  targets: [],
};
