import { keepWhereAlways } from "../parts/recordings.ts";
import type { Late, StreamWork } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { REPLACE } from "../core/stage.ts";
import { requireKnownOptions, requireOneOf } from "../internal/validation.ts";
import type { AddOptions } from "../base/options.ts";
import { type AnyStreamingStep, toWork } from "./_calls.ts";
import { createStepStage } from "./_function_stage.ts";
import { resolveStageOptions } from "./_options.ts";

const LINEAGES = ["item", "hold"];

/**
 * Adds a step over the whole stream: a generator function, a streaming step, or a step that runs
 * once per item.
 *
 * Items come out in the order in which the step yields them. The step runs as far as its output
 * is asked for, and what it reads is computed when it reads it. When the reader stops, the step's
 * `finally` runs. What it throws surfaces after the items that it yielded before.
 *
 * @param step What to run.
 * @param options What happens when it fails: it is started again on the items that are left.
 * @throws {TypeError} If `key` is taken or empty, or `step` is neither a function nor a step.
 * @category The whole stream
 *
 * @example Differences of neighbours
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { add } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const differences = add(async function* ({ input }: { input: AsyncIterable<number> }) {
 *   let last: number | undefined;
 *   for await (const number of input) {
 *     if (last !== undefined) yield number - last;
 *     last = number;
 *   }
 * });
 * const pipeline = StreamingPipeline.start<number>().use("difference", differences);
 *
 * assertEquals(await pipeline.executeToArray([1, 4, 9]), [3, 5]);
 * ```
 */
export function add<
  TInput,
  TOutput,
  TAccumulated = unknown,
  TContext = unknown,
  TLate extends Late = object,
>(
  step: StreamWork<TInput, TOutput, TAccumulated, TContext, TLate>,
  options: AddOptions<NoInfer<TInput>> = {},
): Operator<TInput, TOutput, TAccumulated, TContext> {
  return createOperator("add", (place) => {
    const work = toWork(place, step);
    requireKnownOptions(place, options, ["errorStrategy", "retry", "policy", "lineage"]);
    const { lineage, ...rest } = options;
    if (lineage !== undefined) requireOneOf(place, "lineage", lineage, LINEAGES);
    const settings = resolveStageOptions(place, rest, work.retry);
    const base = { ...place, name: work.name, onOpen: keepWhereAlways, ...settings };
    if (work.kind === "step") {
      return { kind: "item", ...base, outcome: REPLACE, open: () => ({ call: work.call }) };
    }
    const execute = step as AnyStreamingStep["execute"];
    const whole = work.kind === "streaming" ? work.step : { name: place.key, execute };
    return { ...createStepStage(base, whole), lineage };
  });
}
