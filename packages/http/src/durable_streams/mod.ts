/**
 * Streams that are kept by a server of the [Durable Streams](https://github.com/durable-streams/durable-streams)
 * protocol: read from any offset, and written without duplicates. For answers of a model that a client can
 * leave and come back to.
 *
 * @example An answer that is written once and read by any client
 * ```ts
 * import { durableStream, durableStreamSink } from "@headrace/http/durable-streams";
 * import { StreamingPipeline } from "@headrace/pipeline";
 *
 * // Where the answer is made:
 * async function answer(url: string, words: AsyncIterable<string>): Promise<void> {
 *   const sink = durableStreamSink<string>(url, { producer: "model" });
 *   const batches = StreamingPipeline.start<string>().batch("words", { size: 20, maxWaitMs: 50 });
 *   await batches.executeForEach(words, sink.send);
 *   await sink.close();
 * }
 *
 * // Where it is read, from where the reader was:
 * async function read(url: string, from: { offset: string; index: number } | undefined, show: (word: string) => void) {
 *   for await (const { item, position } of durableStream<string>(url).open(from)) {
 *     show(item);
 *     from = position;
 *   }
 *   return from;
 * }
 * ```
 *
 * @module
 */

export {
  durableStream,
  type DurableStreamItem,
  type DurableStreamOptions,
  type DurableStreamSource,
  type StreamPosition,
} from "./durable_stream.ts";
export {
  type AppendResult,
  type DurableStreamSink,
  durableStreamSink,
  type DurableStreamSinkOptions,
} from "./durable_stream_sink.ts";
