// The operators of pipelines whose source items can be acknowledged, as rows: each adds a stage that
// keeps a ledger of how many items there are of each source item.

import type { StreamingPipeline } from "../../mod.ts";
import type { Ledger, Part } from "./_ledger.ts";

/** A pipeline of parts. */
export type Parts = StreamingPipeline<Part, Part, unknown, unknown>;

/** What a row may draw on: one stream of choices, so that a seed gives the same pipeline again. */
export interface Choices {
  /** A whole number from 0, below `limit`. */
  readonly below: (limit: number) => number;
  readonly ledger: Ledger;
  /** The source item that stages fail on, if any. */
  readonly failsOn: number;
}

/** Adds a stage under `key`. */
type Row = (pipeline: Parts, key: string, choices: Choices) => Parts;

const TWICE = { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true };
const SKIP = "SKIP_FAILED" as const;

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count % 4; turn++) await Promise.resolve();
};

const paces = ({ below }: Choices) => ({
  concurrencyLimit: 1 + below(5),
  ordered: below(2) === 0,
});

/** Throws for the source item that fails; where the stage skips it, there is one part less. */
function createFailing({ below, ledger, failsOn }: Choices) {
  const skips = below(2) === 0;
  const isFailing = below(2) === 0;
  const fail = (part: Part): Part => {
    if (!isFailing || part.root !== failsOn) return part;
    if (skips) ledger.add(part, -1);
    throw new Error("It fails here");
  };
  return { fail, options: skips ? { errorStrategy: SKIP } : {} };
}

/** The parts that one is made into. */
function createSplit({ below, ledger }: Choices, most: number) {
  const offset = below(1_000);
  return (part: Part): Part[] => {
    const count = (part.root + offset) % most;
    ledger.add(part, count - 1);
    return Array.from({ length: count }, () => ({ root: part.root }));
  };
}

function createDropping({ below, ledger }: Choices) {
  const offset = below(1_000);
  return (part: Part): boolean => {
    const isDropped = (part.root + offset) % 3 === 0;
    if (isDropped) ledger.add(part, -1);
    return !isDropped;
  };
}

