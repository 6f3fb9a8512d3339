import { KEEP, type Stage } from "../engine/stage.ts";
import type { StageOptions } from "../options.ts";
import { createFunctionStage } from "./_function_stage.ts";

/** The items as they are, each after the function has seen it. */
export function createTapStage(key: string, work: unknown, options?: StageOptions): Stage {
  return createFunctionStage({ operator: "tap", key, outcome: KEEP, work, options });
}
