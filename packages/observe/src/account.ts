import type { ObservedRun, RunHooks } from "@headrace/pipeline";
import { requireRun } from "./_options.ts";
import { RunView } from "./_run_view.ts";
import type { RunFigures } from "./figures.ts";

/**
 * The account of a run.
 *
 * @category Figures
 */
export interface Account extends RunHooks {
  /** The figures of this moment: before, during and after the run. */
  figures(): RunFigures;
}

/**
 * Keeps the account of a run that the other functions of the package show: the metadata of a run, but with
 * the items of lists in a batch pipeline, and with the codes of all that has failed.
 *
 * @param run A run, or what an observer gets: `{ observer: (run) => account(run) }`. Only as an observer it
 * sees the lists of a batch pipeline, and all codes of failures.
 * @throws {TypeError} If `run` is no run.
 * @category Figures
 *
 * @example What failed though the run went on
 * ```ts
 * import { type Account, account } from "@headrace/observe";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .map("parsed", (text) => JSON.parse(text) as number, { errorStrategy: "SKIP_FAILED" });
 *
 * let kept: Account | undefined;
 * await pipeline.executeToArray(["1", "two", "3"], { observer: (run) => kept = account(run) });
 *
 * const [parsed] = kept!.figures().stages;
 * assertEquals([parsed?.inputCount, parsed?.outputCount], [3, 2]);
 * assertEquals([...parsed!.codes], [["STEP_ERROR", 1]]);
 * ```
 */
export function account(run: ObservedRun): Account {
  requireRun("Cannot keep an account", run);
  const view = new RunView(run);
  return { stage: view.stage, figures: () => view.read() };
}
