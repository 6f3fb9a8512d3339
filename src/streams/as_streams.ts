import { requireBlueprint } from "../core/pipeline.ts";
import { resolveRunOptions } from "../core/run_options.ts";
import { type JoinLoops, planStages } from "../core/plan.ts";
import { Run } from "../core/run.ts";
import { createReadable } from "../parts/web_streams.ts";
import { toMany } from "../internal/many.ts";
import {
  isRecord,
  refuseReturned,
  refuseValue,
  requireFunction,
  requireInteger,
} from "../internal/validation.ts";
import type { RunOptions } from "../base/options.ts";
import type { PipelineOf, Source } from "../base/types.ts";
import { BoundaryFeed, type Envelope, toEnvelopes } from "./_boundary.ts";

/**
 * How stages are piped, and how the run goes.
 *
 * @category Web streams
 */
export interface AsStreamsOptions extends RunOptions {
  /**
   * How many items wait between two stages, computed before they are asked for: a non-negative
   * integer. @default {0}
   */
  readonly highWaterMark?: number | undefined;
  /**
   * Called once for each stage but the last, with its key and the stream of what comes out of it; the
   * next stage reads what it returns. The chunks are opaque: they carry an item and what state shows
   * of it, and may be held back, counted, reordered or left out, not made.
   */
  readonly between?:
    | ((key: string, stream: ReadableStream<unknown>) => ReadableStream<unknown>)
    | undefined;
}

const SUBJECT = { operator: "asStreams" };

/**
 * Runs a pipeline with each stage as a web stream of its own, one piped into the next: the shape in
 * which no two stages share a loop.
 *
 * Items, order, errors, state and figures are those of `execute`; only demand differs, by what the
 * queues between stages hold. It costs a web stream per stage, some microseconds an item, where the
 * fused run costs some ten nanoseconds: use it where other code must run between two stages.
 *
 * @typeParam TInput The type of the items that the pipeline reads.
 * @typeParam TOutput The type of the items that come out.
 * @param pipeline A pipeline of either face.
 * @param source One item, or many: see `Source`.
 * @param options How many items wait between two stages, and what runs between them.
 * @returns A stream of the items; a failure errors it after the items before.
 * @throws {TypeError | RangeError} If `pipeline` is not a pipeline, or an option is not valid.
 * @category Web streams
 *
 * @example Counting what passes between two stages
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { asStreams } from "@headrace/pipeline/streams";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>()
 *   .filter("even", (number) => number % 2 === 0)
 *   .map("half", (number) => number / 2);
 *
 * let passed = 0;
 * const count = () =>
 *   new TransformStream<unknown, unknown>({
 *     transform(chunk, controller) {
 *       passed++;
 *       controller.enqueue(chunk);
 *     },
 *   });
 * const halves = asStreams(pipeline, [1, 2, 3, 4], {
 *   between: (_key, stream) => stream.pipeThrough(count()),
 * });
 *
 * const reader = halves.getReader();
 * assertEquals((await reader.read()).value, 1);
 * assertEquals((await reader.read()).value, 2);
 * assertEquals((await reader.read()).done, true);
 * assertEquals(passed, 2);
 * ```
 */
export function asStreams<TInput, TOutput>(
  pipeline: PipelineOf<TInput, TOutput>,
  source: Source<NoInfer<TInput>>,
  options: AsStreamsOptions = {},
): ReadableStream<TOutput> {
  const blueprint = requireBlueprint(SUBJECT.operator, pipeline);
  if (!isRecord(options)) refuseValue(SUBJECT, "options", "an object", options);
  const { highWaterMark = 0, between, ...rest } = options;
  requireInteger(SUBJECT, "highWaterMark", highWaterMark, 0);
  if (between !== undefined) requireFunction(SUBJECT, "between", between);
  const openings: (() => void)[] = [];
  const begin = () => {
    for (const open of openings.splice(0)) open();
  };
  const join: JoinLoops = (upstream, key) => {
    const feed = new BoundaryFeed(upstream, begin);
    openings.push(() => {
      const stream = toEnvelopes(upstream, highWaterMark);
      const crossed: unknown = between === undefined ? stream : between(key, stream);
      if (toMany(crossed)?.kind !== "stream") {
        refuseReturned({ ...SUBJECT, key }, "its between", "a web stream", crossed);
      }
      feed.read(crossed as ReadableStream<Envelope>);
    });
    return feed;
  };
  const run = new Run({
    settings: blueprint.settings,
    options: resolveRunOptions(SUBJECT.operator, rest),
    plan: planStages(blueprint.stages, { join }),
    source,
    createContext: blueprint.createContext,
  });
  return createReadable(() => run.items()) as ReadableStream<TOutput>;
}
