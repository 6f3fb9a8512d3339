// The operators that look at several items together.

import { ANSWERS, toNumber } from "../numbers.ts";
import type { Model, Operator, Traits } from "../operator.ts";
import type { StageSpec } from "../program.ts";
import type { AnyContext } from "../work.ts";
import { eventWindows, sessions } from "./event_windows.ts";

const FUNCTION: Traits = {
  calls: true,
  isAsync: true,
  strategies: true,
  retries: true,
  timeouts: true,
};
const ARRAYS: Traits = { makes: "arrays" };
const SAME: Traits = { makes: "same" };

/** Arrays of up to `size` items. */
export function batches(size: number): Model {
  return gather((items) => items.length === size);
}

function gather(isDone: (items: readonly unknown[]) => boolean): Model {
  let items: unknown[] = [];
  const take = () => {
    const taken = items;
    items = [];
    return taken.length === 0 ? [] : [taken];
  };
  return {
    feed: (item) => (items.push(item), isDone(items) ? take() : []),
    end: take,
  };
}

function byWeight(maxWeight: number): Model {
  let items: unknown[] = [];
  let sum = 0;
  const take = () => {
    const taken = items;
    [items, sum] = [[], 0];
    return taken.length === 0 ? [] : [taken];
  };
  return {
    feed: (item) => {
      const weight = ANSWERS.weight(toNumber(item));
      const before = sum + weight > maxWeight ? take() : [];
      items.push(item);
      sum += weight;
      return sum >= maxWeight ? [...before, ...take()] : before;
    },
    end: take,
  };
}

function windows({ count }: StageSpec): Model {
  const { size, slide } = windowSizes(count);
  const items: unknown[] = [];
  let at = 0;
  return {
    feed: (item) => {
      items.push(item);
      if (items.length !== at + size) return [];
      at += slide;
      return [items.slice(-size)];
    },
    end: () => {
      // What no window has had yet, from where the next one begins.
      const had = at === 0 ? 0 : at - slide + size;
      return items.length > Math.max(had, at) ? [items.slice(at)] : [];
    },
  };
}

function windowSizes(count: number) {
  return { size: 1 + count % 4, slide: 1 + Math.floor(count / 4) };
}

function distinct(keyOf: (item: unknown) => unknown, size = Infinity): Model {
  const keys = new Set<unknown>();
  return {
    feed: (item) => {
      const key = keyOf(item);
      const isNew = !keys.delete(key);
      keys.add(key);
      if (keys.size > size) keys.delete(keys.keys().next().value);
      return isNew ? [item] : [];
    },
  };
}

const keyOfItem = (item: unknown) => toNumber(item) % 7;

