import type { Stage } from "../engine/stage.ts";
import { requireKey } from "../internal/validation.ts";

/** The items as they are, when all of them are there; later stages can read them as an array. */
export function createCheckpointStage(key: string): Stage {
  requireKey("checkpoint", key);
  return { kind: "barrier", key, name: key, operator: "checkpoint" };
}
