// Every function that makes one sequence of several sources, with the array model of what comes out.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import {
  combineLatest,
  concat,
  interleave,
  join,
  merge,
  retrySource,
  share,
  zip,
  zipLongest,
} from "../../mod.ts";
import type { SourceProbe } from "../../src/testing/source_probe.ts";

/** What a source gives, and whether it fails then instead of ending. */
export interface Input {
  readonly items: readonly number[];
  readonly fails: boolean;
}

/** How a sequence was seen to end; `stopped` where its reader did. */
export type End = "done" | "failed" | "stopped";

/** One function on sources. */
export interface Row {
  readonly name: string;
  /** How many sources it takes at most. */
  readonly maxSources: number;
  readonly minSources: number;
  build(sources: readonly AsyncIterable<number>[]): AsyncGenerator<unknown, void, undefined>;
  /** Throws unless `seen` may have come out of `inputs`. */
  check(inputs: readonly Input[], seen: readonly unknown[], end: End): void;
  /** What is pulled from each source before `pulls` items have come out, at most. */
  mostPulled(pulls: number): number;
}

/** What a deterministic function gives; it may end in more than one way where two things race. */
interface Model {
  readonly items: readonly unknown[];
  readonly ends: readonly Exclude<End, "stopped">[];
}

const FILL = "none";

const keyOf = (item: number): number => Math.floor(item / 2) % 3;
const rankOf = (item: number): number => Math.floor((item % 100) / 2);

function exactly(model: (inputs: readonly Input[]) => Model): Row["check"] {
  return (inputs, seen, end) => {
    const { items, ends } = model(inputs);
    assertEquals(seen, end === "stopped" ? items.slice(0, seen.length) : items);
    if (end !== "stopped") assert(ends.includes(end), `${end}, not ${ends.join(" or ")}`);
  };
}

function modelConcat(inputs: readonly Input[]): Model {
  const failing = inputs.findIndex(({ fails }) => fails);
  const read = failing < 0 ? inputs : inputs.slice(0, failing + 1);
  return { items: read.flatMap(({ items }) => items), ends: [failing < 0 ? "done" : "failed"] };
}

function modelInterleave(inputs: readonly Input[]): Model {
  const items: number[] = [];
  for (let turn = 0; inputs.some((input) => turn < input.items.length || input.fails); turn++) {
    for (const input of inputs) {
      if (turn < input.items.length) items.push(input.items[turn]!);
      else if (input.fails) return { items, ends: ["failed"] };
    }
  }
  return { items, ends: ["done"] };
}

function modelZip(inputs: readonly Input[]): Model {
  const length = Math.min(...inputs.map(({ items }) => items.length));
  const items = Array.from({ length }, (_, row) => inputs.map((input) => input.items[row]));
  const short = inputs.filter((input) => input.items.length === length);
  return { items, ends: short.map(({ fails }) => fails ? "failed" : "done") };
}

function modelZipLongest(inputs: readonly Input[]): Model {
  const lengths = inputs.map(({ items }) => items.length);
  const failing = inputs.filter(({ fails }) => fails).map(({ items }) => items.length);
  const length = Math.min(Math.max(...lengths), ...failing);
  const items = Array.from(
    { length },
    (_, row) => inputs.map(({ items }) => row < items.length ? items[row] : FILL),
  );
  return { items, ends: [failing.length > 0 ? "failed" : "done"] };
}

function pairs([left, right]: readonly Input[], key: (item: number) => number, kind: string) {
  return left!.items.flatMap((item) => {
    const matches = right!.items.filter((other) => key(item) === key(other));
    if (matches.length === 0 && kind === "left") return [[item, undefined]];
    return matches.map((match) => [item, match]);
  });
}

function modelHashJoin(inputs: readonly Input[]): Model {
  if (inputs[1]!.fails) return { items: [], ends: ["failed"] };
  return { items: pairs(inputs, keyOf, "left"), ends: [inputs[0]!.fails ? "failed" : "done"] };
}

/** What it needs to read decides whether it meets a failure. */
function checkSortedJoin(inputs: readonly Input[], seen: readonly unknown[], end: End): void {
  const rows = pairs(inputs, rankOf, "inner");
  assertEquals(seen, rows.slice(0, seen.length));
  if (end === "done") assertEquals(seen.length, rows.length);
  if (end === "failed") assert(inputs.some(({ fails }) => fails));
}

