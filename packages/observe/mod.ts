/**
 * What a run does, while it does it: progress, logs, graphs and profiles, and the figures behind them.
 *
 * @example Progress of a run
 * ```ts
 * import { progress } from "@headrace/observe";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().map("double", (number) => number * 2);
 * let text = "";
 * const to = { write: (part: string) => text += part };
 *
 * await pipeline.executeToArray([1, 2, 3], { observer: (run) => progress(run, { to }) });
 * assertEquals(text.split(" in ")[0], "run completed");
 * ```
 *
 * @module
 */

export type { TextOutput } from "./src/_output.ts";
export { type Account, account } from "./src/account.ts";
export type { RunFigures, StageFigures } from "./src/figures.ts";
export { type Drawable, graph, type GraphOptions, type Measured } from "./src/graph.ts";
export {
  type Log,
  log,
  type LogLevel,
  type LogOptions,
  type LogRecord,
  type LogStage,
} from "./src/log.ts";
export { observers } from "./src/observers.ts";
export { type Profile, profile, type ProfileOptions } from "./src/profile.ts";
export type { InnerProfile, RunProfile, StageProfile } from "./src/run_profile.ts";
export { type Progress, progress, type ProgressOptions } from "./src/progress.ts";
export { summarize, type SummaryOptions } from "./src/summarize.ts";
