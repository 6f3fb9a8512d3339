import type { StepMetadata } from "../base/step_types.ts";
import { clock } from "./clock.ts";

/** Starts to take the time of a step; the function that it returns reads it. */
export function startTimes(): () => Pick<StepMetadata, "startTime" | "endTime" | "durationMs"> {
  const startTime = clock.wallTime();
  const started = clock.now();
  return () => {
    const durationMs = clock.now() - started;
    return { startTime, endTime: startTime + Math.round(durationMs), durationMs };
  };
}
