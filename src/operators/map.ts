import { REPLACE, type Stage } from "../engine/stage.ts";
import type { StageOptions } from "../options.ts";
import { createWorkStage } from "./_function_stage.ts";

/** One item out for each item in: what the work makes of it. */
export function createMapStage(key: string, work: unknown, options?: StageOptions): Stage {
  return createWorkStage({ operator: "map", key, outcome: REPLACE, work, options });
}
