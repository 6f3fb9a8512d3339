/** Sources that are asynchronous: a generator, and a web stream. @module */

import { Stream } from "effect";
import { from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { reduce } from "streaming-iterables";
import { foldEffect } from "../baselines/effect_stream.ts";
import { foldStream } from "../baselines/transform_streams.ts";
import { type Contender, type Group, HEADRACE, type Row } from "../lib/row.ts";
import {
  checksum,
  checksumOf,
  decrement,
  expectedOfSyncChain,
  increment,
  isEven,
  numbersLater,
  numberStream,
  triple,
} from "../lib/work.ts";
import {
  effectStages,
  headraceChain,
  rxjsChain,
  streamingIterablesChain,
  throughTransforms,
} from "./sync_chain.ts";

const LOOP = "hand-written for await";

/** How a source is made, and how effect takes it. */
interface SourceKind {
  readonly name: string;
  open(items: number): AsyncIterable<number>;
  openEffect(items: number): Stream.Stream<number, unknown>;
  /** What only this kind of source can do. */
  readonly others: readonly Contender[];
}

const GENERATOR: SourceKind = {
  name: "async generator",
  open: (items) => numbersLater(items),
  openEffect: (items) => Stream.fromAsyncIterable(numbersLater(items), (error) => error),
  others: [],
};

const WEB_STREAM: SourceKind = {
  name: "web stream",
  open: numberStream,
  openEffect: (items) =>
    Stream.fromReadableStream({ evaluate: () => numberStream(items), onError: (error) => error }),
  others: [{
    name: "a TransformStream per stage",
    share: 0.1,
    run: (items) => foldStream(throughTransforms(numberStream(items)), checksum, 0),
  }],
};

async function foldByHand(source: AsyncIterable<number>): Promise<number> {
  let hash = 0;
  for await (const item of source) {
    const result = decrement(triple(increment(item)));
    if (isEven(result)) hash = checksum(hash, result);
  }
  return hash;
}

function foldsOf({ name, open, openEffect, others }: SourceKind): Group {
  return {
    name: `${name}, reduce`,
    baseline: LOOP,
    expected: expectedOfSyncChain,
    contenders: [
      { name: LOOP, kind: "by hand", run: (items) => foldByHand(open(items)) },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => headraceChain.executeReduce(open(items), checksum, 0),
      },
      {
        name: "effect Stream",
        share: 0.25,
        run: (items) => foldEffect(effectStages(openEffect(items)), checksum, 0),
      },
      {
        name: "RxJS",
        run: (items) => lastValueFrom(rxjsChain(from(open(items))).pipe(reduceRx(checksum, 0))),
      },
      {
        name: "streaming-iterables",
        share: 0.25,
        run: (items) => reduce(checksum, 0, streamingIterablesChain(open(items))),
      },
      ...others,
    ],
  };
}

function loopsOver({ name, open, openEffect }: SourceKind): Group {
  return {
    name: `${name}, for await`,
    baseline: LOOP,
    expected: expectedOfSyncChain,
    contenders: [
      { name: LOOP, kind: "by hand", run: (items) => foldByHand(open(items)) },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => checksumOf(headraceChain.execute(open(items))),
      },
      {
        name: "effect Stream",
        share: 0.25,
        run: (items) => checksumOf(Stream.toAsyncIterable(effectStages(openEffect(items)))),
      },
      {
        name: "streaming-iterables",
        share: 0.25,
        run: (items) => checksumOf(streamingIterablesChain(open(items))),
      },
    ],
  };
}

export const asyncSources: Row = {
  id: "async-sources",
  title: "3 maps + 1 filter over an asynchronous source",
  items: 100_000,
  denoBenchItems: 10_000,
  groups: [GENERATOR, WEB_STREAM].flatMap((kind) => [foldsOf(kind), loopsOver(kind)]),
  targets: [],
};
