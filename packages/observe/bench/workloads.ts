// What is observed: work of three kinds.

import { type RunObserver, StreamingPipeline } from "@headrace/pipeline";

/** A way to use the time. */
export interface Workload {
  readonly name: string;
  /** How many calls of stages it makes. */
  readonly calls: number;
  run(observer: RunObserver | undefined): Promise<unknown>;
}

/** Keeps the processor busy for about so many microseconds. */
function spin(microseconds: number): number {
  const until = performance.now() + microseconds / 1000;
  let turns = 0;
  while (performance.now() < until) turns++;
  return turns;
}

const range = (length: number) => Array.from({ length }, (_, item) => item);

const numbers = StreamingPipeline.start<number>()
  .map("add", (item) => item + 1)
  .filter("even", (item) => item % 2 === 0)
  .map("double", (item) => item * 2);
const promises = StreamingPipeline.start<number>()
  .map("first", (item) => Promise.resolve(item), { concurrencyLimit: 8 })
  .map("second", (item) => Promise.resolve(item), { concurrencyLimit: 8 });
const work = StreamingPipeline.start<number>()
  .map("parse", (item) => spin(50) + item)
  .map("hash", (item) => Promise.resolve(spin(50) + item), { concurrencyLimit: 4 });

/** The workloads, of so many items in the cheapest of them, and fewer in the others. */
export function createWorkloads(items: number): readonly Workload[] {
  const sources = {
    numbers: range(items),
    promises: range(Math.ceil(items / 6)),
    work: range(Math.ceil(items / 100)),
  };
  return [
    {
      name: "three stages that add and compare",
      calls: sources.numbers.length * 2.5,
      run: (observer) => numbers.executeForEach(sources.numbers, () => {}, { observer }),
    },
    {
      name: "two parallel stages of promises",
      calls: sources.promises.length * 2,
      run: (observer) => promises.executeForEach(sources.promises, () => {}, { observer }),
    },
    {
      name: "two stages of 50 µs",
      calls: sources.work.length * 2,
      run: (observer) => work.executeForEach(sources.work, () => {}, { observer }),
    },
  ];
}
