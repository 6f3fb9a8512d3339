/** A stream parted by key, each part through scan, batch and map. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import {
  bufferCount,
  from,
  groupBy,
  lastValueFrom,
  map,
  mergeMap,
  reduce as reduceRx,
  scan,
} from "rxjs";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { type Group, HEADRACE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, numbers } from "../lib/work.ts";

const SIZE = 10;
const LOOP = "hand-written loop over a Map";
const RXJS = "RxJS groupBy";

/** How many keys there are, and how many times the cost of RxJS each may have. */
const LIMITS: readonly { readonly keys: number; readonly atMost: number }[] = [
  { keys: 1, atMost: 1 },
  { keys: 100, atMost: 1 },
  { keys: 10_000, atMost: 1.5 },
];

const nameOf = (keys: number): string =>
  `${keys.toLocaleString("en")} ${keys === 1 ? "key" : "keys"}`;

/** A key and the hash of a batch of its running hashes: none left out, none swapped. */
type KeyHash = readonly [key: number, hash: number];

const hashBatch = (key: number, batch: readonly number[]): KeyHash => [
  key,
  batch.reduce(checksum, batch.length),
];

/** Batches of different keys come out in any order: the sum is the same in each. */
const addHash = (sum: number, [key, hash]: KeyHash): number => (sum + Math.imul(key + 1, hash)) | 0;

function foldInMap(items: number, keys: number): number {
  const groups = new Map<number, { hash: number; batch: number[] }>();
  let sum = 0;
  for (const item of numbers(items)) {
    const key = item % keys;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, group = { hash: 0, batch: [] });
    group.hash = checksum(group.hash, item);
    if (group.batch.push(group.hash) < SIZE) continue;
    sum = addHash(sum, hashBatch(key, group.batch));
    group.batch = [];
  }
  for (const [key, { batch }] of groups) {
    if (batch.length > 0) sum = addHash(sum, hashBatch(key, batch));
  }
  return sum;
}

function groupOf(keys: number): Group {
  const keyOf = (item: number): number => item % keys;
  const headrace = StreamingPipeline.start<number>().groupBy(
    "groups",
    keyOf,
    (group, key) =>
      group.scan("hash", checksum, 0)
        .batch("batches", SIZE)
        .map("hashed", (batch) => hashBatch(key, batch)),
    { maxKeys: keys },
  );
  return {
    name: nameOf(keys),
    baseline: LOOP,
    expected: (items) => foldInMap(items, keys),
    contenders: [
      { name: LOOP, kind: "by hand", run: (items) => foldInMap(items, keys) },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => headrace.executeReduce(numbers(items), addHash, 0),
      },
      {
        name: "effect groupByKey",
        run: (items) =>
          foldEffect(
            effectSource(numbers(items)).pipe(
              Stream.groupByKey(keyOf),
              Stream.flatMap(([key, group]) =>
                group.pipe(
                  Stream.scan(() => 0, checksum),
                  // The initial value, which it emits as well.
                  Stream.drop(1),
                  Stream.grouped(SIZE),
                  Stream.map((batch) => hashBatch(key, batch)),
                ), { concurrency: "unbounded" }),
            ),
            addHash,
            0,
          ),
      },
      {
        name: RXJS,
        run: (items) =>
          lastValueFrom(
            from(numbers(items)).pipe(
              groupBy(keyOf),
              mergeMap((group) =>
                group.pipe(
                  scan(checksum, 0),
                  bufferCount(SIZE),
                  map((batch) => hashBatch(group.key, batch)),
                )
              ),
              reduceRx(addHash, 0),
            ),
          ),
      },
    ],
  };
}

/** The source is the same for all; effect reads it by thousands, RxJS does not wait for groups. */
export const groupByStages: Row = {
  id: "group-by-stages",
  title: `groupBy, each group scan, batch(${SIZE}) and map`,
  items: 100_000,
  denoBenchItems: 10_000,
  groups: LIMITS.map(({ keys }) => groupOf(keys)),
  targets: LIMITS.map(({ keys, atMost }) => limitCost({ group: nameOf(keys), over: RXJS, atMost })),
};
