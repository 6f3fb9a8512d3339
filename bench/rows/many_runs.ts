/** A thousand runs at once, each over a hundred items through an asynchronous function. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { concatMap, from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { map, reduce } from "streaming-iterables";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { expectedOfRuns, runAtOnce, type ShortRun } from "../lib/runs.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, incrementAfterTurn } from "../lib/work.ts";

const GROUP = "reduce";
const LOOPS = "for (…) await fn(item)";

const headrace = StreamingPipeline.start<number>().map("increment", incrementAfterTurn);

const loop: ShortRun = async (source) => {
  let hash = 0;
  for (const item of source) hash = checksum(hash, await incrementAfterTurn(item));
  return hash;
};

const effect: ShortRun = (source) =>
  foldEffect(
    Stream.mapEffect(
      effectSource(source),
      (item) => Effect.promise(() => incrementAfterTurn(item)),
    ),
    checksum,
    0,
  );

const rxjs: ShortRun = (source) =>
  lastValueFrom(from(source).pipe(concatMap(incrementAfterTurn), reduceRx(checksum, 0)));

const streamingIterables: ShortRun = (source) =>
  reduce(checksum, 0, map(incrementAfterTurn, source));

export const manyRuns: Row = {
  id: "many-runs",
  title: "1,000 runs at once over 100 items each, one asynchronous map",
  items: 100_000,
  denoBenchItems: 10_000,
  groups: [{
    name: GROUP,
    baseline: LOOPS,
    expected: expectedOfRuns,
    contenders: [
      { name: LOOPS, kind: "by hand", run: (items) => runAtOnce(items, loop) },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => runAtOnce(items, (source) => headrace.executeReduce(source, checksum, 0)),
      },
      { name: "effect Stream", share: 0.1, run: (items) => runAtOnce(items, effect) },
      { name: "RxJS concatMap", share: 0.5, run: (items) => runAtOnce(items, rxjs) },
      {
        name: "streaming-iterables",
        share: 0.5,
        run: (items) => runAtOnce(items, streamingIterables),
      },
    ],
  }],
  targets: [limitCost({ group: GROUP, over: LOOPS, atMost: 2.5 })],
};
