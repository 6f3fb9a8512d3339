import { KEEP_WHILE, type Stage } from "../engine/stage.ts";
import type { StageOptions } from "../options.ts";
import { createFunctionStage } from "./_function_stage.ts";

/** The items before the first for which the predicate answers with a falsy value. */
export function createTakeWhileStage(key: string, work: unknown, options?: StageOptions): Stage {
  return createFunctionStage({ operator: "takeWhile", key, outcome: KEEP_WHILE, work, options });
}
