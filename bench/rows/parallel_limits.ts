/** What the limit of a parallel, ordered map does to the cost per item. @module */

import { StreamingErrorStrategy, StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { pMapIterable, pMapSkip } from "p-map";
import { parallelMap } from "streaming-iterables";
import { effectSource } from "../baselines/effect_stream.ts";
import { mapInOrder } from "../baselines/ordered_pool.ts";
import { type Group, HEADRACE, type Row } from "../lib/row.ts";
import { limitSpread } from "../lib/target.ts";
import { checksum, checksumOf, expectedOfIncrement, incrementLater, numbers } from "../lib/work.ts";

const LIMITS = [10, 100, 1_000, 10_000];
const POOL = "hand-written pool";
const SKIPPED = "hand-written pool, failures skipped";

const allNames = LIMITS.map((limit) => `limit ${limit.toLocaleString("en")}`);
const failingNames = allNames.map((name) => `${name}, every tenth item fails`);

const fails = (item: number): boolean => item % 10 === 9;

// deno-lint-ignore require-await -- the cost of a promise per item is what is measured
async function incrementOrFail(item: number): Promise<number> {
  if (fails(item)) throw FAILURE;
  return item + 1;
}

/** One for all, so that no stack is captured per item. */
const FAILURE = new Error("every tenth item fails");

function atLimit(limit: number, index: number): Group {
  const headrace = StreamingPipeline.start<number>()
    .map("increment", incrementLater, { concurrencyLimit: limit });
  return {
    name: allNames[index]!,
    baseline: POOL,
    expected: expectedOfIncrement,
    contenders: [
      {
        name: POOL,
        kind: "by hand",
        run: (items) => checksumOf(mapInOrder(numbers(items), limit, incrementLater)),
      },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => checksumOf(headrace.execute(numbers(items))),
      },
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
            effectSource(numbers(items)),
            (item) => Effect.promise(() => incrementLater(item)),
            { concurrency: limit },
          ))),
      },
    ],
  };
}

/** The same where items fail and are skipped. */
function failingAtLimit(limit: number, index: number): Group {
  const headrace = StreamingPipeline.start<number>().map("increment", incrementOrFail, {
    concurrencyLimit: limit,
    errorStrategy: StreamingErrorStrategy.SKIP_FAILED,
  });
  return {
    name: failingNames[index]!,
    baseline: SKIPPED,
    expected: (items) =>
      [...numbers(items).filter((item) => !fails(item))]
        .reduce((hash, item) => checksum(hash, item + 1), 0),
    contenders: [
      {
        name: SKIPPED,
        kind: "by hand",
        run: async (items) => {
          const results = mapInOrder(
            numbers(items),
            limit,
            (item) => incrementOrFail(item).catch(() => undefined),
          );
          let hash = 0;
          for await (const item of results) if (item !== undefined) hash = checksum(hash, item);
          return hash;
        },
      },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => checksumOf(headrace.execute(numbers(items))),
      },
      {
        name: "p-map",
        share: 0.5,
        run: (items) =>
          checksumOf(pMapIterable(
            numbers(items),
            (item) => incrementOrFail(item).catch(() => pMapSkip),
            { concurrency: limit },
          ) as AsyncIterable<number>),
      },
    ],
  };
}

export const parallelLimits: Row = {
  id: "parallel-limits",
  title: "one asynchronous map, parallel and ordered, for await, by limit",
  items: 100_000,
  denoBenchItems: 20_000,
  groups: [...LIMITS.map(atLimit), ...LIMITS.map(failingAtLimit)],
  targets: [
    limitSpread(allNames, { atMost: 1.5, what: "limit" }),
    limitSpread(failingNames, { atMost: 1.5, what: "limit, failing items" }),
  ],
};
