/** Three maps and one filter, folded into one value. @module */

import { Effect, Stream } from "effect";
import { from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { reduce } from "streaming-iterables";
import { nodeContender } from "../baselines/node_readable.ts";
import { foldStream } from "../baselines/transform_streams.ts";
import { type CostOf, HEADRACE, type Row } from "../lib/row.ts";
import {
  checksum,
  decrement,
  expectedOfSyncChain,
  increment,
  isEven,
  numbers,
  triple,
} from "../lib/work.ts";
import {
  effectChain,
  headraceChain,
  nodeChain,
  rxjsChain,
  streamingIterablesChain,
  transformStreamChain,
} from "./sync_chain.ts";

const GROUP = "executeReduce";
const LOOP = "hand-written loop";
const EFFECT = "effect Stream";
const RXJS = "RxJS";

const ratioTo = (other: string) => (costOf: CostOf): number =>
  costOf(GROUP, HEADRACE) / costOf(GROUP, other);

export const syncReduce: Row = {
  id: "sync-reduce",
  title: "3 maps + 1 filter, synchronous",
  items: 1_000_000,
  denoBenchItems: 20_000,
  groups: [{
    name: GROUP,
    baseline: LOOP,
    expected: expectedOfSyncChain,
    contenders: [
      {
        name: LOOP,
        run: (items) => {
          let hash = 0;
          for (const item of numbers(items)) {
            const result = decrement(triple(increment(item)));
            if (isEven(result)) hash = checksum(hash, result);
          }
          return hash;
        },
      },
      {
        name: HEADRACE,
        run: (items) => headraceChain.executeReduce(numbers(items), checksum, 0),
      },
      {
        name: EFFECT,
        run: (items) =>
          Effect.runPromise(Stream.runFold(effectChain(numbers(items)), () => 0, checksum)),
      },
      {
        name: RXJS,
        run: (items) => lastValueFrom(rxjsChain(from(numbers(items))).pipe(reduceRx(checksum, 0))),
      },
      {
        name: "streaming-iterables",
        share: 0.05,
        run: (items) => reduce(checksum, 0, streamingIterablesChain(numbers(items))),
      },
      {
        name: "a TransformStream per stage",
        share: 0.02,
        run: (items) => foldStream(transformStreamChain(numbers(items)), checksum, 0),
      },
      ...nodeContender((Readable) => ({
        name: "Node Readable operators",
        share: 0.01,
        run: (items) => nodeChain(Readable.from(numbers(items))).reduce(checksum, 0),
      })),
    ],
  }],
  targets: [
    {
      text: `${HEADRACE} ≤ 2.5 × ${LOOP} (V8)`,
      figure: ratioTo(LOOP),
      atMost: 2.5,
      runtimes: ["deno", "node"],
    },
    { text: `${HEADRACE} < 1 × ${EFFECT}`, figure: ratioTo(EFFECT), atMost: 1 },
    { text: `${HEADRACE} < 1 × ${RXJS}`, figure: ratioTo(RXJS), atMost: 1 },
  ],
};
