/** A running total. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import { from, lastValueFrom, reduce as reduceRx, scan } from "rxjs";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, numbers } from "../lib/work.ts";

const GROUP = "executeReduce";
const EFFECT = "effect scan";
const LOOP = "hand-written loop";

const add = (total: number, item: number): number => (total + item) | 0;

const headrace = StreamingPipeline.start<number>().scan("total", add, 0);

function hashTotals(items: number): number {
  let hash = 0;
  let total = 0;
  for (const item of numbers(items)) {
    total = add(total, item);
    hash = checksum(hash, total);
  }
  return hash;
}

export const scanRow: Row = {
  id: "scan",
  title: "scan, a running total",
  items: 500_000,
  denoBenchItems: 20_000,
  groups: [{
    name: GROUP,
    baseline: LOOP,
    expected: hashTotals,
    contenders: [
      { name: LOOP, kind: "by hand", run: hashTotals },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => headrace.executeReduce(numbers(items), checksum, 0),
      },
      {
        // It emits the initial value as well.
        name: EFFECT,
        run: (items) =>
          foldEffect(
            effectSource(numbers(items)).pipe(Stream.scan(() => 0, add), Stream.drop(1)),
            checksum,
            0,
          ),
      },
      {
        name: "RxJS scan",
        run: (items) =>
          lastValueFrom(from(numbers(items)).pipe(scan(add, 0), reduceRx(checksum, 0))),
      },
    ],
  }],
  targets: [limitCost({ group: GROUP, over: EFFECT, atMost: 0.9 })],
};