/** A row for each operator, and for each way in which its items go. */
export const ROWS: Readonly<Record<string, Row>> = {
  map(pipeline, key, choices) {
    const { fail, options } = createFailing(choices);
    return pipeline.map(key, fail, options) as Parts;
  },
  "map in parallel"(pipeline, key, choices) {
    const { fail, options } = createFailing(choices);
    const work = async (part: Part) => {
      await turns(part.root);
      return fail(part);
    };
    return pipeline.map(key, work, { ...paces(choices), ...options }) as Parts;
  },
  "map with retry"(pipeline, key, { below }) {
    const tried = new Set<Part>();
    const isFlaky = below(2) === 0;
    const work = (part: Part) => {
      if (!isFlaky || tried.has(part)) return part;
      tried.add(part);
      throw new Error("It fails once");
    };
    return pipeline.map(key, work, { retry: TWICE }) as Parts;
  },
  tap: (pipeline, key) => pipeline.tap(key, (part) => turns(part.root)) as Parts,
  filter: (pipeline, key, choices) => pipeline.filter(key, createDropping(choices)) as Parts,
  "filter in parallel"(pipeline, key, choices) {
    const isKept = createDropping(choices);
    const predicate = async (part: Part) => {
      await turns(part.root);
      return isKept(part);
    };
    return pipeline.filter(key, predicate, paces(choices)) as Parts;
  },
  flatMap: (pipeline, key, choices) => pipeline.flatMap(key, createSplit(choices, 4)) as Parts,
  "flatMap in parallel"(pipeline, key, choices) {
    const split = createSplit(choices, 3);
    const work = async (part: Part) => {
      await turns(part.root);
      return split(part);
    };
    return pipeline.flatMap(key, work, paces(choices)) as Parts;
  },
  "flatMap to generators"(pipeline, key, choices) {
    const split = createSplit(choices, 3);
    const work = async function* (part: Part) {
      for (const each of split(part)) {
        await turns(part.root);
        yield each;
      }
    };
    const options = choices.below(2) === 0 ? paces(choices) : {};
    return pipeline.flatMap(key, work, options) as Parts;
  },
  batch: (pipeline, key, { below }) =>
    pipeline.batch(key, 1 + below(5)).flatten(`${key} again`) as Parts,
  "batch by time": (pipeline, key, { below }) =>
    pipeline.batch(key, { size: 1 + below(5), maxWaitMs: 1 + below(3) })
      .flatten(`${key} again`) as Parts,
  "batch by weight": (pipeline, key, { below }) =>
    pipeline.batch(key, { size: 1 + below(6), maxWeight: 6, weigh: ({ root }) => root % 7 })
      .flatten(`${key} again`) as Parts,
  batchUntil(pipeline, key, { below }) {
    const offset = below(1_000);
    return pipeline.batchUntil(key, ({ root }) => (root + offset) % 5 === 0)
      .flatten(`${key} again`) as Parts;
  },
  buffer: (pipeline, key, { below }) => pipeline.buffer(key, 1 + below(6)) as Parts,
  delay: (pipeline, key) => pipeline.delay(key, 0) as Parts,
  timeout: (pipeline, key) => pipeline.timeout(key, 60_000) as Parts,
  takeUntil: (pipeline, key) => pipeline.takeUntil(key, new AbortController().signal) as Parts,
  mapPartitioned: (pipeline, key, choices) =>
    pipeline.mapPartitioned(key, ({ root }) => root % 3, async (part) => {
      await turns(part.root);
      return part;
    }, { concurrencyLimit: 1 + choices.below(4) }) as Parts,
  "a step of items"(pipeline, key, { below, ledger }) {
    const step = async function* ({ input }: { readonly input: AsyncIterable<Part> }) {
      for await (const part of input) {
        ledger.add(part, 1);
        yield part;
        yield { root: part.root };
      }
    };
    const retry = below(2) === 0 ? { retry: TWICE } : {};
    return pipeline.add(key, step, { lineage: "item", ...retry }) as Parts;
  },
  "a step that holds"(pipeline, key, { below }) {
    const size = 1 + below(4);
    const step = async function* (
      { input, ack }: { readonly input: AsyncIterable<Part>; readonly ack: () => void },
    ) {
      let held: Part[] = [];
      for await (const part of input) {
        if (held.push(part) < size) continue;
        yield* held;
        held = [];
        ack();
      }
      yield* held;
    };
    return pipeline.add(key, step, { lineage: "hold" }) as Parts;
  },
  partition(pipeline, key, choices) {
    const { fail, options } = createFailing(choices);
    const work = async (part: Part) => {
      await turns(part.root);
      return fail(part);
    };
    const size = 1 + choices.below(3);
    return pipeline.partition(
      key,
      ({ root }) => root % 2 === 0,
      (even) => even.map("work", work, options),
      (odd) => odd.batch("batch", size).flatten("again"),
    ) as Parts;
  },
  fanOut(pipeline, key, choices) {
    const { ledger } = choices;
    const isKept = createDropping(choices);
    const twice = (part: Part) => {
      ledger.add(part, 1);
      return part;
    };
    return pipeline.map(`${key} twice`, twice).fanOut(key, {
      late: (items) => items.tap("wait", (part) => turns(part.root)),
      some: (items) => items.filter("keep", isKept),
    }) as Parts;
  },
  route(pipeline, key, choices) {
    const { ledger } = choices;
    const size = 1 + choices.below(4);
    const to = async (part: Part) => {
      await turns(part.root);
      ledger.add(part, -1);
    };
    return pipeline.route(key, ({ root }) => root % 2 === 0 ? "on" : "off", {
      on: (items) => items.tap("wait", (part) => turns(part.root), paces(choices)),
      off: { build: (items) => items.batch("batch", size).flatten("again"), to },
    }) as Parts;
  },
};
