import { openStep } from "../parts/step_feed.ts";
import type { StagePlace } from "../core/operator.ts";
import type { StreamStage } from "../core/stage.ts";

/** A stage over the whole stream; `traits` is what else there is to know of it. */
export function createStreamStage(
  place: StagePlace,
  open: StreamStage["open"],
  traits?: Omit<Partial<StreamStage>, "kind" | "open" | "openHead" | keyof StagePlace>,
): StreamStage {
  return { kind: "stream", ...place, ...traits, openHead: openStep, open };
}
