/** The same kind of chain at 3, 10, 30 and 100 stages: maps, and one filter at the end. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import { filter as filterRx, from, lastValueFrom, map as mapRx, reduce as reduceRx } from "rxjs";
import { filterItems, mapItems } from "../baselines/async_generators.ts";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { type CostOf, type Group, HEADRACE, NATIVE, type Row } from "../lib/row.ts";
import { checksum, checksumOf, isEven, numbers } from "../lib/work.ts";

type Mapper = (item: number) => number;

/** What a loop over stages needs: keys made in a loop are not literal types. */
interface ChainBuilder {
  map(key: string, mapper: Mapper): ChainBuilder;
  filter(key: string, predicate: (item: number) => boolean): ChainBuilder;
  executeReduce(
    source: Iterable<number>,
    reducer: (hash: number, item: number) => number,
    initial: number,
  ): Promise<number>;
}

const LONGER = [10, 30, 100];
const LOOP = "loop over an array of functions";
const groupName = (stages: number): string => `${stages} stages`;

function runLoop(mappers: readonly Mapper[], items: number): number {
  let hash = 0;
  for (const item of numbers(items)) {
    let value = item;
    for (let index = 0; index < mappers.length; index++) value = mappers[index]!(value);
    if (isEven(value)) hash = checksum(hash, value);
  }
  return hash;
}

function buildChain(mappers: readonly Mapper[]): ChainBuilder {
  // The builder types each key; this chain is the same at run time.
  let chain = StreamingPipeline.start<number>() as unknown as ChainBuilder;
  mappers.forEach((mapper, index) => chain = chain.map(`map${index}`, mapper));
  return chain.filter("even", isEven);
}

function chainOf(stages: number): Group {
  const mappers = Array.from({ length: stages - 1 }, (_, index): Mapper => {
    return (item) => item + index;
  });
  const chain = buildChain(mappers);
  return {
    name: groupName(stages),
    baseline: LOOP,
    expected: (items) => runLoop(mappers, items),
    contenders: [
      { name: LOOP, kind: "by hand", run: (items) => runLoop(mappers, items) },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => chain.executeReduce(numbers(items), checksum, 0),
      },
      {
        name: "effect Stream",
        run: (items) => {
          let stream: Stream.Stream<number> = effectSource(numbers(items));
          for (const mapper of mappers) stream = Stream.map(stream, mapper);
          stream = Stream.filter(stream, isEven);
          return foldEffect(stream, checksum, 0);
        },
      },
      {
        name: NATIVE,
        kind: "native",
        run: (items) => {
          let iterator: IteratorObject<number> = Iterator.from(numbers(items));
          for (const mapper of mappers) iterator = iterator.map(mapper);
          return iterator.filter(isEven).reduce(checksum, 0);
        },
      },
      {
        name: "RxJS",
        run: (items) => {
          let observable = from(numbers(items));
          for (const mapper of mappers) observable = observable.pipe(mapRx(mapper));
          return lastValueFrom(observable.pipe(filterRx(isEven), reduceRx(checksum, 0)));
        },
      },
      {
        name: "chain of async generators",
        kind: "by hand",
        share: 0.05,
        run: (items) => {
          let chained: Iterable<number> | AsyncIterable<number> = numbers(items);
          for (const mapper of mappers) chained = mapItems(chained, mapper);
          return checksumOf(filterItems(chained, isEven));
        },
      },
    ],
  };
}

/** How many times the cost per item is at `many` stages what it is at 3. */
const growth = (many: number) => (costOf: CostOf): number =>
  costOf(groupName(many), HEADRACE) / costOf(groupName(3), HEADRACE);

export const stages: Row = {
  id: "stages",
  title: "a longer synchronous chain, executeReduce",
  items: 300_000,
  denoBenchItems: 20_000,
  groups: [3, ...LONGER].map(chainOf),
  targets: LONGER.map((many) => ({
    text: `${HEADRACE}: ${many} stages cost ≤ ${(many / 3).toFixed(2)} × 3 stages`,
    figure: growth(many),
    atMost: many / 3,
  })),
};
