/**
 * Work on other cores: an operator whose function runs in a pool of Web Workers or worker threads.
 *
 * @example Square numbers on two cores
 * ```ts
 * import { inWorkers } from "@headrace/workers";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * // Usually a file of its own: new URL("./square.ts", import.meta.url), typeof import("./square.ts").
 * type Square = { square(item: number): number };
 * const module = "data:text/javascript,export const square = (number) => number * number";
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("square", inWorkers<Square>(module, { export: "square", workers: 2 }));
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 4, 9]);
 * ```
 *
 * @module
 */

export type { WorkerLike } from "./src/_host.ts";
export { inWorkers, type InWorkersOptions } from "./src/in_workers.ts";
export type { WorkerContext } from "./src/worker_context.ts";
export { WorkerError, type WorkerErrorCode } from "./src/worker_error.ts";
export {
  type WorkerCallOptions,
  type WorkerModule,
  type WorkerPool,
  workerPool,
  type WorkerPoolOptions,
} from "./src/worker_pool.ts";
export type { WorkerExport, WorkerInput, WorkerOutput } from "./src/worker_types.ts";
