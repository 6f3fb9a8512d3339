// The operators that both kinds of pipelines have, on the side of the batch pipeline. What they make
// of their items is in the table of operators.

import { type ListOptions, singleToList } from "../../../mod.ts";
import type { Stage } from "../chain.ts";
import { ANSWERS } from "../numbers.ts";
import { isWhenTrue, itemStep, streamStep, withIndex } from "../operators/steps.ts";

/** The builder of a batch pipeline with its types removed: a random chain has none. */
export interface LooseBatch {
  add(key: string, step: unknown): LooseBatch;
  map(key: string, work: unknown, options?: ListOptions): LooseBatch;
  flatMap(key: string, work: unknown, options?: ListOptions): LooseBatch;
  filter(key: string, predicate: unknown, options?: ListOptions): LooseBatch;
  branch(key: string, predicate: unknown, whenTrue: unknown, whenFalse: unknown): LooseBatch;
  batch(key: string, size: number): LooseBatch;
  flatten(key: string): LooseBatch;
}

type Build = (pipeline: LooseBatch, stage: Stage) => LooseBatch;

function withIndexes(pipeline: LooseBatch, { spec }: Stage): LooseBatch {
  return pipeline.map(`${spec.key} with index`, withIndex);
}

/** By the name of the operator. */
export const BATCH_OPERATORS: Readonly<Record<string, Build>> = {
  map: (pipeline, stage) =>
    pipeline.map(stage.spec.key, stage.calling(ANSWERS.map), listOptions(stage)),
  "map to anything": (pipeline, stage) =>
    pipeline.map(stage.spec.key, stage.calling(ANSWERS.anything), listOptions(stage)),
  "map with a step": (pipeline, stage) =>
    withIndexes(pipeline, stage)
      .map(stage.spec.key, itemStep(stage, ANSWERS.map), listStepOptions(stage)),
  "add with a step": (pipeline, stage) =>
    withIndexes(pipeline, stage)
      .add(stage.spec.key, singleToList(itemStep(stage, ANSWERS.map), listStepOptions(stage))),
  filter: (pipeline, stage) =>
    pipeline.filter(stage.spec.key, stage.calling(ANSWERS.filter), listOptions(stage)),
  flatMap: (pipeline, stage) =>
    pipeline.flatMap(stage.spec.key, stage.calling(ANSWERS.many), listOptions(stage)),
  // On the whole list, so its steps are those on an item, made steps on a list.
  "branch to steps": (pipeline, stage) => {
    const [whenTrue, whenFalse] = [ANSWERS.whenOdd, ANSWERS.whenEven].map((answer) =>
      singleToList(itemStep(stage, answer), listStepOptions(stage))
    );
    return withIndexes(pipeline, stage)
      .branch(stage.spec.key, () => isWhenTrue(stage), whenTrue, whenFalse);
  },
  step: (pipeline, stage) => pipeline.add(stage.spec.key, streamStep(stage, ANSWERS.map)),
  "step that expands": (pipeline, stage) =>
    pipeline.add(stage.spec.key, streamStep(stage, ANSWERS.many)),
  batch: (pipeline, { spec }) => pipeline.batch(spec.key, spec.count + 1),
  flatten: (pipeline, { spec }) => pipeline.flatten(spec.key),
};

function listOptions(stage: Stage): ListOptions {
  const { retry } = stage;
  return { ...listStepOptions(stage), ...(retry && { retry }) };
}

/** The options of a list whose steps have `retry` themselves. */
function listStepOptions({ spec: { parallel, strategy, timeoutMs } }: Stage): ListOptions {
  return {
    ...(strategy && { errorStrategy: strategy as ListOptions["errorStrategy"] }),
    ...(parallel && { parallel: true, concurrencyLimit: parallel.limit }),
    ...(timeoutMs && { timeoutMs }),
  } as ListOptions;
}
