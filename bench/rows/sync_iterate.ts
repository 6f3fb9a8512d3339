/** Three maps and one filter, consumed by `for await`. @module */

import { Stream } from "effect";
import { nodeContender } from "../baselines/node_readable.ts";
import { type CostOf, HEADRACE, type Row } from "../lib/row.ts";
import { checksumOf, expectedOfSyncChain, numbers } from "../lib/work.ts";
import {
  asyncGeneratorChain,
  effectChain,
  fusedGenerator,
  headraceChain,
  nodeChain,
  streamingIterablesChain,
  transformStreamChain,
} from "./sync_chain.ts";

const GROUP = "for await over execute";
const FUSED = "hand-fused async generator";
const TRANSFORM = "a TransformStream per stage";

const cost = (costOf: CostOf, name: string): number => costOf(GROUP, name);

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
      { name: FUSED, run: (items) => checksumOf(fusedGenerator(numbers(items))) },
      { name: HEADRACE, run: (items) => checksumOf(headraceChain.execute(numbers(items))) },
      {
        name: "chain of async generators",
        share: 0.1,
        run: (items) => checksumOf(asyncGeneratorChain(numbers(items))),
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
        name: TRANSFORM,
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
    {
      text: `${HEADRACE} ≤ 0.9 × ${FUSED}`,
      figure: (costOf) => cost(costOf, HEADRACE) / cost(costOf, FUSED),
      atMost: 0.9,
    },
    {
      text: `${HEADRACE} ≥ 25 × faster than ${TRANSFORM}`,
      figure: (costOf) => cost(costOf, TRANSFORM) / cost(costOf, HEADRACE),
      atLeast: 25,
    },
  ],
};
