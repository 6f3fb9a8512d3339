// What becomes of what stages keep when a run of a job fails.

import { assertEquals, assertRejects } from "@std/assert";
import { type PipelineOf, StreamingPipeline } from "../../mod.ts";
import {
  durable,
  memoryStore,
  positioned,
  transactional,
  type TransactionalStore,
} from "../../src/durable/mod.ts";
import { clock } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { ID, onClock, options } from "./_jobs.ts";

/** What has failed in the first run alone. */
interface Trouble {
  isOver: boolean;
}

type Numbers = StreamingPipeline<number, number>;
type Make = (
  trouble: Trouble,
) => PipelineOf<number, unknown> & Pick<StreamingPipeline<number, unknown>, "executeToArray">;

const NUMBERS = [1, 2, 3, 4, 5, 6, 7];
const BAD = 4;
const start = (): Numbers => StreamingPipeline.start<number>();
const wait = (ms: number) => new Promise<void>((resolve) => void clock.schedule(resolve, ms));
const refuse = ({ isOver }: Trouble, n: number): number => {
  if (n === BAD && !isOver) throw new Error("503");
  return n;
};

/** Fails on an item, while the work on others goes on for longer than it takes to commit. */
const besideOthers = (pipeline: Numbers, trouble: Trouble): Numbers =>
  pipeline.map("call", async (n) => {
    if (!trouble.isOver) await wait(n < BAD ? 1 : n === BAD ? 5 : 500);
    return refuse(trouble, n);
  }, { concurrencyLimit: 6 }) as Numbers;
const alone = (pipeline: Numbers, trouble: Trouble): Numbers =>
  pipeline.map("call", (n) => refuse(trouble, n)) as Numbers;

const MAKERS: Readonly<Record<string, Make>> = {
  fold: (trouble) => alone(start(), trouble).fold("sum", (sum, n) => sum + n, 0),
  batch: (trouble) => alone(start(), trouble).batch("b", 3),
  "batch by time": (trouble) => alone(start(), trouble).batch("b", { size: 3, maxWaitMs: 60_000 }),
  "batch and take": (trouble) => alone(start(), trouble).batch("b", 2).skip("s", 1).take("t", 1),
  "batch by time and take": (trouble) =>
    alone(start(), trouble).batch("b", { size: 2, maxWaitMs: 60_000 }).take("t", 2),
  "batch, map side by side, and take": (trouble) =>
    alone(start(), trouble).batch("b", 2).map("m", (pair) => wait(1).then(() => pair), {
      concurrencyLimit: 2,
    }).take("t", 2),
  "batch and takeWhile": (trouble) =>
    alone(start(), trouble).batch("b", 2).takeWhile("t", (pair) => pair.length === 2),
  windowTime: (trouble) =>
    alone(start(), trouble).windowTime("w", { timestamp: (n) => n, sizeMs: 5 }),
  groups: (trouble) =>
    alone(start(), trouble).groupBy(
      "g",
      (n) => n % 2,
      (group) => group.fold("sum", (sum, n) => sum + n, 0),
    ),
  "inside of a group": (trouble) =>
    start().groupBy("g", (n) => n % 2, (group) => alone(group as Numbers, trouble).batch("b", 3)),
  "inside of a group, and take": (trouble) =>
    start().groupBy(
      "g",
      () => 1,
      (group) => alone(group as Numbers, trouble).batch("b", 2).take("t", 2),
    ),
  "beside others": (trouble) => besideOthers(start(), trouble).batch("b", 2),
  "beside others, and fold": (trouble) =>
    besideOthers(start(), trouble).fold("sum", (sum, n) => sum + n, 0),
  "beside others inside of groups": (trouble) =>
    start().groupBy(
      "g",
      (n) => n % 2,
      (group) => besideOthers(group as Numbers, trouble).batch("b", 3),
    ),
  "beside others inside of a branch": (trouble) =>
    start().partition(
      "p",
      (n) => n > 2,
      (left) => besideOthers(left as Numbers, trouble).batch("b", 3),
      (right) => right,
    ),
};

/** A store in memory, and what was committed in its transactions. */
function createStore() {
  const rows: unknown[] = [];
  const inner = memoryStore();
  const store: TransactionalStore<(row: unknown) => void> = {
    ...inner,
    async commit(id, fence, saved, work) {
      const written: unknown[] = [];
      await work((row) => void written.push(row));
      await inner.save(id, saved, fence);
      rows.push(...written);
    },
  };
  return { store, rows };
}

/** Items as texts: branches and groups emit in any order. */
const sorted = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).sort();

/** The source waits at its end, so that it is being read while others fail. */
const source = positioned(async function* () {
  yield* NUMBERS;
  await wait(100);
});

for (const [title, make] of Object.entries(MAKERS)) {
  for (const isPlain of [true, false]) {
    const sinkName = isPlain ? "a plain sink" : "a transactional sink";
    test(`[L17] what a failed run has kept comes out whole, and once, into ${sinkName}: ${title}`, async () => {
      const expected = await onClock(() => make({ isOver: true }).executeToArray(NUMBERS));
      const { store, rows } = createStore();
      const taken: unknown[] = [];
      const run = (trouble: Trouble) => {
        const job = durable(make(trouble), options(store, { commit: { items: 1_000, ms: 20 } }));
        const take = (item: unknown) => void taken.push(item);
        const insert = (items: readonly unknown[], write: (row: unknown) => void) =>
          items.forEach(write);
        return onClock(() => job.run(source, isPlain ? take : transactional(store, insert)));
      };

      await assertRejects(() => run({ isOver: false }), Error);
      const early = isPlain ? taken.splice(0) : [];
      await run({ isOver: true });

      if (isPlain) {
        const known = new Set(sorted(expected));
        assertEquals(sorted(early).filter((item) => !known.has(item)), []);
        const all = new Set([...sorted(early), ...sorted(taken)]);
        assertEquals([...all].sort(), [...known].sort());
      } else assertEquals(sorted(rows), sorted(expected));
    });
  }
}

test("[L17] a source that fails completes no pipeline that takes a number of items", async () => {
  const store = memoryStore();
  const trouble: Trouble = { isOver: false };
  const failing = positioned(function* () {
    for (const n of NUMBERS) yield refuse(trouble, n);
  });
  const pipeline = start().batch("b", 2).take("t", 2);
  const taken: unknown[] = [];
  const run = () => durable(pipeline, options(store)).run(failing, (item) => taken.push(item));

  await assertRejects(run, Error, 'Stage "source" failed');
  trouble.isOver = true;
  const { status } = await run();

  assertEquals(status, "complete");
  assertEquals(taken, [[1, 2], [1, 2], [3, 4]]);
  assertEquals((await store.acquire(ID)).fence, 3);
});
