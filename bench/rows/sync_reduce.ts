/** Three maps and one filter, folded into one value. @module */

import { from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { reduce } from "streaming-iterables";
import { foldEffect } from "../baselines/effect_stream.ts";
import { nodeContender } from "../baselines/node_readable.ts";
import { foldStream } from "../baselines/transform_streams.ts";
import { HEADRACE, NATIVE, type Row } from "../lib/row.ts";
import { BUN, limitCost, V8 } from "../lib/target.ts";
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
  nativeChain,
  nodeChain,
  rxjsChain,
  streamingIterablesChain,
  transformStreamChain,
} from "./sync_chain.ts";

const GROUP = "executeReduce";
const LOOP = "hand-written loop";
const ARRAY = "loop over an array of functions";
const EFFECT = "effect Stream";
const RXJS = "RxJS";

const STAGES = [increment, triple, decrement];

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
        kind: "by hand",
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
        // As any pipeline that is put together at run time.
        name: ARRAY,
        kind: "by hand",
        run: (items) => {
          let hash = 0;
          for (const item of numbers(items)) {
            let value = item;
            for (let index = 0; index < STAGES.length; index++) value = STAGES[index]!(value);
            if (isEven(value)) hash = checksum(hash, value);
          }
          return hash;
        },
      },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => headraceChain.executeReduce(numbers(items), checksum, 0),
      },
      {
        name: EFFECT,
        run: (items) => foldEffect(effectChain(numbers(items)), checksum, 0),
      },
      {
        name: RXJS,
        run: (items) => lastValueFrom(rxjsChain(from(numbers(items))).pipe(reduceRx(checksum, 0))),
      },
      {
        name: NATIVE,
        kind: "native",
        run: (items) => nativeChain(numbers(items)).reduce(checksum, 0),
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
    ...[EFFECT, RXJS].map((over) => limitCost({ group: GROUP, over, atMost: 0.75 })),
    limitCost({ group: GROUP, over: ARRAY, atMost: 1.5, runtimes: V8 }),
    limitCost({ group: GROUP, over: ARRAY, atMost: 2.5, runtimes: BUN }),
  ],
};
