import { REPLACE, type Stage } from "../engine/stage.ts";
import { requireKey, requireKnownOptions } from "../internal/validation.ts";
import type { AddOptions } from "../options.ts";
import { type AnyStreamingStep, toWork } from "./_calls.ts";
import { createStepStage } from "./_function_stage.ts";
import { resolveStageOptions } from "./_options.ts";

/** Whatever a step makes of the whole stream; a step for one value runs once per item. */
export function createAddStage(
  key: string,
  given: unknown,
  options: AddOptions = {},
): Stage {
  requireKey("add", key);
  const subject = { operator: "add", key };
  const work = toWork(subject, given);
  requireKnownOptions(subject, options, ["errorStrategy", "retry"]);
  const settings = resolveStageOptions(subject, options, work.retry);
  const base = { key, name: work.name, operator: "add", ...settings };
  if (work.kind === "step") {
    return { kind: "item", ...base, outcome: REPLACE, open: () => ({ call: work.call }) };
  }
  const step = work.kind === "streaming"
    ? work.step
    : { name: key, execute: given as AnyStreamingStep["execute"] };
  return createStepStage(base, step);
}
