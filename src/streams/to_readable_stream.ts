import { requireBlueprint } from "../core/pipeline.ts";
import { createReadable } from "../parts/web_streams.ts";
import type { RunOptions } from "../base/options.ts";
import type { PipelineOf, QueueOptions, Source } from "../base/types.ts";

/**
 * Runs a pipeline as a web stream.
 *
 * @typeParam TInput The type of the items that the pipeline reads.
 * @typeParam TOutput The type of the items that come out.
 * @param pipeline A pipeline of either face.
 * @param source One item, or many: see `Source`.
 * @param strategy How many items are computed before they are read; none by default.
 * @param options How the run is aborted and closed, and where failed items go.
 * @returns The items; a failure errors the stream after the items before it.
 * @throws {TypeError | RangeError} If `pipeline` is not a pipeline, or an option is not valid.
 * @category Web streams
 *
 * @example As the body of a response
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { toReadableStream } from "@headrace/pipeline/streams";
 * import { assertEquals } from "@std/assert";
 *
 * const encoder = new TextEncoder();
 * const lines = StreamingPipeline.start<number>()
 *   .map("line", (number) => encoder.encode(`${number}\n`));
 *
 * const response = new Response(toReadableStream(lines, [1, 2]));
 * assertEquals(await response.text(), "1\n2\n");
 * ```
 */
export function toReadableStream<TInput, TOutput>(
  pipeline: PipelineOf<TInput, TOutput>,
  source: Source<NoInfer<TInput>>,
  strategy?: QueueOptions<TOutput>,
  options?: RunOptions,
): ReadableStream<TOutput> {
  const blueprint = requireBlueprint("toReadableStream", pipeline);
  const run = blueprint.createRun("toReadableStream", source, options);
  return createReadable(() => run.items(), strategy) as ReadableStream<TOutput>;
}
