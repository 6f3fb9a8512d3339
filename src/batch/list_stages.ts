/**
 * The stages of a batch pipeline that work on the items of a list.
 *
 * @module
 */

import type { Stage } from "../engine/stage.ts";
import { complaint } from "../internal/validation.ts";
import type { ListOptions } from "../options.ts";
import { isHybrid } from "../operators/_calls.ts";
import { createBatchStage } from "../operators/batch.ts";
import { createFilterStage } from "../operators/filter.ts";
import { createFlatMapStage } from "../operators/flat_map.ts";
import { createFlattenStage } from "../operators/flatten.ts";
import { createMapStage } from "../operators/map.ts";
import type { BatchStage } from "./batch_stage.ts";
import { type ListSettings, toListSettings } from "./list_options.ts";
import { markStep } from "./mark_step.ts";
import { runList } from "./run_list.ts";

/** Puts in each item's place what `work` makes of it. */
export function createMapList(key: string, work: unknown, options?: ListOptions): BatchStage {
  const settings = toListSettings({ operator: "map", key }, options);
  return overList(
    createMapStage(key, toItemWork("map", key, work), settings.stageOptions),
    settings,
  );
}

/** Puts in each item's place the items of what `work` makes of it. */
export function createFlatMapList(key: string, work: unknown, options?: ListOptions): BatchStage {
  const settings = toListSettings({ operator: "flatMap", key }, options);
  const stage = createFlatMapStage(key, toItemWork("flatMap", key, work), settings.stageOptions);
  return overList(stage, settings);
}

/** Keeps the items for which `predicate` answers with a truthy value. */
export function createFilterList(
  key: string,
  predicate: unknown,
  options?: ListOptions,
): BatchStage {
  const settings = toListSettings({ operator: "filter", key }, options);
  return overList(createFilterStage(key, predicate, settings.stageOptions), settings);
}

/** Gathers items into arrays of `size`. */
export function createBatchList(key: string, size: number): BatchStage {
  return overList(createBatchStage(key, size));
}

/** Takes arrays apart, one level deep. */
export function createFlattenList(key: string): BatchStage {
  return overList(createFlattenStage(key));
}

/** A hybrid step is for the whole list: `add` takes it. */
function toItemWork(operator: string, key: string, work: unknown): unknown {
  if (!isHybrid(work)) return markStep(work);
  throw new TypeError(complaint({ operator, key }, "its work", "a function or a step", work));
}

function overList(stage: Stage, { skipsFailed }: Partial<ListSettings> = {}): BatchStage {
  const { key, name, operator } = stage;
  return {
    key,
    name,
    operator,
    call: (list, context, report) => runList(stage, list, context, report, skipsFailed),
  };
}
