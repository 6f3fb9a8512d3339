import { requireBlueprint } from "../core/pipeline.ts";
import { createReadable, WrittenSource } from "../parts/web_streams.ts";
import type { RunOptions } from "../base/options.ts";
import type { PipelineOf, QueueOptions, WebTransform } from "../base/types.ts";

/**
 * Makes one run of a pipeline whose source is a writable stream, for `pipeThrough`. A write is done
 * when the pipeline has taken its chunk.
 *
 * @typeParam TInput The type of the items that the pipeline reads.
 * @typeParam TOutput The type of the items that come out.
 * @param pipeline A pipeline of either face.
 * @param writableStrategy The queue in front of the pipeline; one chunk by default.
 * @param readableStrategy How many items are computed before they are read; none by default.
 * @param options How the run is aborted and closed, and where failed items go.
 * @returns The two ends.
 * @throws {TypeError | RangeError} If `pipeline` is not a pipeline, or an option is not valid.
 * @category Web streams
 *
 * @example In a chain of web streams
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { toTransformStream } from "@headrace/pipeline/streams";
 * import { assertEquals } from "@std/assert";
 *
 * const lengths = StreamingPipeline.start<string>().map("length", (text) => text.length);
 * const texts = new ReadableStream<string>({
 *   start(controller) {
 *     controller.enqueue("mill");
 *     controller.close();
 *   },
 * });
 *
 * const reader = texts.pipeThrough(toTransformStream(lengths)).getReader();
 * assertEquals(await reader.read(), { done: false, value: 4 });
 * assertEquals((await reader.read()).done, true);
 * ```
 */
export function toTransformStream<TInput, TOutput>(
  pipeline: PipelineOf<TInput, TOutput>,
  writableStrategy?: QueueOptions<TInput>,
  readableStrategy?: QueueOptions<TOutput>,
  options?: RunOptions,
): WebTransform<TOutput, TInput> {
  const blueprint = requireBlueprint("toTransformStream", pipeline);
  const written = new WrittenSource(writableStrategy);
  const run = blueprint.createRun("toTransformStream", written, options, {
    onOver: written.stop,
  });
  written.onWait = () => run.followSignals();
  written.onAbort = (reason) => run.abort(reason);
  const readable = createReadable(() => run.items(), readableStrategy);
  return { readable, writable: written.writable } as WebTransform<TOutput, TInput>;
}
