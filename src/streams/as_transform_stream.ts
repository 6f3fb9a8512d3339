import type { Operator } from "../core/operator.ts";
import { CorePipeline } from "../core/pipeline.ts";
import type { QueueOptions, WebTransform } from "../base/types.ts";
import { toTransformStream } from "./to_transform_stream.ts";

/**
 * Makes a web transform of any operator, for native `pipeThrough` chains. It serves one chain.
 *
 * @typeParam TInput The type of the chunks that are written.
 * @typeParam TOutput The type of the chunks that are read.
 * @param operator What becomes of the chunks; its errors name the stage `operator`.
 * @param writableStrategy The queue in front of it; one chunk by default.
 * @param readableStrategy How many chunks are computed before they are read; none by default.
 * @returns The two ends.
 * @throws {TypeError | RangeError} If `operator` is not an operator, or was given what is not valid.
 * @category Web streams
 *
 * @example Batches in a chain of web streams
 * ```ts
 * import { batch } from "@headrace/pipeline/operators";
 * import { asTransformStream } from "@headrace/pipeline/streams";
 * import { assertEquals } from "@std/assert";
 *
 * const numbers = new ReadableStream<number>({
 *   start(controller) {
 *     for (const number of [1, 2, 3]) controller.enqueue(number);
 *     controller.close();
 *   },
 * });
 *
 * const reader = numbers.pipeThrough(asTransformStream(batch<number>(2))).getReader();
 * assertEquals((await reader.read()).value, [1, 2]);
 * assertEquals((await reader.read()).value, [3]);
 * ```
 */
export function asTransformStream<TInput, TOutput>(
  // deno-lint-ignore ban-types -- the state of no stages
  operator: Operator<TInput, TOutput, {}, unknown, unknown>,
  writableStrategy?: QueueOptions<TInput>,
  readableStrategy?: QueueOptions<TOutput>,
): WebTransform<TOutput, TInput> {
  const pipeline = CorePipeline.start<TInput>().use("operator", operator);
  return toTransformStream(pipeline, writableStrategy, readableStrategy);
}
