import { DECIDE, type ItemFunction, type OpenStage, type Stage } from "../engine/stage.ts";
import type { StageOptions } from "../options.ts";
import { createFunctionStage } from "./_function_stage.ts";

/** The items from the first on for which the predicate answers with a falsy value. */
export function createSkipWhileStage(key: string, work: unknown, options?: StageOptions): Stage {
  return createFunctionStage(
    { operator: "skipWhile", key, outcome: DECIDE, work, options },
    openSkipWhile,
  );
}

function openSkipWhile(predicate: ItemFunction): OpenStage {
  let isPassing = false;
  return {
    call: (item, index, context) => isPassing ? false : predicate(item, index, context),
    decide: (answer) => isPassing ||= !answer,
    isPassing: () => isPassing,
  };
}
