/** A running total. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Effect, Stream } from "effect";
import { from, lastValueFrom, reduce as reduceRx, scan } from "rxjs";
import { HEADRACE, type Row } from "../lib/row.ts";
import { checksum, numbers } from "../lib/work.ts";

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
    name: "executeReduce",
    baseline: LOOP,
    expected: hashTotals,
    contenders: [
      { name: LOOP, run: hashTotals },
      { name: HEADRACE, run: (items) => headrace.executeReduce(numbers(items), checksum, 0) },
      {
        // It hands out the initial value as well.
        name: "effect scan",
        run: (items) =>
          Effect.runPromise(
            Stream.fromIterable(numbers(items)).pipe(
              Stream.scan(() => 0, add),
              Stream.drop(1),
              Stream.runFold(() => 0, checksum),
            ),
          ),
      },
      {
        name: "RxJS scan",
        run: (items) =>
          lastValueFrom(from(numbers(items)).pipe(scan(add, 0), reduceRx(checksum, 0))),
      },
    ],
  }],
  targets: [],
};
