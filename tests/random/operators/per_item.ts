// The operators that call a function for each item, or let items pass.

import type { Stage } from "../chain.ts";
import { ANSWERS, toNumber } from "../numbers.ts";
import type { Model, Operator, Traits } from "../operator.ts";

/** What a function of one item can be. */
export const FUNCTION: Traits = {
  calls: true,
  isAsync: true,
  strategies: true,
  retries: true,
  timeouts: true,
  parallel: true,
};

/** A call that is out of time fails all of its items, so there is no limit. */
const IN_BATCHES: Traits = {
  calls: true,
  isAsync: true,
  strategies: true,
  retries: true,
  parallel: "always",
};

const SELECTING: Traits = { ...FUNCTION, makes: "same" };
const PASSING: Traits = { makes: "same" };

/** What `ANSWERS.map` makes of each item. */
export const mapped = (): Model => ({ feed: (item) => [ANSWERS.map(toNumber(item))] });
/** What `ANSWERS.many` makes of each item. */
export const expanded = (): Model => ({ feed: (item) => ANSWERS.many(toNumber(item)) });
/** The items as they are. */
export const same = (): Model => ({ feed: (item) => [item] });
const branched = (): Model => ({ feed: (item) => [branch(toNumber(item))] });

function branch(number: number): number {
  return ANSWERS.isOdd(number) ? ANSWERS.whenOdd(number) : ANSWERS.whenEven(number);
}

/** A function over items with their indexes, which calls the stage's function for each of them. */
function loading(stage: Stage) {
  const call = stage.calling(ANSWERS.map);
  return async (
    items: readonly { readonly item: unknown; readonly index: number }[],
    _number: number,
    { signal }: { readonly signal: AbortSignal },
  ) => {
    const calls = items.map(async ({ item, index }) => await call(item, index, { signal }));
    const answers = await Promise.allSettled(calls);
    stage.work.failTogether(items.map(({ index }) => index));
    return answers.map((each) => each.status === "fulfilled" ? each.value : each.reason);
  };
}

