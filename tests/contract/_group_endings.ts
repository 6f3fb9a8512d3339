// Groups and branches whose pipelines never read, read late, end early or fail. Run in a process of
// their own, since what they must not do is to loop for ever.

import { assert, assertEquals } from "@std/assert";
import { type PipelineRun, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { settle, turn } from "../../src/testing/turns.ts";

type Inner = StreamingPipeline<number, number, unknown>;
type Outer = StreamingPipeline<number, unknown, unknown>;

/** A pipeline of a group or branch, and what it does with its items. */
interface Ending {
  readonly build: (items: Inner) => Inner;
  /** How many of its items it takes. */
  readonly reads: number;
  /** What comes out of those. */
  readonly model: (items: readonly number[]) => number[];
}

const ALL = Infinity;
const same = (items: readonly number[]) => [...items];
const firstOf = (items: readonly number[]) => items.slice(0, 1);
const none = () => [];

const ENDINGS: Readonly<Record<string, Ending>> = {
  "takes nothing": { build: (items) => items.take("none", 0), reads: 0, model: none },
  "takes one": { build: (items) => items.take("one", 1), reads: 1, model: firstOf },
  "is stopped before it reads": {
    build: (items) => items.takeUntil("stop", AbortSignal.abort()),
    reads: 0,
    model: none,
  },
  "has a step that returns at once": {
    build: (items) => items.add("step", async function* () {}),
    reads: 0,
    model: none,
  },
  "has a step that yields and never reads": {
    build: (items) =>
      items.add("step", async function* () {
        yield 1;
        yield 2;
      }),
    reads: 0,
    model: () => [1, 2],
  },
  "has a step that ends later, and never reads": {
    build: (items) =>
      items.add("step", async function* () {
        await turn();
        yield 1;
        await turn();
      }),
    reads: 0,
    model: () => [1],
  },
  "has a step that reads late": {
    build: (items) =>
      items.add("step", async function* ({ input }) {
        await turn();
        yield* input;
      }),
    reads: ALL,
    model: same,
  },
  "has a step that reads one and goes on yielding": {
    build: (items) =>
      items.add("step", async function* ({ input }) {
        for await (const item of input) {
          yield item;
          break;
        }
        await turn();
        yield -1;
      }),
    reads: 1,
    model: ([first]) => [first!, -1],
  },
  "takes while one is left": {
    build: (items) => items.takeWhile("first", (_, index) => index === 0),
    reads: 2,
    model: firstOf,
  },
  "has groups that take nothing": {
    build: (items) => items.groupBy("inner", (item) => item % 4, (group) => group.take("none", 0)),
    reads: ALL,
    model: none,
  },
  "has branches that take nothing": {
    build: (items) => items.fanOut("inner", { only: (each) => each.take("none", 0) }),
    reads: 0,
    model: none,
  },
};

/** The ways to have several pipelines, each of which gets some of the items 0 to 9. */
interface Host {
  readonly build: (inner: (items: Inner) => Inner) => Outer;
  /** The items of each pipeline. */
  readonly parts: readonly (readonly number[])[];
  /** How many of the items have entered one pipeline at least, if each reads `reads`. */
  readonly taken: (reads: number) => number;
  /** Whether other pipelines may come: it reads on when all that there are have ended. */
  readonly readsOn?: true;
}

const KEY = "stage";
const ITEMS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const EVEN = [0, 2, 4, 6, 8];
const ODD = [1, 3, 5, 7, 9];
const start = () => StreamingPipeline.start<number>();
const ofTwo = (reads: number) => 2 * Math.min(reads, 5);

const HOSTS: Readonly<Record<string, Host>> = {
  "groupBy()": {
    build: (inner) => start().groupBy(KEY, (item) => item % 2, inner),
    parts: [EVEN, ODD],
    taken: ofTwo,
    readsOn: true,
  },
  "groupBy() one at a time": {
    build: (inner) => start().groupBy(KEY, (item) => item % 2, inner, { concurrencyLimit: 1 }),
    parts: [EVEN, ODD],
    taken: ofTwo,
    readsOn: true,
  },
  "groupBy() with an async key": {
    build: (inner) => start().groupBy(KEY, async (item) => await item % 2, inner),
    parts: [EVEN, ODD],
    taken: ofTwo,
    readsOn: true,
  },
  "groupBy() that evicts": {
    build: (inner) =>
      start().groupBy(KEY, (item) => item, inner, { maxKeys: 2, whenFull: "evict" }),
    parts: ITEMS.map((item) => [item]),
    taken: (reads) => 10 * Math.min(reads, 1),
    readsOn: true,
  },
  "groupBy() that ends idle groups": {
    build: (inner) => start().groupBy(KEY, (item) => item % 2, inner, { idleMs: 3_600_000 }),
    parts: [EVEN, ODD],
    taken: ofTwo,
    readsOn: true,
  },
  "partition()": {
    build: (inner) => start().partition(KEY, (item) => item % 2 === 0, inner, inner),
    parts: [EVEN, ODD],
    taken: ofTwo,
  },
  "route()": {
    build: (inner) =>
      start().route(KEY, (item) => item % 2 === 0 ? "even" : "odd", { even: inner, odd: inner }),
    parts: [EVEN, ODD],
    taken: ofTwo,
  },
  "fanOut()": {
    build: (inner) => start().fanOut(KEY, { one: inner, other: inner }),
    parts: [ITEMS, ITEMS],
    taken: (reads) => Math.min(reads, 10),
  },
  "fanOut() without room": {
    build: (inner) => start().fanOut(KEY, { only: { build: inner, bufferSize: 0 } }),
    parts: [ITEMS],
    taken: (reads) => Math.min(reads, 10),
  },
};

for (const [host, { build, parts, taken, readsOn }] of Object.entries(HOSTS)) {
  for (const [ending, { build: inner, reads, model }] of Object.entries(ENDINGS)) {
    test(`[L14] ${host} whose pipeline ${ending} ends, and drops and counts the rest`, async () => {
      const run = build(inner).run(ITEMS);

      const seen = await readAll(run);

      assertEquals(seen.toSorted(), parts.flatMap((part) => model(part)).toSorted());
      const { inputCount, passedCount, droppedCount } = readFigures(run);
      assertEquals([passedCount, droppedCount], [taken(reads), inputCount - taken(reads)]);
      if (readsOn || reads === ALL) assertEquals(inputCount, 10);
    });
  }

  test(`[L14] ${host} whose pipeline fails before it reads fails, and counts no item twice`, async () => {
    const failure = new Error("not today");
    const run = build((items) =>
      items.add("step", async function* () {
        yield 1;
        await settle();
        throw failure;
      })
    ).run(ITEMS);

    const error = await readAll(run).catch((error) => error);

    assert(error instanceof StreamingError);
    assertEquals([error.key, (error.cause as StreamingError).cause], [KEY, failure]);
    readFigures(run);
  });

  for (const failing of [0, 3, 9]) {
    test(`[L14] ${host} whose pipelines fail on item ${failing} fails, and counts no item twice`, async () => {
      const failure = new Error("not this one");
      const run = build((items) =>
        items.map("check", async (item) => {
          await undefined;
          if (item >= failing) throw failure;
          return item;
        })
      ).run(ITEMS);

      const error = await readAll(run).catch((error) => error);

      assert(error instanceof StreamingError);
      assertEquals([error.key, (error.cause as StreamingError).cause], [KEY, failure]);
      assertEquals(readFigures(run).errorCount, 1);
    });
  }
}

/** All that comes out; the figures must add up at each moment. */
async function readAll(run: PipelineRun<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const item of run) {
    seen.push(item);
    readFigures(run);
  }
  return seen;
}

function readFigures(run: PipelineRun<unknown>) {
  const stage = run.metadata().steps.find(({ key }) => key === KEY)!;
  expectBalance(stage);
  return stage;
}
