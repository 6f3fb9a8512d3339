/** Three maps and one filter, consumed by `for await`. @module */

import { Stream } from "effect";
import { nodeContender } from "../baselines/node_readable.ts";
import { HEADRACE, NATIVE, type Row } from "../lib/row.ts";
import { BUN, limitCost, V8 } from "../lib/target.ts";
import { checksum, checksumOf, expectedOfSyncChain, numbers } from "../lib/work.ts";
import {
  asyncGeneratorChain,
  effectChain,
  fusedGenerator,
  headraceChain,
  nativeChain,
  nodeChain,
  streamingIterablesChain,
  transformStreamChain,
} from "./sync_chain.ts";

const GROUP = "for await over execute";
const FUSED = "hand-fused async generator";

/** RxJS is missing here on purpose: it pushes, and offers no async iteration. */
export const syncIterate: Row = {
  id: "sync-iterate",
  title: "3 maps + 1 filter, synchronous",
  items: 1_000_000,
  denoBenchItems: 20_000,
  groups: [{
    name: GROUP,
    baseline: FUSED,
    expected: expectedOfSyncChain,
    contenders: [
      { name: FUSED, kind: "by hand", run: (items) => checksumOf(fusedGenerator(numbers(items))) },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => checksumOf(headraceChain.execute(numbers(items))),
      },
      {
        name: "chain of async generators",
        kind: "by hand",
        share: 0.1,
        run: (items) => checksumOf(asyncGeneratorChain(numbers(items))),
      },
      {
        name: NATIVE,
        kind: "native",
        run: async (items) => {
          let hash = 0;
          for await (const item of nativeChain(numbers(items))) hash = checksum(hash, item);
          return hash;
        },
      },
      {
        name: "effect Stream",
        share: 0.1,
        run: (items) => checksumOf(Stream.toAsyncIterable(effectChain(numbers(items)))),
      },
      {
        name: "streaming-iterables",
        share: 0.05,
        run: (items) => checksumOf(streamingIterablesChain(numbers(items))),
      },
      {
        name: "a TransformStream per stage",
        share: 0.03,
        run: (items) => checksumOf(transformStreamChain(numbers(items))),
      },
      ...nodeContender((Readable) => ({
        name: "Node Readable operators",
        share: 0.01,
        run: (items) => checksumOf(nodeChain(Readable.from(numbers(items)))),
      })),
    ],
  }],
  targets: [
    limitCost({ group: GROUP, over: FUSED, atMost: 0.9, runtimes: V8 }),
    limitCost({ group: GROUP, over: FUSED, atMost: 1, runtimes: BUN }),
  ],
};
