// The operators that run pipelines of their own, and the one that keeps keys apart.

import type { Chain, Stage } from "../chain.ts";
import { ANSWERS, toNumber } from "../numbers.ts";
import type { Loose, Operator, Passage, Traits } from "../operator.ts";
import { differs, differsFromSelection, differsFromShuffle, textOf } from "../sequences.ts";

const KEYED: Traits = { calls: true, isAsync: true, inner: 1 };
const KEYED_PAIR: Traits = { calls: true, isAsync: true, inner: 2 };

const keyOf = (item: unknown) => ANSWERS.key(toNumber(item));
const isOdd = (item: unknown) => ANSWERS.isOdd(toNumber(item));

/** What came out is what the pipelines have made, and they had the items that are theirs. */
function checkGroups(
  passage: Passage,
  itemsOf: (group: Chain, items: readonly unknown[]) => readonly unknown[],
): string | undefined {
  const { stage, input, output, isComplete } = passage;
  const made = stage.inner.map(({ seen }) => seen.at(-1)!.items);
  // What has a sink does not come out.
  const wrong = differsFromShuffle(output, made.filter((_, at) => !isSunk(stage, at)), isComplete);
  if (wrong !== undefined) return wrong;
  for (const group of new Set(stage.inner.map(({ group }) => group))) {
    const chains = stage.inner.filter((chain) => chain.group === group);
    const own = itemsOf(chains[0]!, input);
    const had = chains.flatMap(({ seen }) => seen[0]!.items);
    // What a pipeline does not read any more is dropped, and so is what has no room; after that a
    // new pipeline of the same key may be made.
    const isLess = chains.some(readsLess);
    const isSelection = drops(stage) || (isLess && chains.length > 1);
    const wrongInput = isSelection
      ? differsFromSelection(had, own)
      : differs(had, own, isComplete && !isLess);
    if (wrongInput !== undefined) return `group ${textOf(group)}: ${wrongInput}`;
  }
  return undefined;
}

/** Whether some stage of a pipeline may leave items unread. */
function readsLess({ stages, seen }: Chain): boolean {
  return stages.some((stage, at) => mayEndEarly(stage, seen[at]!.items));
}

/** Whether a stage may end before its input has. */
export function mayEndEarly(stage: Stage, input: readonly unknown[]): boolean {
  const { operator, spec } = stage;
  if (operator.endsEarly?.({ stage, input } as unknown as Passage)) return true;
  if (operator.model === undefined) return false;
  const model = operator.model(stage);
  if (model.isFull === undefined) return false;
  if (spec.parallel !== undefined && !spec.parallel.ordered) return true;
  for (const item of input) {
    if (model.isFull()) return true;
    model.feed(item);
  }
  return model.isFull();
}

function drops({ spec }: Stage): boolean {
  return spec.op === "fanOut that drops";
}

function isSunk({ spec }: Stage, at: number): boolean {
  return spec.op === "route to a sink" && at === 1;
}

function checkByKey(passage: Passage): string | undefined {
  return checkGroups(passage, ({ group }, items) => items.filter((item) => keyOf(item) === group));
}

/** A branch that reads nothing more is no reason to end: other branches may. */
function allHaveEnded({ stage }: Passage): boolean {
  return stage.inner.length > 0 && stage.inner.every(readsLess);
}

/** Either pipeline is made when its first item comes. */
function bothHaveEnded(passage: Passage): boolean {
  return passage.stage.inner.length === 2 && allHaveEnded(passage);
}

function groupBy(name: string, options: (count: number) => object): Operator {
  return {
    name,
    traits: KEYED,
    build: (pipeline, stage) => {
      const { key, count } = stage.spec;
      const build = (group: Loose, groupKey: unknown) => stage.openInner(0, groupKey, group);
      return pipeline.groupBy(key, stage.calling(ANSWERS.key), build, options(count));
    },
    check: checkByKey,
  };
}

/** The operators. */
export const KEYS: readonly Operator[] = [
  groupBy("groupBy", (count) => ({ concurrencyLimit: 1 + count % 4 })),
  groupBy("groupBy that evicts", (count) => ({
    maxKeys: 1 + count % 2,
    whenFull: "evict",
    concurrencyLimit: 1 + count % 3,
  })),
  groupBy("groupBy that ends idle groups", (count) => ({
    idleMs: 1 + count,
    concurrencyLimit: 1 + count % 3,
  })),
  {
    name: "partition",
    traits: KEYED_PAIR,
    build: (pipeline, stage) =>
      pipeline.partition(
        stage.spec.key,
        stage.calling(ANSWERS.isOdd),
        (odd: Loose) => stage.openInner(0, true, odd),
        (even: Loose) => stage.openInner(1, false, even),
      ),
    check: (passage) =>
      checkGroups(passage, ({ group }, items) => items.filter((item) => isOdd(item) === group)),
    endsEarly: bothHaveEnded,
  },
  {
    name: "route",
    traits: KEYED_PAIR,
    build: (pipeline, stage) =>
      pipeline.route(stage.spec.key, stage.calling(chooseBranch), branches(stage)),
    check: checkByBranch,
    endsEarly: allHaveEnded,
  },
  {
    name: "route to a sink",
    traits: KEYED_PAIR,
    build: (pipeline, stage) => {
      const { odd, even } = branches(stage);
      const to = () => stage.meet("call");
      return pipeline.route(stage.spec.key, stage.calling(chooseBranch), {
        odd,
        even: { ...even, to },
      });
    },
    check: checkByBranch,
    endsEarly: allHaveEnded,
  },
  {
    name: "fanOut",
    traits: { inner: 2 },
    build: (pipeline, stage) => pipeline.fanOut(stage.spec.key, branches(stage)),
    check: (passage) => checkGroups(passage, (_, items) => items),
    endsEarly: allHaveEnded,
  },
  {
    name: "fanOut that drops",
    traits: { inner: 2 },
    build: (pipeline, stage) => {
      const { odd, even } = branches(stage);
      return pipeline.fanOut(stage.spec.key, {
        odd: { ...odd, whenFull: "dropNewest" },
        even: { ...even, whenFull: "dropOldest" },
      });
    },
    check: (passage) => checkGroups(passage, (_, items) => items),
    endsEarly: allHaveEnded,
  },
  {
    name: "mapPartitioned",
    traits: {
      calls: true,
      isAsync: true,
      strategies: true,
      retries: true,
      timeouts: true,
      parallel: "always",
    },
    isItemwise: true,
    build: (pipeline, stage) => {
      const { spec, options: { parallel: _, ...options } } = stage;
      const waitingLimit = spec.count % 5;
      const work = stage.calling(ANSWERS.map);
      return pipeline.mapPartitioned(spec.key, keyOf, work, { ...options, waitingLimit });
    },
    model: () => ({ feed: (item) => [ANSWERS.map(toNumber(item))] }),
  },
];

const chooseBranch = (number: number) => ANSWERS.isOdd(number) ? "odd" : "even";

function branches(stage: Stage) {
  const bufferSize = stage.spec.count % 3;
  const open = (at: number, name: string) => ({
    bufferSize,
    build: (items: Loose) => stage.openInner(at, name, items),
  });
  return { odd: open(0, "odd"), even: open(1, "even") };
}

function checkByBranch(passage: Passage): string | undefined {
  return checkGroups(
    passage,
    ({ group }, items) => items.filter((item) => chooseBranch(toNumber(item)) === group),
  );
}
