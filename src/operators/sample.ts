import type { Stage } from "../engine/stage.ts";
import { clock } from "../internal/clock.ts";
import { requireKey, requireNumber } from "../internal/validation.ts";
import { Latest } from "./_latest.ts";

/** The last item of each interval that has one. */
export function createSampleStage(key: string, intervalMs: number): Stage {
  requireKey("sample", key);
  requireNumber({ operator: "sample", key }, "intervalMs", intervalMs, 1);
  return {
    kind: "stream",
    key,
    name: key,
    operator: "sample",
    open({ input }, control) {
      const startMs = clock.now();
      const countUntil = (nowMs: number) => Math.floor((nowMs - startMs) / intervalMs);
      const dueAt = (nowMs: number) => startMs + (countUntil(nowMs) + 1) * intervalMs;
      return new Latest({ input, control }, dueAt);
    },
  };
}