/** The items of each source in their order, all of them unless something fails. */
function checkMerge(inputs: readonly Input[], seen: readonly unknown[], end: End): void {
  const sorted = inputs.map(({ items }) => seen.filter((item) => items.includes(item as number)));
  assertEquals(sorted.flat().length, seen.length);
  inputs.forEach(({ items }, index) => {
    const given = sorted[index]!;
    assertEquals(given, items.slice(0, given.length));
    if (end === "done") assertEquals(given.length, items.length);
  });
  if (end === "stopped") return;
  const failing = inputs.findIndex(({ fails }) => fails);
  assertEquals(end, failing < 0 ? "done" : "failed");
  if (end === "failed") {
    assert(
      inputs.some(({ fails, items }, index) => fails && sorted[index]!.length === items.length),
    );
  }
}

/** Each row is the one before with one source a step further. */
function checkCombineLatest(inputs: readonly Input[], seen: readonly unknown[], end: End): void {
  const rows = (seen as number[][]).map((row) =>
    row.map((item, index) => inputs[index]!.items.indexOf(item))
  );
  rows.forEach((steps, index) => {
    const before = index === 0 ? undefined : rows[index - 1]!;
    if (before === undefined) return assertEquals(steps, inputs.map(() => 0));
    const moved = steps.map((step, source) => step - before[source]!).filter((step) => step !== 0);
    assertEquals(moved, [1]);
  });
  if (end === "failed") assert(inputs.some(({ fails }) => fails));
  if (end !== "done") return;
  // One that ends without an item ends the whole, whatever the others would do.
  if (inputs.some(({ items, fails }) => items.length === 0 && !fails)) {
    return assertEquals(seen, []);
  }
  assert(inputs.every(({ fails }) => !fails));
  assertEquals(rows.at(-1), inputs.map(({ items }) => items.length - 1));
}

const one = (pulls: number): number => pulls;

/** All rows. */
export const ROWS: readonly Row[] = [
  {
    name: "concat()",
    minSources: 0,
    maxSources: 3,
    build: (sources) => concat(...sources),
    check: exactly(modelConcat),
    mostPulled: one,
  },
  {
    name: "merge()",
    minSources: 0,
    maxSources: 3,
    build: (sources) => merge(...sources),
    check: checkMerge,
    mostPulled: one,
  },
  {
    name: "interleave()",
    minSources: 0,
    maxSources: 3,
    build: (sources) => interleave(...sources),
    check: exactly(modelInterleave),
    mostPulled: one,
  },
  {
    name: "zip()",
    minSources: 1,
    maxSources: 3,
    build: (sources) => zip(...sources),
    check: exactly(modelZip),
    mostPulled: one,
  },
  {
    name: "zipLongest()",
    minSources: 1,
    maxSources: 3,
    build: (sources) => zipLongest(FILL, ...sources),
    check: exactly(modelZipLongest),
    mostPulled: one,
  },
  {
    name: "combineLatest()",
    minSources: 1,
    maxSources: 3,
    build: (sources) => combineLatest(...sources),
    check: checkCombineLatest,
    mostPulled: one,
  },
  {
    name: "join() by hash",
    minSources: 2,
    maxSources: 2,
    build: ([left, right]) => {
      const keys = { leftKey: keyOf, rightKey: keyOf };
      return join(left!, right!, { ...keys, kind: "left", strategy: "hash" });
    },
    check: exactly(modelHashJoin),
    mostPulled: () => Infinity,
  },
  {
    name: "join() of sorted sides",
    minSources: 2,
    maxSources: 2,
    build: ([left, right]) => {
      const keys = { leftKey: rankOf, rightKey: rankOf };
      return join(left!, right!, { ...keys, kind: "inner", strategy: "sorted" });
    },
    check: checkSortedJoin,
    mostPulled: () => Infinity,
  },
  {
    name: "retrySource()",
    minSources: 1,
    maxSources: 1,
    build: ([source]) => retrySource(() => source!, { maxAttempts: 3, backoffMs: 0 }),
    check: exactly(modelConcat),
    mostPulled: one,
  },
  {
    name: "share() with one consumer",
    minSources: 1,
    maxSources: 1,
    build: ([source]) => share(source!, { bufferSize: 2 })[Symbol.asyncIterator](),
    check: exactly(modelConcat),
    mostPulled: one,
  },
];

/** Numbers that tell which source they come from; sorted. */
export function createInputs(lengths: readonly number[], failing?: number): Input[] {
  return lengths.map((length, source) => ({
    items: Array.from({ length }, (_, index) => source * 100 + index),
    fails: source === failing,
  }));
}

/** Nothing is opened or closed twice, closed after its end, or left open or unread. */
export function assertTidy(probe: SourceProbe): void {
  assertLessOrEqual(probe.opened, 1);
  assertLessOrEqual(probe.closed, 1);
  assert(!probe.wasOverAtClose, "it is closed after its end");
  // One that owed an item when it was closed may have ended since.
  if (probe.opened === 1 && !probe.isOver) assertEquals(probe.closed, 1);
  if (!probe.owedAtClose) assertEquals(probe.cleaned, probe.cleanUpsDue);
}
