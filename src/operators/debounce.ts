import type { Stage } from "../engine/stage.ts";
import { requireKey, requireNumber } from "../internal/validation.ts";
import { Latest } from "./_latest.ts";

/** Each item that no other has followed for a time. */
export function createDebounceStage(key: string, waitMs: number): Stage {
  requireKey("debounce", key);
  requireNumber({ operator: "debounce", key }, "waitMs", waitMs, 1);
  return {
    kind: "stream",
    key,
    name: key,
    operator: "debounce",
    open: ({ input }, control) => new Latest({ input, control }, (nowMs) => nowMs + waitMs),
  };
}