/** The operators. */
export const PER_ITEM: readonly Operator[] = [
  {
    name: "map",
    traits: FUNCTION,
    isItemwise: true,
    build: (pipeline, stage) =>
      pipeline.map(stage.spec.key, stage.calling(ANSWERS.map), stage.options),
    model: mapped,
  },
  {
    name: "map in batches",
    traits: IN_BATCHES,
    isItemwise: true,
    isTwoStages: true,
    build: (pipeline, stage) => {
      const { key, parallel, count } = stage.spec;
      const size = 1 + count % parallel!.limit;
      const batch = { size, ...(count % 3 === 0 && { maxWaitMs: 1 + count }) };
      return pipeline
        .map(`${key} in`, (item: unknown, index: number) => ({ item, index }))
        .map(key, loading(stage), { ...stage.options, batch });
    },
    model: mapped,
  },
  {
    name: "map to anything",
    traits: FUNCTION,
    isItemwise: true,
    build: (pipeline, stage) =>
      pipeline.map(stage.spec.key, stage.calling(ANSWERS.anything), stage.options),
    model: () => ({ feed: (item) => [ANSWERS.anything(toNumber(item))] }),
  },
  {
    name: "flatMap",
    traits: FUNCTION,
    isItemwise: true,
    build: (pipeline, stage) =>
      pipeline.flatMap(stage.spec.key, stage.calling(ANSWERS.many), stage.options),
    model: expanded,
  },
  {
    name: "flatMap to a generator",
    traits: FUNCTION,
    isItemwise: true,
    build: (pipeline, stage) => {
      const answer = (number: number) => yieldSlowly(ANSWERS.many(number), stage);
      return pipeline.flatMap(stage.spec.key, stage.calling(answer), stage.options);
    },
    model: expanded,
  },
  {
    name: "flatMap to a stream",
    traits: FUNCTION,
    isItemwise: true,
    build: (pipeline, stage) => {
      const answer = (number: number) => toStream(ANSWERS.many(number), stage);
      return pipeline.flatMap(stage.spec.key, stage.calling(answer), stage.options);
    },
    model: expanded,
  },
  {
    name: "filter",
    traits: SELECTING,
    isItemwise: true,
    build: (pipeline, stage) =>
      pipeline.filter(stage.spec.key, stage.calling(ANSWERS.filter), stage.options),
    model: () => ({ feed: (item) => ANSWERS.filter(toNumber(item)) ? [item] : [] }),
  },
  {
    name: "tap",
    traits: SELECTING,
    isItemwise: true,
    build: (pipeline, stage) =>
      pipeline.tap(stage.spec.key, stage.calling(() => undefined), stage.options),
    model: same,
  },
  {
    name: "takeWhile",
    traits: SELECTING,
    build: (pipeline, stage) =>
      pipeline.takeWhile(stage.spec.key, stage.calling(ANSWERS.takeWhile), stage.options),
    model: () => {
      let isOver = false;
      return {
        isFull: () => isOver,
        feed: (item) => {
          isOver = !ANSWERS.takeWhile(toNumber(item));
          return isOver ? [] : [item];
        },
      };
    },
    isOrderSensitive: true,
  },
  {
    name: "skipWhile",
    traits: SELECTING,
    build: (pipeline, stage) =>
      pipeline.skipWhile(stage.spec.key, stage.calling(ANSWERS.skipWhile), stage.options),
    model: () => {
      let isSkipping = true;
      return {
        calls: () => isSkipping,
        feed: (item) => {
          isSkipping &&= ANSWERS.skipWhile(toNumber(item));
          return isSkipping ? [] : [item];
        },
      };
    },
    isOrderSensitive: true,
  },
  {
    name: "branch",
    traits: FUNCTION,
    isItemwise: true,
    build: (pipeline, stage) => {
      const isOdd = (item: unknown) => ANSWERS.isOdd(toNumber(item));
      const [whenOdd, whenEven] = [ANSWERS.whenOdd, ANSWERS.whenEven].map((answer) =>
        stage.calling(answer)
      );
      return pipeline.branch(stage.spec.key, isOdd, whenOdd, whenEven, stage.options);
    },
    model: branched,
  },
  {
    name: "branch by a function that may fail",
    traits: FUNCTION,
    isItemwise: true,
    build: (pipeline, stage) => {
      const [whenOdd, whenEven] = [ANSWERS.whenOdd, ANSWERS.whenEven].map(
        (answer) => (item: unknown) => answer(toNumber(item)),
      );
      const isOdd = stage.calling(ANSWERS.isOdd);
      return pipeline.branch(stage.spec.key, isOdd, whenOdd, whenEven, stage.options);
    },
    model: branched,
  },
  {
    name: "take",
    traits: PASSING,
    build: (pipeline, { spec }) => pipeline.take(spec.key, spec.count),
    model: ({ spec }) => {
      let left = spec.count;
      return { isFull: () => left === 0, feed: (item) => (left--, [item]) };
    },
  },
  {
    name: "skip",
    traits: PASSING,
    build: (pipeline, { spec }) => pipeline.skip(spec.key, spec.count),
    model: ({ spec }) => {
      let left = spec.count;
      return { feed: (item) => left-- > 0 ? [] : [item] };
    },
  },
  {
    name: "buffer",
    traits: PASSING,
    isItemwise: true,
    build: (pipeline, { spec }) => pipeline.buffer(spec.key, spec.count + 1),
    model: same,
  },
  {
    name: "through",
    traits: PASSING,
    isItemwise: true,
    build: (pipeline, { spec }) => pipeline.through(spec.key, () => new TransformStream()),
    model: same,
  },
  {
    name: "checkpoint",
    traits: PASSING,
    isItemwise: true,
    build: (pipeline, { spec }) => pipeline.checkpoint(spec.key),
    model: same,
  },
];
async function* yieldSlowly(items: readonly number[], stage: Stage): AsyncGenerator<number> {
  try {
    for (const item of items) {
      await stage.meet("next");
      await stage.world.wait();
      yield item;
    }
  } finally {
    await stage.meet("return");
  }
}

function toStream(items: readonly number[], stage: Stage): ReadableStream<number> {
  const left = [...items];
  return new ReadableStream({
    async pull(controller) {
      await stage.meet("next");
      const item = left.shift();
      if (item === undefined) controller.close();
      else controller.enqueue(item);
    },
    cancel: () => stage.meet("return"),
  }, { highWaterMark: 0 });
}
