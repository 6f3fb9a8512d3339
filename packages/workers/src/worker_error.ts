/**
 * What has gone wrong with a worker, and not in what it runs.
 *
 * - `WORKER_CRASHED`: the worker has died while it had the item. It is replaced, and the item may be tried
 *   again.
 * - `TOO_MANY_CRASHES`: as many workers in a row as `maxCrashes` says have died, so that the pool has given
 *   up.
 * - `WORKER_NOT_STARTED`: no worker can be started, or its module cannot be loaded.
 * - `NO_SUCH_EXPORT`: the module exports no function of that name.
 * - `NOT_CLONEABLE`: an item, or what was made of it, holds what structured clone refuses: a function, a
 *   promise, a connection.
 * - `POOL_CLOSED`: the pool was closed before.
 *
 * @category Errors
 */
export type WorkerErrorCode =
  | "WORKER_CRASHED"
  | "TOO_MANY_CRASHES"
  | "WORKER_NOT_STARTED"
  | "NO_SUCH_EXPORT"
  | "NOT_CLONEABLE"
  | "POOL_CLOSED";

/**
 * A failure of a worker, or of what goes to it and comes back. It is the `cause` of the error that names
 * the stage. What the function itself throws is not one of these: it comes as it is, with its stack.
 *
 * The message never shows an item.
 *
 * @category Errors
 *
 * @example A worker that dies
 * ```ts
 * import { inWorkers, WorkerError } from "@headrace/workers";
 * import { StreamingError, StreamingPipeline } from "@headrace/pipeline";
 * import { assert, assertRejects } from "@std/assert";
 *
 * const module = "data:text/javascript,export default () => { setTimeout(() => { throw Error('late') }); " +
 *   "return new Promise(() => {}) }";
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("made", inWorkers<{ default: (item: number) => number }>(module, { workers: 1 }));
 *
 * const error = await assertRejects(() => pipeline.executeToArray([1]), StreamingError);
 * assert(error.cause instanceof WorkerError && error.code === "WORKER_CRASHED" && error.retryable);
 * ```
 */
export class WorkerError extends Error {
  /** `WorkerError`. */
  override readonly name: string = "WorkerError";
  /** What kind of failure. */
  readonly code: WorkerErrorCode;
  /** Whether another attempt could succeed: after a crash. */
  readonly retryable: boolean;

  /** Makes the error; `cause` is what has made it so, where that is known. */
  constructor(code: WorkerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = code === "WORKER_CRASHED";
  }
}
