import { REPLACE, type Stage, type StreamContext } from "../engine/stage.ts";
import { requireKey } from "../internal/validation.ts";
import { toWork } from "./_calls.ts";

/** Whatever a step makes of the whole stream; a step for one value runs once per item. */
export function createAddStage(key: string, given: unknown): Stage {
  requireKey("add", key);
  const work = toWork({ operator: "add", key }, given);
  const base = { key, name: work.name, operator: "add" };
  if (work.kind === "step") {
    return { kind: "item", ...base, outcome: REPLACE, open: () => ({ call: work.call }) };
  }
  const execute = work.kind === "streaming"
    ? (context: StreamContext) => work.step.execute(context)
    : given as (context: StreamContext) => AsyncIterable<unknown>;
  return { kind: "stream", ...base, open: execute };
}
