/** What the limit of a parallel, ordered map does to the cost per item. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { pMapIterable } from "p-map";
import { parallelMap } from "streaming-iterables";
import { mapInOrder } from "../baselines/ordered_pool.ts";
import { type Group, HEADRACE, type Row } from "../lib/row.ts";
import { checksumOf, expectedOfIncrement, incrementLater, numbers } from "../lib/work.ts";

const LIMITS = [10, 100, 1000];
const POOL = "hand-written pool";
const groupName = (limit: number): string => `limit ${limit}`;

function atLimit(limit: number): Group {
  const headrace = StreamingPipeline.start<number>()
    .map("increment", incrementLater, { parallel: true, concurrencyLimit: limit });
  return {
    name: groupName(limit),
    baseline: POOL,
    expected: expectedOfIncrement,
    contenders: [
      {
        name: POOL,
        run: (items) => checksumOf(mapInOrder(numbers(items), limit, incrementLater)),
      },
      { name: HEADRACE, run: (items) => checksumOf(headrace.execute(numbers(items))) },
      {
        name: "streaming-iterables",
        share: 0.25,
        run: (items) => checksumOf(parallelMap(limit, incrementLater, numbers(items))),
      },
      {
        name: "p-map",
        share: 0.5,
        run: (items) =>
          checksumOf(pMapIterable(numbers(items), incrementLater, { concurrency: limit })),
      },
      {
        name: "effect Stream",
        share: 0.1,
        run: (items) =>
          checksumOf(Stream.toAsyncIterable(Stream.mapEffect(
            Stream.fromIterable(numbers(items)),
            (item) => Effect.promise(() => incrementLater(item)),
            { concurrency: limit },
          ))),
      },
    ],
  };
}

export const parallelLimits: Row = {
  id: "parallel-limits",
  title: "one asynchronous map, parallel and ordered, for await, by limit",
  items: 100_000,
  denoBenchItems: 10_000,
  groups: LIMITS.map(atLimit),
  targets: [{
    text: `${HEADRACE}: dearest limit ≤ 1.5 × cheapest`,
    figure: (costOf) => {
      const costs = LIMITS.map((limit) => costOf(groupName(limit), HEADRACE));
      return Math.max(...costs) / Math.min(...costs);
    },
    atMost: 1.5,
  }],
};
