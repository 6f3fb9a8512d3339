import { EXPAND, type Stage } from "../engine/stage.ts";
import type { StageOptions } from "../options.ts";
import { createWorkStage } from "./_function_stage.ts";

/** Each item of what the work makes of an item. */
export function createFlatMapStage(key: string, work: unknown, options?: StageOptions): Stage {
  return createWorkStage({ operator: "flatMap", key, outcome: EXPAND, work, options });
}
