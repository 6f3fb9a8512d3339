// L11: the cost per item does not grow with how many calls of next() are pending, nor with how many
// sources are read together. Counted, not timed: how many elements of arrays are moved or looked
// through, how often a reader of state is woken.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import {
  combineLatest,
  concat,
  interleave,
  merge,
  retrySource,
  share,
  StreamingPipeline,
  zip,
  zipLongest,
} from "../../mod.ts";
import { StepItems } from "../../src/parts/step_items.ts";
import { test } from "../harness.ts";
import { countArrayMoves } from "../support/array_probe.ts";
import { range } from "./_rows.ts";

const FEW = 40;
const MANY = 2_000;

const later = <T>(item: T) => Promise.resolve(item);

async function* slow(items: readonly number[]) {
  for (const item of items) yield await later(item);
}

const start = () => StreamingPipeline.start<number>();

/** What gives `items`, each later than when it is asked for. */
const ITERATORS: Readonly<Record<string, (items: number[]) => AsyncIterator<unknown>>> = {
  "execute()": (items) => start().map("later", later).execute(items),
  "execute() over a parallel stage": (items) =>
    start().map("later", later, { parallel: true }).execute(items),
  "executeWithMetadata()": (items) => start().map("later", later).executeWithMetadata(items),
  "a run over a run": (items) =>
    start().execute(start().map("later", later).execute(items) as AsyncIterable<number>),
  "merge()": (items) => merge(slow(items)),
  "concat()": (items) => concat(slow(items)),
  "interleave()": (items) => interleave(slow(items)),
  "zip()": (items) => zip(slow(items)),
  "zipLongest()": (items) => zipLongest(0, slow(items)),
  "combineLatest()": (items) => combineLatest(slow(items)),
  "retrySource()": (items) => retrySource(() => slow(items), { maxAttempts: 1, backoffMs: 0 }),
  "a consumer of share()": (items) => share(slow(items), { bufferSize: 1 })[Symbol.asyncIterator](),
  "run.errors": (items) => {
    const run = start().map("fails", (item) => Promise.reject(item), {
      errorStrategy: "SPLIT_ERRORS",
    }).run(items);
    const errors = run.errors[Symbol.asyncIterator]();
    // The channel is read first.
    Promise.resolve().then(() => run[Symbol.asyncIterator]().next());
    return errors;
  },
};

/** The elements moved per item where `count` calls are pending at once. */
async function movesPerCall(
  open: (items: number[]) => AsyncIterator<unknown>,
  count: number,
): Promise<number> {
  const items = range(count);
  const moves = await countArrayMoves(async () => {
    const iterator = open(items);
    const calls: Promise<IteratorResult<unknown>>[] = new Array(count);
    for (let index = 0; index < count; index++) calls[index] = iterator.next();
    for (const call of calls) assertEquals((await call).done ?? false, false);
    await iterator.return?.();
  });
  return moves / count;
}

for (const [name, open] of Object.entries(ITERATORS)) {
  test(`[L11] a call of next() of ${name} costs as much, however many are pending`, async () => {
    const few = await movesPerCall(open, FEW);
    const many = await movesPerCall(open, MANY);

    assertLessOrEqual(many, 1.5 * few + 1);
  });
}

test("[L11] a call of next() of a step's input costs as much, however many are pending", async () => {
  const moves = (count: number) =>
    countArrayMoves(() =>
      start().map("later", later).add("all", async function* ({ input }) {
        const calls: Promise<IteratorResult<unknown, void>>[] = new Array(count);
        for (let index = 0; index < count; index++) calls[index] = input.next();
        for (const call of calls) yield await call;
      }).executeForEach(range(count), () => {})
    );

  assertLessOrEqual(await moves(MANY) / MANY, 1.5 * await moves(FEW) / FEW + 1);
});

test("[L11] an item wakes one of the calls of next() of a reader of state", async () => {
  const { readAhead } = StepItems.prototype;
  let reads = 0;
  StepItems.prototype.readAhead = function () {
    reads++;
    return readAhead.call(this);
  };
  try {
    await start().map("later", later).add("all", async function* ({ state }) {
      const all = state.stream("later");
      for (const call of range(MANY).map(() => all.next())) yield await call;
    }).executeForEach(range(MANY), () => {});
  } finally {
    StepItems.prototype.readAhead = readAhead;
  }

  assertLessOrEqual(reads, 2 * MANY);
});

const TOGETHER: Readonly<
  Record<string, (sources: AsyncIterable<number>[]) => AsyncIterable<unknown>>
> = {
  "merge()": (sources) => merge(...sources),
  "concat()": (sources) => concat(...sources),
  "interleave()": (sources) => interleave(...sources),
  "zip()": (sources) => zip(...sources),
  "zipLongest()": (sources) => zipLongest(0, ...sources),
};

for (const [name, open] of Object.entries(TOGETHER)) {
  test(`[L11] an item of ${name} costs as much, however many sources there are`, async () => {
    const moves = async (count: number) =>
      await countArrayMoves(async () => {
        const sources = new Array(count);
        for (let index = 0; index < count; index++) sources[index] = slow([index]);
        for await (const _ of open(sources));
      }) / count;

    assertLessOrEqual(await moves(MANY), 1.5 * await moves(FEW) + 1);
  });
}
