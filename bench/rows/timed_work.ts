/** Calls that take five milliseconds each, ten at a time; the same with jitter. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { pMapIterable } from "p-map";
import { parallelMap } from "streaming-iterables";
import { effectSource } from "../baselines/effect_stream.ts";
import { nodeContender } from "../baselines/node_readable.ts";
import { forEachInWorkers } from "../baselines/ordered_pool.ts";
import { type Contender, type Group, HEADRACE, type Row, type Target } from "../lib/row.ts";
import { checksum, checksumOf, expectedOfIncrement, numbers } from "../lib/work.ts";

const LIMIT = 10;
const EVEN = "5 ms each";
const JITTERED = "1–9 ms each";
const IDEAL = "ten workers, no order";
const UNORDERED = `${HEADRACE}, ordered: false`;

const evenMs = (): number => 5;
/** 1 to 9, evenly spread and the same in every run: the item hashed by the finaliser of murmur3. */
function jitteredMs(item: number): number {
  let hash = item + 1;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return 1 + ((hash ^ (hash >>> 16)) >>> 0) % 9;
}

function delayed(durationMs: (item: number) => number): (item: number) => Promise<number> {
  return (item) => new Promise((resolve) => setTimeout(resolve, durationMs(item), item + 1));
}

/** The checksum of results that came in any order. Each is its item plus one. */
const checksumOfUnordered = (results: number[]): number =>
  results.sort((left, right) => left - right).reduce(checksum, 0);

function groupOf(name: string, durationMs: (item: number) => number): Group {
  const work = delayed(durationMs);
  const start = StreamingPipeline.start<number>();
  const parallel = { parallel: true, concurrencyLimit: LIMIT };
  const ordered = start.map("work", work, parallel);
  const unordered = start.map("work", work, { ...parallel, ordered: false });
  const peers: Contender[] = [
    {
      name: "p-map",
      run: (items) => checksumOf(pMapIterable(numbers(items), work, { concurrency: LIMIT })),
    },
    {
      name: "streaming-iterables",
      run: (items) => checksumOf(parallelMap(LIMIT, work, numbers(items))),
    },
    {
      name: "effect Stream",
      run: (items) =>
        checksumOf(Stream.toAsyncIterable(Stream.mapEffect(
          effectSource(numbers(items)),
          (item) => Effect.promise(() => work(item)),
          { concurrency: LIMIT },
        ))),
    },
    ...nodeContender((Readable) => ({
      name: "Node Readable.map",
      run: (items) =>
        checksumOf(Readable.from(numbers(items)).map((item) => work(item), { concurrency: LIMIT })),
    })),
  ];
  return {
    name,
    baseline: IDEAL,
    expected: expectedOfIncrement,
    contenders: [
      {
        // The most that ten callers can do with this runtime's timers.
        name: IDEAL,
        kind: "by hand",
        run: async (items) => {
          const results: number[] = [];
          await forEachInWorkers(numbers(items), LIMIT, async (item) => {
            results.push(await work(item));
          });
          return checksumOfUnordered(results);
        },
      },
      { name: HEADRACE, kind: "ours", run: (items) => checksumOf(ordered.execute(numbers(items))) },
      {
        name: UNORDERED,
        kind: "ours",
        run: async (items) => checksumOfUnordered(await unordered.executeToArray(numbers(items))),
      },
      // The time goes by in timers, so fewer items say the same and keep a round short.
      ...peers.map((peer): Contender => ({ ...peer, share: 0.3 })),
    ],
  };
}

const efficiencyOf = (group: string, name: string): Target => ({
  text: `${group}: ${name} ≥ 0.95 of ${IDEAL}`,
  figure: (costOf) => costOf(group, IDEAL) / costOf(group, name),
  atLeast: 0.95,
});

export const timedWork: Row = {
  id: "timed",
  title: `calls that wait, parallel, limit ${LIMIT}`,
  items: 1000,
  denoBenchItems: 100,
  denoBenchRuns: { n: 10, warmup: 1 },
  warmUpRounds: 0,
  groups: [groupOf(EVEN, evenMs), groupOf(JITTERED, jitteredMs)],
  targets: [EVEN, JITTERED].flatMap((group) =>
    [HEADRACE, UNORDERED].map((name) => efficiencyOf(group, name))
  ),
};
