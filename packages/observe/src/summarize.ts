import type { ObservedRun, PipelineMetadata } from "@headrace/pipeline";
import { describeFailure } from "./_failure.ts";
import { readCount, requireKnown, requireRun, requireType } from "./_options.ts";
import { RunView, viewMetadata } from "./_run_view.ts";
import type { RunFigures } from "./figures.ts";
import { finalTable } from "./_stage_table.ts";
import { cut, formatClock, formatCount, formatRate, toPlain } from "./_text.ts";

const SUBJECT = "Cannot summarize a run";

/**
 * Options of {@linkcode summarize}.
 *
 * @category Progress
 */
export interface SummaryOptions {
  /** What the run is called. @default {"run"} */
  readonly name?: string | undefined;
  /** How many columns a line may have: an integer from 20. @default {80} */
  readonly columns?: number | undefined;
}

/**
 * Says in a few lines what a run did: how it ended, how long it took, a line for each stage, and the codes
 * of what failed. Of the items it shows nothing.
 *
 * @param run A run, or its metadata.
 * @param options What it is called, and how wide the lines may be.
 * @returns Lines, each with a line break after it.
 * @throws {TypeError | RangeError} If `run` is no run, or an option is not valid.
 * @category Progress
 *
 * @example The summary of a run
 * ```ts
 * import { summarize } from "@headrace/observe";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertMatch } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().filter("even", (number) => number % 2 === 0);
 * await pipeline.executeToArray([1, 2, 3, 4]);
 *
 * const text = summarize(await pipeline.getMetadata(), { name: "numbers" });
 * assertMatch(text, /^numbers completed in 0:00, 2 items/);
 * ```
 */
export function summarize(
  run: PipelineMetadata | ObservedRun,
  options: SummaryOptions = {},
): string {
  requireKnown(SUBJECT, options, ["name", "columns"]);
  const { name = "run" } = options;
  requireType(SUBJECT, "name", name, "string");
  const columns = readCount(SUBJECT, "columns", options.columns, 80);
  if (columns < 20) throw new RangeError(`${SUBJECT}: columns must be at least 20, got ${columns}`);
  return summaryLines(viewOf(run).read(), name, columns).map((line) => `${line}\n`).join("");
}

/** The lines of a summary. */
export function summaryLines(run: RunFigures, name: string, columns: number): string[] {
  const { status, durationMs, outputCount, stages, error } = run;
  const rate = durationMs > 0 ? `, ${formatRate(outputCount * 1000 / durationMs)}` : "";
  const items = `${formatCount(outputCount)} item${outputCount === 1 ? "" : "s"}`;
  const what = `${toPlain(name)} ${status} in ${formatClock(durationMs)}, ${items}${rate}`;
  const failures = stages.filter(({ codes }) => codes.size > 0).map(({ key, codes }) => {
    const counts = [...codes].map(([code, count]) => `${code} ×${formatCount(count)}`);
    return `failed at ${toPlain(key)}: ${counts.join(", ")}`;
  });
  const reason = status === "failed" || status === "aborted"
    ? [`${status}: ${toPlain(describeFailure(error))}`]
    : [];
  return [
    cut(what, columns),
    ...finalTable(stages, columns),
    ...[...failures, ...reason].map((line) => cut(line, columns)),
  ];
}

function viewOf(run: PipelineMetadata | ObservedRun): RunView {
  if (Array.isArray((run as PipelineMetadata | undefined)?.steps)) {
    return viewMetadata(run as PipelineMetadata);
  }
  requireRun(SUBJECT, run);
  return new RunView(run);
}
