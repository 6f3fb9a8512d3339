/**
 * The stages of a batch pipeline that work on the items of a list.
 *
 * @module
 */

import type { Stage } from "../engine/stage.ts";
import type { ListOptions } from "../options.ts";
import { createBatchStage } from "../operators/batch.ts";
import { createFilterStage } from "../operators/filter.ts";
import { createFlatMapStage } from "../operators/flat_map.ts";
import { createFlattenStage } from "../operators/flatten.ts";
import { createMapStage } from "../operators/map.ts";
import type { BatchStage } from "./batch_stage.ts";
import { toStageOptions } from "./list_options.ts";
import { markStep } from "./mark_step.ts";
import { runList } from "./run_list.ts";

/** Puts in each item's place what `work` makes of it. */
export function createMapList(key: string, work: unknown, options?: ListOptions): BatchStage {
  const stageOptions = toStageOptions({ operator: "map", key }, options);
  return overList(createMapStage(key, markStep(work), stageOptions));
}

/** Puts in each item's place the items of what `work` makes of it. */
export function createFlatMapList(key: string, work: unknown, options?: ListOptions): BatchStage {
  const stageOptions = toStageOptions({ operator: "flatMap", key }, options);
  return overList(createFlatMapStage(key, markStep(work), stageOptions));
}

/** Keeps the items for which `predicate` answers with a truthy value. */
export function createFilterList(
  key: string,
  predicate: unknown,
  options?: ListOptions,
): BatchStage {
  return overList(
    createFilterStage(key, predicate, toStageOptions({ operator: "filter", key }, options)),
  );
}

/** Gathers items into arrays of `size`. */
export function createBatchList(key: string, size: number): BatchStage {
  return overList(createBatchStage(key, size));
}

/** Takes arrays apart, one level deep. */
export function createFlattenList(key: string): BatchStage {
  return overList(createFlattenStage(key));
}

function overList(stage: Stage): BatchStage {
  const { key, name, operator } = stage;
  return {
    key,
    name,
    operator,
    call: (list, context, report) => runList(stage, list, context, report),
  };
}
