// Items that know what they were made of, and stages that check their state against that.

import { assert, assertStrictEquals } from "@std/assert";
import {
  type StageOptions,
  StreamingErrorStrategy,
  StreamingPipeline,
  type StreamingState,
} from "../../mod.ts";
import { collect, hops } from "../state/_support.ts";

/** An item, and the one that it was made of; the source's are made of none. */
export interface Node {
  readonly weight: number;
  readonly parent: Value | undefined;
}

/** What flows: nodes, and batches of what flows. */
export type Value = Node | Value[];

/** One stage of a random pipeline. */
export interface StageSpec {
  /** One of the names in {@linkcode KINDS}. */
  readonly kind: string;
  readonly options: StageOptions;
  /** Turns what differs within a kind: a size, a modulus, a fan-out. */
  readonly turn: number;
  readonly isAsync: boolean;
}

/** Compares the state that a stage sees with what its item was made of. */
export type Check = (item: Value, state: AnyState) => void;
/** A state of whatever keys. */
export type AnyState = StreamingState<Record<string, unknown>>;

/** How a kind is built, and what it makes of all items. */
export interface Kind {
  /** Whether what comes out is something new, made of what went in. */
  readonly makes: boolean;
  build(pipeline: Loose, key: string, spec: StageSpec, check: Check): Loose;
  model(items: readonly Value[], turn: number): Value[];
}

/** A function of one item. */
export type Work = (item: Value, index: number, context: { readonly state: AnyState }) => unknown;
/** A step over the whole stream. */
export type StepWork = (
  context: { readonly input: AsyncIterable<Value>; readonly state: AnyState },
) => AsyncIterable<Value>;

/** A pipeline without its types: the stages are random. */
export interface Loose {
  map(key: string, work: Work, options: StageOptions): Loose;
  flatMap(key: string, work: Work, options: StageOptions): Loose;
  filter(key: string, work: Work, options: StageOptions): Loose;
  tap(key: string, work: Work, options: StageOptions): Loose;
  branch(key: string, when: Work, yes: Work, no: Work, options: StageOptions): Loose;
  add(key: string, work: StepWork): Loose;
  batch(key: string, size: number): Loose;
  buffer(key: string, highWaterMark: number): Loose;
  checkpoint(key: string): Loose;
  executeToArray(source: AsyncIterable<Value> | Iterable<Value>): Promise<Value[]>;
}

/** What an item is made of; of a batch, its last item. */
function parentOf(value: Value): Value | undefined {
  return Array.isArray(value) ? value.at(-1) : value.parent;
}

function weigh(value: Value): number {
  if (!Array.isArray(value)) return value.weight;
  return value.reduce((sum, item) => sum + weigh(item), 1);
}

function make(parent: Value, change: number): Node {
  return { weight: (weigh(parent) * 3 + change) % 1_000, parent };
}

function isKept(item: Value, turn: number): boolean {
  return weigh(item) % (turn + 2) !== 0;
}

function fan(item: Value, turn: number): Node[] {
  return Array.from({ length: (weigh(item) + turn) % 3 }, (_, part) => make(item, part));
}

/** `work`, after `check`, at once or after an await. */
function checked(check: Check, isAsync: boolean, work: (item: Value) => unknown): Work {
  if (!isAsync) return (item, _index, { state }) => (check(item, state), work(item));
  return async (item, _index, { state }) => {
    check(item, state);
    await hops(weigh(item) % 7);
    check(item, state);
    return work(item);
  };
}

