/**
 * The stages of a batch pipeline that work on the items of a list. Each has the step name that the
 * existing API gives it, which metadata show.
 *
 * @module
 */

import { refuseValue } from "../internal/validation.ts";
import type { ListOptions, StageOptions } from "../base/options.ts";
import { buildStage, type Operator } from "../core/operator.ts";
import type { Stage } from "../core/stage.ts";
import { readProperty } from "../internal/thrown.ts";
import { isHybrid } from "../operators/_calls.ts";
import { batch } from "../operators/batch.ts";
import { filter } from "../operators/filter.ts";
import { flatMap } from "../operators/flat_map.ts";
import { flatten } from "../operators/flatten.ts";
import { map } from "../operators/map.ts";
import type { BatchStage } from "./batch_stage.ts";
import { LIST_PROCESSING_ERROR, LIST_STEP_ERROR, UNHANDLED_ERROR } from "./codes.ts";
import { toFinite, toListSettings } from "./list_options.ts";
import { markStep } from "./mark_step.ts";
import { type ListStage, runList } from "./run_list.ts";

/** The codes of the stages whose step works on the whole list. */
const WHOLE_LIST = { failureCode: LIST_STEP_ERROR, noListCode: LIST_STEP_ERROR } as const;

/** Replaces each item by the result of `work`. */
export function createMapList(
  key: string,
  work: unknown,
  options?: ListOptions<never>,
): BatchStage {
  const create = (step: unknown, given: StageOptions) => map(step as never, given);
  return overWork({ key, operator: "map", suffix: "_list", create }, work, options);
}

/** Replaces each item by the items of the result of `work`. */
export function createFlatMapList(
  key: string,
  work: unknown,
  options?: ListOptions<never>,
): BatchStage {
  const create = (step: unknown, given: StageOptions) => flatMap(step as never, given);
  return overWork({ key, operator: "flatMap", suffix: "_list_flatMap", create }, work, options);
}

/** Keeps the items for which `predicate` returns a truthy value. */
export function createFilterList(
  key: string,
  predicate: unknown,
  options?: ListOptions<never>,
  name?: string,
): BatchStage {
  const { stageOptions, skipsFailed } = toListSettings({ operator: "filter", key }, options);
  const stage = buildStage(filter(predicate as never, stageOptions), key);
  return overList({ stage, name: name ?? `filter_${key}`, skipsFailed, ...WHOLE_LIST });
}

/** Groups items into arrays of `size`; with `Infinity` there is one array. */
export function createBatchList(
  key: string,
  size: number,
  name?: string,
): BatchStage {
  const stage = buildStage(batch(toFinite(size)), key);
  return overList({ stage, name: name ?? `batch_${size}`, ...WHOLE_LIST });
}

/** Flattens arrays, one level deep. */
export function createFlattenList(key: string, name: string = "flatten"): BatchStage {
  return overList({ stage: buildStage(flatten(), key), name, ...WHOLE_LIST });
}

/** A list whose items a step works on. */
interface WorkList {
  readonly key: string;
  readonly operator: string;
  /** Follows the name of the step in that of the list. */
  readonly suffix: string;
  readonly create: (step: unknown, options: StageOptions) => Operator<unknown, unknown>;
}

/** The stage is built again where its step has a retry, which programs change. */
function overWork(
  { key, operator, suffix, create }: WorkList,
  work: unknown,
  options: ListOptions<never> | undefined,
): BatchStage {
  const { stageOptions, skipsFailed } = toListSettings({ operator, key }, options);
  const step = toItemWork(operator, key, work);
  const readRetry = () => readProperty(step, "retry");
  const build = () => buildStage(create(step, stageOptions), key);
  const stage = build();
  const isTriedAgain = readRetry() !== undefined;
  const name = typeof work === "function" ? key : `${stage.name}${suffix}`;
  return overList(
    { stage, name, skipsFailed, noListCode: LIST_PROCESSING_ERROR },
    () => isTriedAgain || readRetry() !== undefined ? build() : stage,
  );
}

/** A hybrid step is for the whole list: `add` takes it. */
function toItemWork(operator: string, key: string, work: unknown): unknown {
  if (!isHybrid(work)) return markStep(work, UNHANDLED_ERROR);
  refuseValue({ operator, key }, "its work", "a function or a step", work);
}

/** A stage that runs over a list; `current` is called when that begins. */
function overList(listStage: ListStage, current: () => Stage = () => listStage.stage): BatchStage {
  const { name, stage: { key, operator } } = listStage;
  return {
    key,
    name,
    operator,
    call: async (list, context, report) =>
      await runList({ ...listStage, stage: current() }, list, context, report),
  };
}
