// The operators that run steps.

import { createStep, createStreamingStep, type Step, type StreamingStep } from "../../../mod.ts";
import type { Stage } from "../chain.ts";
import { ANSWERS, toNumber } from "../numbers.ts";
import type { Operator, Traits } from "../operator.ts";
import type { AnyContext } from "../work.ts";
import { expanded, FUNCTION, mapped, same } from "./per_item.ts";

const STREAM_STEP: Traits = { calls: true, isAsync: true, strategies: true, retries: true };

/** Steps are not told which item they get, so that only those without `retry` can be told apart. */
const STEP_PER_ITEM: Traits = { calls: true, isAsync: true, strategies: true, parallel: "always" };

const PLAIN: Traits = {};
const PASSING: Traits = { makes: "same" };

/** A step is not told when its work is aborted. */
const UNTOLD = { signal: new AbortController().signal };

/** What a generator step gets. */
interface StepParts extends AnyContext {
  readonly input: AsyncIterable<unknown>;
}

/** The operators. */
export const STEPS: readonly Operator[] = [
  {
    name: "branch to steps",
    traits: FUNCTION,
    isItemwise: true,
    build: (pipeline, stage) => {
      const [whenTrue, whenFalse] = [
        itemStep(stage, ANSWERS.whenOdd),
        itemStep(stage, ANSWERS.whenEven),
      ];
      return pipeline.map(`${stage.spec.key} with index`, withIndex)
        .branch(stage.spec.key, () => isWhenTrue(stage), whenTrue, whenFalse, stage.stepOptions);
    },
    model: (stage) => {
      const answer = isWhenTrue(stage) ? ANSWERS.whenOdd : ANSWERS.whenEven;
      return { feed: (item) => [answer(toNumber(item))] };
    },
    isTwoStages: true,
  },
  {
    name: "map with a step",
    traits: FUNCTION,
    isItemwise: true,
    build: (pipeline, stage) =>
      pipeline.map(`${stage.spec.key} with index`, withIndex)
        .map(stage.spec.key, itemStep(stage, ANSWERS.map), stage.stepOptions),
    model: mapped,
    isTwoStages: true,
  },
  {
    name: "add with a step",
    traits: STREAM_STEP,
    isItemwise: true,
    build: (pipeline, stage) =>
      pipeline.map(`${stage.spec.key} with index`, withIndex)
        .add(stage.spec.key, itemStep(stage, ANSWERS.map), stage.stepOptions),
    model: mapped,
    isTwoStages: true,
  },
  {
    name: "step",
    traits: STREAM_STEP,
    isItemwise: true,
    build: (pipeline, stage) =>
      pipeline.add(stage.spec.key, streamStep(stage, ANSWERS.map), stage.stepOptions),
    model: mapped,
  },
  {
    name: "step that expands",
    traits: STREAM_STEP,
    isItemwise: true,
    build: (pipeline, stage) =>
      pipeline.add(stage.spec.key, streamStep(stage, ANSWERS.many), stage.stepOptions),
    model: expanded,
  },
  {
    name: "step per item",
    traits: STEP_PER_ITEM,
    isItemwise: true,
    build: (pipeline, stage) => {
      const step = streamStep(stage, ANSWERS.map);
      return pipeline.map(stage.spec.key, step, stage.options);
    },
    model: mapped,
  },
  {
    name: "step that reads nothing",
    traits: PLAIN,
    build: (pipeline, { spec }) => pipeline.add(spec.key, async function* () {}),
    model: () => ({ isFull: () => true, feed: () => [] }),
  },
  {
    name: "step that reads late",
    traits: PASSING,
    isItemwise: true,
    build: (pipeline, { spec, world }) =>
      pipeline.add(spec.key, async function* ({ input }: StepParts) {
        for (let waits = 0; waits <= spec.count % 3; waits++) await world.wait();
        for await (const item of input) yield item;
      }),
    model: same,
  },
  {
    name: "step that ends early",
    traits: PASSING,
    build: (pipeline, { spec }) =>
      pipeline.add(spec.key, async function* ({ input }: StepParts) {
        let left = spec.count;
        for await (const item of input) {
          if (left-- === 0) return;
          yield item;
        }
      }),
    model: ({ spec }) => {
      let left = spec.count;
      return { isFull: () => left < 0, feed: (item) => left-- > 0 ? [item] : [] };
    },
  },
  {
    name: "step that fails before it reads",
    traits: { calls: true },
    build: (pipeline, { spec, work }) =>
      pipeline.add(spec.key, async function* (context: StepParts) {
        await work.call(undefined, -1, { signal: context.signal }, () => undefined);
        for await (const item of context.input) yield item;
      }),
    model: same,
    isExact: false,
    check: () => undefined,
  },
];
/** Which side all items of "branch to steps" take. */
export function isWhenTrue({ spec }: Stage): boolean {
  return spec.count % 2 === 0;
}

/** An item beside its index, which a step is not told. */
export interface Indexed {
  readonly item: unknown;
  readonly index: number;
}

/** What a stage in front of a step makes of the items. */
export function withIndex(item: unknown, index: number): Indexed {
  return { item, index };
}

/** A step that calls the function of a stage. */
export function itemStep(
  stage: Stage,
  answer: (number: number) => unknown,
): Step<Indexed, unknown> {
  const execute = ({ input: { item, index } }: { input: Indexed }) =>
    stage.work.call(item, index, UNTOLD, () => answer(toNumber(item)));
  return createStep(stage.spec.key, execute, stage.retry && { retry: stage.retry });
}

/** A streaming step that calls the function for each item that it reads. */
export function streamStep(
  { spec, work, retry }: Stage,
  answer: (number: number) => unknown,
): StreamingStep<unknown, unknown> {
  // Outside of the generator: it may be started again, on the item that it held or the next.
  let index = 0;
  return createStreamingStep<unknown, unknown>(spec.key, async function* (context) {
    for await (const item of context.input) {
      const at = index++;
      let made: unknown;
      try {
        made = await work.call(item, at, context as StepParts, () => answer(toNumber(item)));
      } catch (error) {
        if (!work.hasGivenUp(at)) index = at;
        throw error;
      }
      if (Array.isArray(made)) yield* made;
      else yield made;
    }
  }, retry && { retry });
}