/** The kinds of stages, by name. */
export const KINDS: Readonly<Record<string, Kind>> = {
  map: {
    makes: true,
    build: (pipeline, key, { options, turn, isAsync }, check) =>
      pipeline.map(key, checked(check, isAsync, (item) => make(item, turn)), options),
    model: (items, turn) => items.map((item) => make(item, turn)),
  },
  "map that skips failures": {
    makes: true,
    build: (pipeline, key, { options, turn, isAsync }, check) =>
      pipeline.map(
        key,
        checked(check, isAsync, (item) => {
          if (!isKept(item, turn)) throw new Error("left out");
          return make(item, turn);
        }),
        { ...options, errorStrategy: StreamingErrorStrategy.SKIP_FAILED },
      ),
    model: (items, turn) =>
      items.filter((item) => isKept(item, turn)).map((item) => make(item, turn)),
  },
  flatMap: {
    makes: true,
    build: (pipeline, key, { options, turn, isAsync }, check) =>
      pipeline.flatMap(key, checked(check, isAsync, (item) => fan(item, turn)), options),
    model: (items, turn) => items.flatMap((item) => fan(item, turn)),
  },
  "flatMap with generators": {
    makes: true,
    build: (pipeline, key, { options, turn }, check) =>
      pipeline.flatMap(key, async function* (item, _index, { state }) {
        for (const part of fan(item, turn)) {
          await hops(weigh(part) % 5);
          check(item, state);
          yield part;
        }
        check(item, state);
      }, options),
    model: (items, turn) => items.flatMap((item) => fan(item, turn)),
  },
  filter: {
    makes: false,
    build: (pipeline, key, { options, turn, isAsync }, check) =>
      pipeline.filter(key, checked(check, isAsync, (item) => isKept(item, turn)), options),
    model: (items, turn) => items.filter((item) => isKept(item, turn)),
  },
  tap: {
    makes: false,
    build: (pipeline, key, { options, isAsync }, check) =>
      pipeline.tap(key, checked(check, isAsync, () => {}), options),
    model: (items) => [...items],
  },
  branch: {
    makes: true,
    build: (pipeline, key, { options, turn, isAsync }, check) => {
      const side = (change: number) => checked(check, isAsync, (item) => make(item, change));
      const when = checked(check, false, (item) => isKept(item, turn));
      return pipeline.branch(key, when, side(turn), side(turn + 1), options);
    },
    model: (items, turn) => items.map((item) => make(item, isKept(item, turn) ? turn : turn + 1)),
  },
  batch: {
    makes: true,
    build: (pipeline, key, { turn }) => pipeline.batch(key, turn + 1),
    model: (items, turn) => inBatches(items, turn + 1),
  },
  buffer: {
    makes: false,
    build: (pipeline, key, { turn }) => pipeline.buffer(key, turn + 1),
    model: (items) => [...items],
  },
  checkpoint: {
    makes: false,
    build: (pipeline, key) => pipeline.checkpoint(key),
    model: (items) => [...items],
  },
  "step that gathers": {
    makes: true,
    build: (pipeline, key, { turn }, check) =>
      pipeline.add(key, async function* ({ input, state }) {
        let last: Value | undefined;
        let count = 0;
        for await (const item of input) {
          check(item, state);
          last = item;
          if (++count % (turn + 1) === 0) yield make(item, turn);
        }
        if (last === undefined) return;
        check(last, state);
        if (count % (turn + 1) !== 0) yield make(last, turn);
      }),
    model: (items, turn) =>
      inBatches(items, turn + 1).map((batch) => make((batch as Value[]).at(-1)!, turn)),
  },
  "step that reads ahead": {
    makes: true,
    build: (pipeline, key, { turn, isAsync }, check) =>
      pipeline.add(key, async function* ({ input, state }) {
        const earlier = Object.keys(state.accumulated)[turn];
        const reader = earlier === undefined ? undefined : state.stream(earlier);
        const all = isAsync && earlier !== undefined ? state.materialize(earlier) : undefined;
        for await (const item of input) {
          if (weigh(item) % 2 === 0) await reader?.next();
          check(item, state);
          yield make(item, turn);
        }
        if (all !== undefined) assert((await all).length >= (await collect(reader!)).length);
      }),
    model: (items, turn) => items.map((item) => make(item, turn)),
  },
};

function inBatches(items: readonly Value[], size: number): Value[] {
  const batches: Value[][] = [];
  for (const [index, item] of items.entries()) {
    if (index % size === 0) batches.push([]);
    batches.at(-1)!.push(item);
  }
  return batches;
}

/**
 * The pipeline of these stages, each checking its state against what its item was made of. What it
 * finds goes to `problems`, for a stage may skip failures.
 */
export function build(specs: readonly StageSpec[], problems: unknown[]): Loose {
  let pipeline = StreamingPipeline.start<Value>() as unknown as Loose;
  for (const [position, spec] of specs.entries()) {
    const check: Check = (item, state) => {
      try {
        checkState(specs.slice(0, position), item, state);
      } catch (error) {
        problems.push(error);
      }
    };
    pipeline = KINDS[spec.kind]!.build(pipeline, `stage ${position}`, spec, check);
  }
  return pipeline;
}

/** What comes out of these stages, where order is kept. */
export function model(specs: readonly StageSpec[], source: readonly Value[]): Value[] {
  return specs.reduce(
    (items: Value[], { kind, turn }) => KINDS[kind]!.model(items, turn),
    [...source],
  );
}

/** Holds the state against the item's own descent, going back stage by stage. */
function checkState(before: readonly StageSpec[], item: Value, state: AnyState): void {
  const accumulated = { ...state.accumulated };
  let current: Value | undefined = item;
  for (let position = before.length - 1; position >= 0; position--) {
    const key = `stage ${position}`;
    const { kind } = before[position]!;
    const actual = accumulated[key];
    assert(state.hasSnapshot(key), `${key} has no snapshot`);
    if (kind === "checkpoint") {
      assert(Array.isArray(actual) && Object.isFrozen(actual), `${key} is no frozen array`);
      assert(actual.includes(current), `${key} does not have the item`);
    } else assertStrictEquals(actual, current, `${key}, a ${kind}, has another item`);
    if (KINDS[kind]!.makes) current = parentOf(current!);
    delete accumulated[key];
  }
  assert(Object.keys(accumulated).length === 0, "there are keys of later stages");
}
