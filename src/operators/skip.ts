import { KEEP_IF, type Stage } from "../engine/stage.ts";
import { requireInteger, requireKey } from "../internal/validation.ts";

/** The items after the first `count`. */
export function createSkipStage(key: string, count: number): Stage {
  requireKey("skip", key);
  requireInteger({ operator: "skip", key }, "count", count, 0);
  return {
    kind: "item",
    key,
    name: key,
    operator: "skip",
    outcome: KEEP_IF,
    open: () => ({ call: (_item, index) => index >= count }),
  };
}
