// The operators that read another source beside the stream.

import type { Stage } from "../chain.ts";
import { ANSWERS, toNumber } from "../numbers.ts";
import type { EndReason, Operator, Passage, Traits } from "../operator.ts";
import { differsFromShuffle, textOf } from "../sequences.ts";

const OTHER: Traits = { other: true };

function isOtherShort({ stage, input }: Passage): boolean {
  return stage.otherItems.length <= input.length || stage.spec.other!.failAfter !== undefined;
}

function queue(stage: Stage) {
  const left = [...stage.otherItems];
  return {
    next: () => left.splice(0, 1),
    rest: (why: EndReason) => why === "no more" ? left.splice(0) : [],
  };
}

/** Pairs of the latest: each next pair has moved on by one item of one side. */
function checkLatest({ stage, input, output, isComplete }: Passage): string | undefined {
  const other = stage.otherItems.map(textOf);
  const items = input.map(textOf);
  let places = new Set<string>();
  for (const [at, row] of output.entries()) {
    const [left, right] = (row as unknown[]).map(textOf);
    const next = new Set<string>();
    const candidates = at === 0
      // The first row has the first item of one side, and how far the other had come.
      ? [...items.keys()].map((i) => [i, 0]).concat([...other.keys()].map((j) => [0, j]))
      : [...places].map((place) => place.split(" ").map(Number))
        .flatMap(([i, j]) => [[i! + 1, j!], [i!, j! + 1]]);
    for (const [i, j] of candidates) {
      if (items[i!] === left && other[j!] === right) next.add(`${i} ${j}`);
    }
    if (next.size === 0) return `row ${at} of ${textOf(output)} does not follow`;
    places = next;
  }
  if (!isComplete || items.length === 0 || other.length === 0) return undefined;
  const isWhole = places.has(`${items.length - 1} ${other.length - 1}`);
  return isWhole ? undefined : `the last row of ${textOf(output)} is not the last`;
}

function joined(kind: "inner" | "left") {
  return (stage: Stage) => ({
    feed: (item: unknown) => {
      const key = ANSWERS.key(toNumber(item));
      const rows = stage.otherItems
        .filter((other) => ANSWERS.key(toNumber(other)) === key)
        .map((other) => [item, other]);
      return rows.length === 0 && kind === "left" ? [[item, undefined]] : rows;
    },
  });
}

function joinWith(kind: "inner" | "left"): Operator {
  const key = (item: unknown) => ANSWERS.key(toNumber(item));
  return {
    name: `joinWith ${kind}`,
    traits: OTHER,
    build: (pipeline, stage) =>
      pipeline.joinWith(stage.spec.key, () => stage.openOther(), {
        leftKey: key,
        rightKey: key,
        kind,
        strategy: "hash",
      }),
    model: joined(kind),
    endsEarly: ({ stage }) => stage.otherItems.length === 0 && kind === "inner",
  };
}

/** The operators. */
export const OTHER_SOURCES: readonly Operator[] = [
  {
    name: "concatWith",
    traits: OTHER,
    build: (pipeline, stage) => pipeline.concatWith(stage.spec.key, () => stage.openOther()),
    model: (stage) => {
      const { rest } = queue(stage);
      return { feed: (item) => [item], end: rest };
    },
  },
  {
    name: "interleaveWith",
    traits: OTHER,
    build: (pipeline, stage) => pipeline.interleaveWith(stage.spec.key, () => stage.openOther()),
    model: (stage) => {
      const { next, rest } = queue(stage);
      return { feed: (item) => [item, ...next()], end: rest };
    },
  },
  {
    name: "zipWith",
    traits: OTHER,
    build: (pipeline, stage) => pipeline.zipWith(stage.spec.key, () => stage.openOther()),
    model: (stage) => {
      const { next } = queue(stage);
      return { feed: (item) => next().map((other) => [item, other]) };
    },
    // Which of both has ended first is a matter of time.
    isExact: false,
    endsEarly: isOtherShort,
  },
  {
    name: "mergeWith",
    traits: OTHER,
    build: (pipeline, stage) => pipeline.mergeWith(stage.spec.key, () => stage.openOther()),
    check: ({ stage, input, output, isComplete, isCutShort }) =>
      differsFromShuffle(output, [input, stage.otherItems], isComplete && !isCutShort),
  },
  {
    name: "combineLatestWith",
    traits: OTHER,
    build: (pipeline, stage) => pipeline.combineLatestWith(stage.spec.key, () => stage.openOther()),
    check: (passage) =>
      checkLatest({ ...passage, isComplete: passage.isComplete && !passage.isCutShort }),
    endsEarly: ({ stage }) => stage.otherItems.length === 0 || stage.world.isStopped,
  },
  joinWith("inner"),
  joinWith("left"),
  {
    name: "joinWith by order",
    traits: OTHER,
    build: (pipeline, stage) => {
      let leftKey = 0;
      return pipeline.joinWith(stage.spec.key, () => stage.openOther(), {
        leftKey: () => leftKey++,
        rightKey: (item: unknown) => item,
        kind: "left",
        strategy: "sorted",
      });
    },
    model: (stage) => {
      const { next } = queue(stage);
      return {
        feed: (item) => {
          const [other] = next();
          return [[item, other]];
        },
      };
    },
  },
];
