import { KEEP_IF, type Stage } from "../engine/stage.ts";
import type { StageOptions } from "../options.ts";
import { createFunctionStage } from "./_function_stage.ts";

/** The items for which the predicate answers with a truthy value. */
export function createFilterStage(key: string, work: unknown, options?: StageOptions): Stage {
  return createFunctionStage({ operator: "filter", key, outcome: KEEP_IF, work, options });
}