/** The operators. */
export const GATHERING: readonly Operator[] = [
  {
    name: "scan",
    traits: FUNCTION,
    build: (pipeline, { spec, work, options }) => {
      const reduce = (sum: number, item: unknown, index: number, context: AnyContext) =>
        work.call(item, index, context, () => ANSWERS.add(sum, toNumber(item)));
      return pipeline.scan(spec.key, reduce, 0, options);
    },
    model: () => {
      let sum = 0;
      return { feed: (item) => [sum = ANSWERS.add(sum, toNumber(item))] };
    },
  },
  {
    name: "fold",
    traits: FUNCTION,
    build: (pipeline, { spec, work, options }) => {
      const reduce = (sum: number, item: unknown, index: number, context: AnyContext) =>
        work.call(item, index, context, () => ANSWERS.add(sum, toNumber(item)));
      return pipeline.fold(spec.key, reduce, 0, options);
    },
    model: () => {
      let sum = 0;
      return {
        feed: (item) => {
          sum = ANSWERS.add(sum, toNumber(item));
          return [];
        },
        end: (why) => why === "own failure" ? [] : [sum],
      };
    },
  },
  {
    name: "transform",
    traits: { calls: true, isAsync: true, strategies: true },
    build: (pipeline, { spec, work, options }) => {
      const create = () => {
        let sum = 0;
        const take = (next: number) => (sum = next) % 2 === 0 ? [next, next + 1] : [];
        return {
          transform(item: unknown, index: number, context: AnyContext) {
            const answer = () => ANSWERS.add(sum, toNumber(item));
            const next = work.call(item, index, context, answer);
            return typeof next === "number" ? take(next) : next.then(take);
          },
          flush: () => [sum],
        };
      };
      return pipeline.transform(spec.key, create, options);
    },
    model: () => {
      let sum = 0;
      return {
        feed: (item) => {
          sum = ANSWERS.add(sum, toNumber(item));
          return sum % 2 === 0 ? [sum, sum + 1] : [];
        },
        end: (why) => why === "own failure" ? [] : [sum],
      };
    },
  },
  {
    name: "distinct",
    traits: SAME,
    build: (pipeline, { spec }) => pipeline.distinct(spec.key),
    model: () => distinct((item) => item),
  },
  {
    name: "distinct by a key, in a window",
    traits: { ...FUNCTION, makes: "same" },
    build: (pipeline, stage) => {
      const by = stage.calling((number) => number % 7);
      const { key, count } = stage.spec;
      return pipeline.distinct(key, { ...stage.options, by, window: 1 + count });
    },
    model: ({ spec }) => distinct(keyOfItem, 1 + spec.count),
  },
  {
    name: "batch",
    traits: ARRAYS,
    build: (pipeline, { spec }) => pipeline.batch(spec.key, spec.count + 1),
    model: ({ spec }) => batches(spec.count + 1),
  },
  {
    name: "flatten",
    traits: {},
    build: (pipeline, { spec }) => pipeline.flatten(spec.key),
    model: () => ({ feed: (item) => item as readonly unknown[] }),
  },
  {
    name: "batch by weight",
    traits: { calls: true, isAsync: true, makes: "arrays" },
    build: (pipeline, stage) => {
      const { key, count } = stage.spec;
      return pipeline.batch(key, {
        maxWeight: count + 1,
        weigh: stage.calling(ANSWERS.weight),
      });
    },
    model: ({ spec }) => byWeight(spec.count + 1),
  },
  {
    name: "batchUntil",
    traits: { ...FUNCTION, makes: "arrays" },
    build: (pipeline, stage) =>
      pipeline.batchUntil(stage.spec.key, stage.calling(ANSWERS.isLast), stage.options),
    model: () => gather((items) => ANSWERS.isLast(toNumber(items.at(-1)))),
  },
  {
    name: "window",
    traits: ARRAYS,
    build: (pipeline, { spec }) => pipeline.window(spec.key, windowSizes(spec.count)),
    model: ({ spec }) => windows(spec),
  },
  {
    name: "windowTime by event time",
    traits: { calls: true, isAsync: true, strategies: true },
    build: (pipeline, stage) =>
      pipeline.windowTime(stage.spec.key, {
        ...stage.options,
        ...eventSizes(stage.spec),
        timestamp: stage.calling(ANSWERS.moment),
        by: (item: unknown) => ANSWERS.key(toNumber(item)),
      }),
    model: ({ spec }) => eventWindows(eventSizes(spec)),
  },
  {
    name: "windowTime by sessions",
    traits: { calls: true, isAsync: true, strategies: true },
    build: (pipeline, stage) =>
      pipeline.windowTime(stage.spec.key, {
        ...stage.options,
        gapMs: 1 + stage.spec.count,
        timestamp: stage.calling(ANSWERS.moment),
      }),
    model: ({ spec }) => sessions(1 + spec.count),
  },
];

function eventSizes({ count }: StageSpec) {
  const sizeMs = 1 + count % 5;
  return { sizeMs, slideMs: 1 + Math.floor(count / 3), allowedLatenessMs: count % 3 };
}
