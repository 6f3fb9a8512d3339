/**
 * Pipelines and operators as web streams: at the edges, or one per stage.
 *
 * @example An operator in a chain of web streams
 * ```ts
 * import { map } from "@headrace/pipeline/operators";
 * import { asTransformStream } from "@headrace/pipeline/streams";
 * import { assertEquals } from "@std/assert";
 *
 * const texts = new ReadableStream<string>({
 *   start(controller) {
 *     controller.enqueue("mill");
 *     controller.close();
 *   },
 * });
 * const lengths = texts.pipeThrough(asTransformStream(map((text: string) => text.length)));
 *
 * assertEquals((await lengths.getReader().read()).value, 4);
 * ```
 *
 * @module
 */

export type { RunOptions } from "../base/options.ts";
export type { Operator } from "../core/operator.ts";
export type { PipelineOf, QueueOptions, Source, WebTransform } from "../base/types.ts";
export { asStreams, type AsStreamsOptions } from "./as_streams.ts";
export { asTransformStream } from "./as_transform_stream.ts";
export { toReadableStream } from "./to_readable_stream.ts";
export { toTransformStream } from "./to_transform_stream.ts";
